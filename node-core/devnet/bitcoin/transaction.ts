import { concatBytes } from '@noble/hashes/utils.js';
import { RawTx } from '@scure/btc-signer/script.js';
import { bytesToBareHex } from '../../primitives/hex.ts';
import { type Outpoint, type Txid, outpoint, txid } from '../../primitives/ids.ts';
import { type Sats, sats } from '../../primitives/units.ts';
import { compactSize, int32, uint32, uint64, withLength } from './bytes.ts';
import { hashToText, sha256d, textToHash } from './hash.ts';
import { WITNESS_SCALE_FACTOR } from './regtest.ts';
import { Rejection, rejectUnless } from './rejection.ts';

export interface TxInput {
  readonly outpoint: Outpoint;
  readonly txid: Txid;
  readonly vout: number;
  readonly scriptSig: Uint8Array;
  readonly sequence: number;
  /** Empty for a spend without witness. */
  readonly witness: readonly Uint8Array[];
}

export interface TxOutput {
  readonly amountSats: Sats;
  readonly script: Uint8Array;
}

/** A decoded transaction. */
export interface Tx {
  readonly txid: Txid;
  /** Hash over the witness too; the txid of a transaction without one. */
  readonly wtxid: string;
  /** Int32; Core prints it unsigned. */
  readonly version: number;
  readonly lockTime: number;
  readonly inputs: readonly TxInput[];
  readonly outputs: readonly TxOutput[];
  /** Serialization with witness. */
  readonly bytes: Uint8Array;
  /** Length of the serialization without witness. */
  readonly strippedSize: number;
  readonly weight: number;
  readonly isCoinbase: boolean;
}

const NULL_TXID = '00'.repeat(32);
const NULL_VOUT = 0xffff_ffff;
const MAX_MONEY_SATS = 2_100_000_000_000_000n;

const encodeInput = (input: TxInput): Uint8Array =>
  concatBytes(encodeOutpoint(input), withLength(input.scriptSig), uint32(input.sequence));
export const encodeOutpoint = (input: Pick<TxInput, 'txid' | 'vout'>): Uint8Array =>
  concatBytes(textToHash(input.txid), uint32(input.vout));
export const encodeOutput = (output: TxOutput): Uint8Array =>
  concatBytes(uint64(output.amountSats), withLength(output.script));
export const encodeWitness = (witness: readonly Uint8Array[]): Uint8Array =>
  concatBytes(compactSize(witness.length), ...witness.map(withLength));

/** Virtual size of a weight: a quarter of it, rounded up (BIP-141). */
export const vsizeOf = (weight: number): number => Math.ceil(weight / WITNESS_SCALE_FACTOR);

function amount(value: bigint): Sats {
  // The wire has int64: what reads as a negative amount sits in the upper half of the uint64.
  rejectUnless(value < 1n << 63n, 'bad-txns-vout-negative');
  rejectUnless(value <= MAX_MONEY_SATS, 'bad-txns-vout-toolarge');
  return sats(value);
}

/**
 * Reads one serialized transaction, with or without witness.
 * @throws Rejection `tx-decode-failed` for bytes that are no transaction, Core's reason for an amount out of range.
 */
export function decodeTx(bytes: Uint8Array): Tx {
  const raw = decodeRaw(bytes);
  const inputs = raw.inputs.map(({ txid: previous, index, finalScriptSig, sequence }, position): TxInput => {
    const previousTxid = txid(bytesToBareHex(previous));
    return {
      outpoint: outpoint(previousTxid, index),
      txid: previousTxid,
      vout: index,
      scriptSig: finalScriptSig,
      sequence,
      witness: raw.witnesses?.[position] ?? [],
    };
  });
  const outputs = raw.outputs.map((output): TxOutput => ({ amountSats: amount(output.amount), script: output.script }));
  const stripped = concatBytes(
    int32(raw.version),
    compactSize(inputs.length),
    ...inputs.map(encodeInput),
    compactSize(outputs.length),
    ...outputs.map(encodeOutput),
    uint32(raw.lockTime),
  );
  const [first] = inputs;
  return {
    txid: txid(hashToText(sha256d(stripped))),
    wtxid: hashToText(sha256d(bytes)),
    version: raw.version,
    lockTime: raw.lockTime,
    inputs,
    outputs,
    bytes,
    strippedSize: stripped.length,
    weight: stripped.length * (WITNESS_SCALE_FACTOR - 1) + bytes.length,
    isCoinbase: inputs.length === 1 && first !== undefined && isNullOutpoint(first),
  };
}

function decodeRaw(bytes: Uint8Array): ReturnType<typeof RawTx.decode> {
  try {
    return RawTx.decode(bytes);
  } catch (error) {
    throw new Rejection('tx-decode-failed', error instanceof Error ? error.message : String(error));
  }
}

/** The outpoint of a coinbase input, which spends nothing. */
export const isNullOutpoint = (input: Pick<TxInput, 'txid' | 'vout'>): boolean =>
  input.txid === NULL_TXID && input.vout === NULL_VOUT;
