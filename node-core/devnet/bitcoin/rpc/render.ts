import { bytesToBareHex } from '../../../primitives/hex.ts';
import type { BlockNode } from '../chain/block-node.ts';
import type { Chain } from '../chain/chain.ts';
import type { Coin } from '../chain/coins.ts';
import { blockSizes } from '../block.ts';
import { REGTEST_DIFFICULTY } from '../regtest.ts';
import { btcText } from '../rejection.ts';
import { addressOf } from '../script/address.ts';
import { inferDescriptor } from '../script/descriptor.ts';
import { classifyOutput } from '../script/standard.ts';
import { scriptText } from '../script/text.ts';
import { type Tx, type TxInput, type TxOutput, vsizeOf } from '../transaction.ts';

/** The shapes of Core 28's answers. Source: Bitcoin Core, `rpc/blockchain.cpp`, `core_write.cpp`. */
export type Json = unknown;

const { rawJSON } = JSON as unknown as { rawJSON(text: string): Json };

/** An amount in BTC with all its eight decimals, as a JSON number. */
export const btc = (amountSats: bigint): Json => rawJSON(btcText(amountSats));

const hex32 = (value: number): string => (value >>> 0).toString(16).padStart(8, '0');

export function scriptJson(script: Uint8Array): Json {
  const address = addressOf(script);
  return {
    asm: scriptText(script),
    desc: inferDescriptor(script),
    hex: bytesToBareHex(script),
    ...(address === undefined ? {} : { address }),
    type: classifyOutput(script),
  };
}

const outputJson = (output: TxOutput, n: number): Json => ({
  value: btc(output.amountSats),
  n,
  scriptPubKey: scriptJson(output.script),
});

function inputJson(input: TxInput, isCoinbase: boolean, prevout: Coin | undefined): Json {
  const witness = input.witness.length === 0 ? {} : { txinwitness: input.witness.map(bytesToBareHex) };
  if (isCoinbase) return { coinbase: bytesToBareHex(input.scriptSig), ...witness, sequence: input.sequence };
  return {
    txid: input.txid,
    vout: input.vout,
    scriptSig: { asm: scriptText(input.scriptSig), hex: bytesToBareHex(input.scriptSig) },
    ...witness,
    ...(prevout === undefined ? {} : { prevout: prevoutJson(prevout) }),
    sequence: input.sequence,
  };
}

const prevoutJson = (coin: Coin): Json => ({
  generated: coin.isCoinbase,
  height: coin.height,
  value: btc(coin.output.amountSats),
  scriptPubKey: scriptJson(coin.output.script),
});

export interface TxDetail {
  /** The coins that it spent, where they are known: gives the fee. */
  readonly spent?: readonly Coin[] | undefined;
  /** Whether each input shows what it spent. */
  readonly withPrevouts?: boolean;
}

export function transactionJson(tx: Tx, { spent, withPrevouts = false }: TxDetail = {}): Record<string, Json> {
  const paidIn = spent?.reduce((sum, coin) => sum + coin.output.amountSats, 0n);
  const paidOut = tx.outputs.reduce((sum, output) => sum + output.amountSats, 0n);
  return {
    txid: tx.txid,
    hash: tx.wtxid,
    version: tx.version >>> 0,
    size: tx.bytes.length,
    vsize: vsizeOf(tx.weight),
    weight: tx.weight,
    locktime: tx.lockTime,
    vin: tx.inputs.map((input, i) => inputJson(input, tx.isCoinbase, withPrevouts ? spent?.[i] : undefined)),
    vout: tx.outputs.map(outputJson),
    ...(paidIn === undefined || tx.isCoinbase ? {} : { fee: btc(paidIn - paidOut) }),
    hex: bytesToBareHex(tx.bytes),
  };
}

export function headerJson(node: BlockNode, chain: Chain): Record<string, Json> {
  const { header, transactions } = node.block;
  const next = chain.isActive(node) ? chain.at(node.height + 1) : undefined;
  return {
    hash: node.hash,
    confirmations: chain.confirmations(node),
    height: node.height,
    version: header.version,
    versionHex: hex32(header.version),
    merkleroot: header.merkleRoot,
    time: header.timeSeconds,
    mediantime: node.medianTimeSeconds,
    nonce: header.nonce,
    bits: hex32(header.bits),
    difficulty: REGTEST_DIFFICULTY,
    chainwork: chainWorkText(node),
    nTx: transactions.length,
    ...(node.parent === null ? {} : { previousblockhash: node.parent.hash }),
    ...(next === undefined ? {} : { nextblockhash: next.hash }),
  };
}

export const chainWorkText = (node: BlockNode): string => node.chainWork.toString(16).padStart(64, '0');

/** A block with its transactions: ids at verbosity 1, whole at 2, with what they spent at 3. */
export function blockJson(node: BlockNode, chain: Chain, verbosity: number): Json {
  const sizes = blockSizes(node.block);
  const undo = chain.undoOf(node);
  return {
    ...headerJson(node, chain),
    strippedsize: sizes.strippedSize,
    size: sizes.size,
    weight: sizes.weight,
    tx: node.block.transactions.map((tx, index) =>
      verbosity === 1 ? tx.txid : transactionJson(tx, { spent: undo[index], withPrevouts: verbosity >= 3 }),
    ),
  };
}
