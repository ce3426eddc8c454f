import { type Input, RLP } from '@ethereumjs/rlp';
import { signRecoverable } from 'tiny-secp256k1';
import { keccak256 } from '../../../node-core/adapters/embedded-evm/crypto.ts';
import { bytesToHex, type Hex, hexToBytes } from '../../../node-core/primitives/hex.ts';

/** A transaction as the list that is signed, so that any field can hold anything. */
export interface UnsignedTransaction {
  /** EIP-2718's; 0 for a legacy one. */
  readonly type: number;
  readonly chainId: bigint;
  /** In the type's order, without the signature; a legacy one's without its chain id. */
  readonly fields: readonly Input[];
}

export interface TransactionSignature {
  readonly parity: bigint;
  readonly r: bigint;
  readonly s: bigint;
}

/** Order of secp256k1's group. Source: SEC 2, 2.4.1. */
export const GROUP_ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;

const typed = (type: number, bytes: Uint8Array): Uint8Array => (type === 0 ? bytes : Uint8Array.from([type, ...bytes]));

/** Signs with the secret key `index + 1` as `wallet(index)` of evm-chain.ts does; `tweak` changes the signature afterwards. */
export function signTransaction(
  { type, chainId, fields }: UnsignedTransaction,
  index: number,
  tweak: (signature: TransactionSignature) => TransactionSignature = (signature) => signature,
): Hex {
  const unsigned = type === 0 ? [...fields, chainId, 0n, 0n] : [...fields];
  const digest = keccak256(typed(type, RLP.encode(unsigned)));
  const { signature, recoveryId } = signRecoverable(digest, hexToBytes((index + 1).toString(16).padStart(64, '0')));
  const { parity, r, s } = tweak({
    parity: BigInt(recoveryId & 1),
    r: BigInt(bytesToHex(signature.subarray(0, 32))),
    s: BigInt(bytesToHex(signature.subarray(32))),
  });
  const v = type === 0 ? chainId * 2n + 35n + parity : parity;
  return bytesToHex(typed(type, RLP.encode([...fields, v, r, s])));
}
