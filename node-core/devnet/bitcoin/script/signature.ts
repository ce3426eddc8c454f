import { schnorr, secp256k1 } from '@noble/curves/secp256k1.js';
import type { Tx, TxOutput } from '../transaction.ts';
import { failUnless } from './failure.ts';
import { type LeafContext, SIGHASH, taprootHash, witnessV0Hash } from './sighash.ts';

/** An input in the transaction that spends, and the outputs that all its inputs spend, in order. */
export interface Spend {
  readonly tx: Tx;
  readonly inputIndex: number;
  readonly spent: readonly TxOutput[];
  /** Whether the rules of relay hold too, beyond those of consensus. */
  readonly policy: boolean;
}

const HALF_ORDER = secp256k1.Point.Fn.ORDER >> 1n;

/**
 * Checks an ECDSA signature of a witness v0 script (BIP-143), its encoding first.
 * @throws ScriptFailure for a wrong encoding; where relay rules hold, for any wrong signature but the empty one.
 */
export function checkEcdsa(
  spend: Spend,
  signature: Uint8Array,
  publicKey: Uint8Array,
  scriptCode: Uint8Array,
): boolean {
  const { tx, inputIndex, spent, policy } = spend;
  const der = signature.subarray(0, -1);
  const hashType = signature.at(-1) ?? 0;
  if (signature.length > 0) {
    failUnless(isStrictDer(signature), 'SIG_DER');
    if (policy) failUnless(!isHighS(der), 'SIG_HIGH_S');
    const outputType = hashType & ~SIGHASH.ANYONE_CAN_PAY;
    if (policy) failUnless(outputType >= SIGHASH.ALL && outputType <= SIGHASH.SINGLE, 'SIG_HASHTYPE');
  }
  if (policy) failUnless(isCompressedKey(publicKey), 'WITNESS_PUBKEYTYPE');
  if (signature.length === 0) return false;
  const hash = witnessV0Hash(tx, inputIndex, scriptCode, spent[inputIndex] as TxOutput, hashType);
  const valid = verifies(() => secp256k1.verify(der, hash, publicKey, { prehash: false, lowS: false, format: 'der' }));
  if (policy) failUnless(valid, 'SIG_NULLFAIL');
  return valid;
}

/**
 * Checks a non-empty taproot signature (BIP-341).
 * @throws ScriptFailure unless it is right.
 */
export function checkSchnorr(
  spend: Spend,
  signature: Uint8Array,
  publicKey: Uint8Array,
  annex: Uint8Array | null,
  leaf: LeafContext | null,
): void {
  failUnless(signature.length === 64 || signature.length === 65, 'SCHNORR_SIG_SIZE');
  const hashType = signature[64] ?? SIGHASH.DEFAULT;
  // The default type is written by leaving its byte out, so that nobody can add it.
  failUnless(signature.length === 64 || hashType !== SIGHASH.DEFAULT, 'SCHNORR_SIG_HASHTYPE');
  const hash = taprootHash(spend.tx, spend.inputIndex, spend.spent, hashType, annex, leaf);
  failUnless(hash !== null, 'SCHNORR_SIG_HASHTYPE');
  failUnless(
    verifies(() => schnorr.verify(signature.subarray(0, 64), hash, publicKey)),
    'SCHNORR_SIG',
  );
}

/** Key and signature bytes are foreign: what the library refuses to read is no signature. */
function verifies(check: () => boolean): boolean {
  try {
    return check();
  } catch {
    return false;
  }
}

const isCompressedKey = (key: Uint8Array): boolean => key.length === 33 && (key[0] === 2 || key[0] === 3);

function isHighS(der: Uint8Array): boolean {
  const length = der[3] as number;
  const s = der.subarray(6 + length);
  return s.reduce((value, byte) => (value << 8n) | BigInt(byte), 0n) > HALF_ORDER;
}

/** BIP-66: `30 length 02 length r 02 length s hashType`, both numbers positive and without padding. */
function isStrictDer(signature: Uint8Array): boolean {
  if (signature.length < 9 || signature.length > 73) return false;
  if (signature[0] !== 0x30 || signature[1] !== signature.length - 3) return false;
  const rLength = signature[3] as number;
  if (5 + rLength >= signature.length) return false;
  const sLength = signature[5 + rLength] as number;
  if (rLength + sLength + 7 !== signature.length) return false;
  return isPositiveInteger(signature, 2, rLength) && isPositiveInteger(signature, 4 + rLength, sLength);
}

function isPositiveInteger(signature: Uint8Array, at: number, length: number): boolean {
  const [tag, , first, second] = signature.subarray(at, at + 4);
  if (tag !== 0x02 || length === 0 || first === undefined || (first & 0x80) !== 0) return false;
  return !(length > 1 && first === 0 && ((second ?? 0) & 0x80) === 0);
}
