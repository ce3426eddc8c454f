import { concatBytes } from '@noble/hashes/utils.js';
import { RawTx } from '@scure/btc-signer/script.js';
import type { Sats } from '../../../primitives/units.ts';
import { addSats, sats } from '../../../primitives/units.ts';
import { type Block, WITNESS_COMMITMENT_PREFIX, mineHeader, transactionsRoot, witnessCommitment } from '../block.ts';
import { uint64, withLength } from '../bytes.ts';
import { BLOCK_VERSION, REGTEST_BITS, subsidySats } from '../regtest.ts';
import { type Tx, decodeTx } from '../transaction.ts';
import type { BlockNode } from './block-node.ts';
import { heightPush } from './validate-block.ts';

const COINBASE_VERSION = 2;
/** What the coinbase's witness holds, kept for later commitments (BIP-141). */
const WITNESS_RESERVED = new Uint8Array(32);

export interface BlockPlan {
  readonly parent: BlockNode;
  /** In an order in which each may spend those before it. */
  readonly transactions: readonly Tx[];
  readonly feesSats: readonly Sats[];
  /** The output script that gets subsidy and fees. */
  readonly rewardScript: Uint8Array;
  readonly nowSeconds: number;
  /** Goes into the coinbase: two blocks at one height with all else equal must differ, or a reorg would be none. */
  readonly extraNonce: number;
}

/** Builds the block of a plan, with its proof of work. */
export function assembleBlock(plan: BlockPlan): Block {
  const { parent } = plan;
  const coinbase = makeCoinbase(plan);
  const transactions = [coinbase, ...plan.transactions];
  const { header, hash } = mineHeader({
    version: BLOCK_VERSION,
    previousHash: parent.hash,
    merkleRoot: transactionsRoot(transactions),
    timeSeconds: Math.max(parent.medianTimeSeconds + 1, plan.nowSeconds),
    bits: REGTEST_BITS,
  });
  return { hash, header, transactions };
}

function makeCoinbase({ parent, transactions, feesSats, rewardScript, extraNonce }: BlockPlan): Tx {
  const height = parent.height + 1;
  const commitment = witnessCommitment(transactions, WITNESS_RESERVED);
  const bytes = RawTx.encode({
    version: COINBASE_VERSION,
    segwitFlag: true,
    inputs: [
      {
        txid: new Uint8Array(32),
        index: 0xffff_ffff,
        finalScriptSig: concatBytes(heightPush(height), withLength(uint64(BigInt(extraNonce)))),
        sequence: 0xffff_ffff,
      },
    ],
    outputs: [
      { amount: addSats(subsidySats(height), ...feesSats), script: rewardScript },
      { amount: sats(0n), script: concatBytes(WITNESS_COMMITMENT_PREFIX, commitment) },
    ],
    witnesses: [[WITNESS_RESERVED]],
    lockTime: 0,
  });
  return decodeTx(bytes);
}
