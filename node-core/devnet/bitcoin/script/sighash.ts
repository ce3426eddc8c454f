import { concatBytes } from '@noble/hashes/utils.js';
import { int32, uint32, uint64, withLength } from '../bytes.ts';
import { sha256, sha256d, taggedHash } from '../hash.ts';
import { type Tx, type TxInput, type TxOutput, encodeOutpoint, encodeOutput } from '../transaction.ts';

/** Signature hash types: what of the outputs (low bits) and of the inputs (top bit) a signature commits to. */
export const SIGHASH = { DEFAULT: 0, ALL: 1, NONE: 2, SINGLE: 3, ANYONE_CAN_PAY: 0x80 } as const;

const NOTHING = new Uint8Array(32);
const sequences = (tx: Tx): Uint8Array => concatBytes(...tx.inputs.map((input) => uint32(input.sequence)));
const outpoints = (tx: Tx): Uint8Array => concatBytes(...tx.inputs.map(encodeOutpoint));
const outputs = (tx: Tx): Uint8Array => concatBytes(...tx.outputs.map(encodeOutput));

/** What a witness v0 signature signs (BIP-143). `spent` is the output that the input spends. */
export function witnessV0Hash(
  tx: Tx,
  inputIndex: number,
  scriptCode: Uint8Array,
  spent: TxOutput,
  hashType: number,
): Uint8Array {
  const input = tx.inputs[inputIndex] as TxInput;
  const sameIndexOutput = tx.outputs[inputIndex];
  const anyoneCanPay = (hashType & SIGHASH.ANYONE_CAN_PAY) !== 0;
  const outputType = hashType & 0x1f;
  const allOutputs = outputType !== SIGHASH.NONE && outputType !== SIGHASH.SINGLE;
  const single = outputType === SIGHASH.SINGLE && sameIndexOutput !== undefined;
  return sha256d(
    int32(tx.version),
    anyoneCanPay ? NOTHING : sha256d(outpoints(tx)),
    anyoneCanPay || !allOutputs ? NOTHING : sha256d(sequences(tx)),
    encodeOutpoint(input),
    withLength(scriptCode),
    uint64(spent.amountSats),
    uint32(input.sequence),
    allOutputs ? sha256d(outputs(tx)) : single ? sha256d(encodeOutput(sameIndexOutput)) : NOTHING,
    uint32(tx.lockTime),
    uint32(hashType),
  );
}

/** The script path's part of a taproot signature hash (BIP-342). */
export interface LeafContext {
  readonly leafHash: Uint8Array;
  /** Position of the last executed OP_CODESEPARATOR among the opcodes, or 0xffffffff. */
  readonly codeSeparatorPosition: number;
}

/**
 * What a taproot signature signs (BIP-341). `spent` are the outputs that all the inputs spend, in order.
 * @returns null for a hash type that is none, or SIGHASH_SINGLE without an output of that index.
 */
export function taprootHash(
  tx: Tx,
  inputIndex: number,
  spent: readonly TxOutput[],
  hashType: number,
  annex: Uint8Array | null,
  leaf: LeafContext | null,
): Uint8Array | null {
  if (!(hashType <= 3 || (hashType >= 0x81 && hashType <= 0x83))) return null;
  const input = tx.inputs[inputIndex] as TxInput;
  const own = spent[inputIndex] as TxOutput;
  const anyoneCanPay = (hashType & SIGHASH.ANYONE_CAN_PAY) !== 0;
  const outputType = hashType & 3;
  const sameIndexOutput = tx.outputs[inputIndex];
  if (outputType === SIGHASH.SINGLE && sameIndexOutput === undefined) return null;

  const parts = [Uint8Array.of(0, hashType), int32(tx.version), uint32(tx.lockTime)];
  if (!anyoneCanPay) {
    parts.push(
      sha256(outpoints(tx)),
      sha256(concatBytes(...spent.map((output) => uint64(output.amountSats)))),
      sha256(concatBytes(...spent.map((output) => withLength(output.script)))),
      sha256(sequences(tx)),
    );
  }
  if (outputType === SIGHASH.DEFAULT || outputType === SIGHASH.ALL) parts.push(sha256(outputs(tx)));
  parts.push(Uint8Array.of((leaf === null ? 0 : 2) + (annex === null ? 0 : 1)));
  if (anyoneCanPay) {
    parts.push(encodeOutpoint(input), uint64(own.amountSats), withLength(own.script), uint32(input.sequence));
  } else {
    parts.push(uint32(inputIndex));
  }
  if (annex !== null) parts.push(sha256(withLength(annex)));
  if (outputType === SIGHASH.SINGLE && sameIndexOutput !== undefined) {
    parts.push(sha256(encodeOutput(sameIndexOutput)));
  }
  if (leaf !== null) parts.push(leaf.leafHash, Uint8Array.of(0), uint32(leaf.codeSeparatorPosition));
  return taggedHash('TapSighash', ...parts);
}
