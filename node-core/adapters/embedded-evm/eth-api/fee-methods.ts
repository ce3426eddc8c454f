import type { ExecutedBlock } from '../executed-block.ts';
import { nextBaseFee } from '../fees.ts';
import { type EthContext, type MethodTable, requireBlock } from './context.ts';
import { invalidParams } from './errors.ts';
import { toQuantity } from './json.ts';
import { blockChoice, list, smallQuantity } from './params.ts';

/** Blocks of one fee history. Source: geth, `maxFeeHistory`. */
const MAX_HISTORY = 1024;
const MAX_PERCENTILES = 100;
/** Blocks from which a tip is suggested, and where among their tips. Source: geth, gas price oracle's defaults. */
const TIP_BLOCKS = 20;
const TIPS_OF_BLOCK = 3;
const TIP_PERCENTILE = 60;

/** Prices: what was paid, and what to offer. */
export function feeMethods(context: EthContext): MethodTable {
  const { chain, config } = context;
  const suggestedTip = (): bigint => {
    const floor = BigInt(config().minTipWei);
    const tips: bigint[] = [];
    let block: ExecutedBlock | undefined = chain.head;
    for (let count = 0; block !== undefined && count < TIP_BLOCKS; count++) {
      const lowest = tipsOf(block)
        .map(({ tip }) => tip)
        .sort(ascending)
        .slice(0, TIPS_OF_BLOCK);
      // Whatever is offered gets into a block that has room.
      tips.push(...(lowest.length === 0 ? [floor] : lowest));
      block = chain.block(block.payload.parentHash);
    }
    tips.sort(ascending);
    const suggested = tips[Math.floor(((tips.length - 1) * TIP_PERCENTILE) / 100)] ?? floor;
    return suggested > floor ? suggested : floor;
  };
  return {
    eth_maxPriorityFeePerGas: () => toQuantity(suggestedTip()),
    eth_gasPrice: () => toQuantity(suggestedTip() + nextBaseFee(chain.head.payload)),
    eth_blobBaseFee: () => '0x1',
    eth_feeHistory: ([count, newest, percentiles]) => {
      const wanted = Math.min(smallQuantity(count, 'block count'), MAX_HISTORY);
      const rewards = percentiles === undefined || percentiles === null ? [] : percentileList(percentiles);
      return feeHistory(context, wanted, requireBlock(context, blockChoice(newest)), rewards);
    },
  };
}

function percentileList(value: unknown): readonly number[] {
  let before = 0;
  return list(value, 'reward percentiles', MAX_PERCENTILES).map((each) => {
    if (typeof each !== 'number' || !(each >= before && each <= 100)) {
      throw invalidParams('reward percentiles: numbers from 0 to 100 in ascending order');
    }
    before = each;
    return each;
  });
}

function feeHistory(
  { chain }: EthContext,
  count: number,
  newest: ExecutedBlock,
  percentiles: readonly number[],
): unknown {
  const blocks: ExecutedBlock[] = [];
  for (let block: ExecutedBlock | undefined = newest; block !== undefined && blocks.length < count;) {
    blocks.unshift(block);
    block = chain.block(block.payload.parentHash);
  }
  if (blocks.length === 0) return { oldestBlock: '0x0', gasUsedRatio: [] };
  return {
    oldestBlock: toQuantity((blocks[0] as ExecutedBlock).payload.blockNumber),
    baseFeePerGas: [...blocks.map(({ payload }) => payload.baseFeePerGas), nextBaseFee(newest.payload)].map(toQuantity),
    gasUsedRatio: blocks.map(({ payload }) => Number(payload.gasUsed) / Number(payload.gasLimit)),
    baseFeePerBlobGas: new Array(blocks.length + 1).fill('0x1'),
    blobGasUsedRatio: new Array(blocks.length).fill(0),
    ...(percentiles.length > 0 ? { reward: blocks.map((block) => rewards(block, percentiles)) } : {}),
  };
}

interface PaidTip {
  readonly tip: bigint;
  readonly gasUsed: bigint;
}

const tipsOf = ({ payload, receipts }: ExecutedBlock): PaidTip[] =>
  receipts.map(({ effectiveGasPriceWei, gasUsed }) => ({ tip: effectiveGasPriceWei - payload.baseFeePerGas, gasUsed }));

/** The tips at these shares of the block's gas, cheapest first. Source: EIP-1559's `eth_feeHistory`. */
function rewards(block: ExecutedBlock, percentiles: readonly number[]): readonly string[] {
  const tips = tipsOf(block).sort((a, b) => ascending(a.tip, b.tip));
  if (tips.length === 0) return percentiles.map(() => '0x0');
  let at = 0;
  let gas = (tips[0] as PaidTip).gasUsed;
  return percentiles.map((percentile) => {
    const threshold = (block.payload.gasUsed * BigInt(Math.round(percentile * 100))) / 10_000n;
    while (gas < threshold && at < tips.length - 1) gas += (tips[++at] as PaidTip).gasUsed;
    return toQuantity((tips[at] as PaidTip).tip);
  });
}

const ascending = (a: bigint, b: bigint): number => (a < b ? -1 : a > b ? 1 : 0);
