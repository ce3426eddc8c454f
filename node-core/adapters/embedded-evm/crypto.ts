import { createKeccak } from 'hash-wasm';
import { recover } from 'tiny-secp256k1';

const KECCAK = await createKeccak(256);

/** By WebAssembly: most of a block's time is hashing, and JavaScript is ten times slower at it. */
export const keccak256 = (bytes: Uint8Array): Uint8Array => KECCAK.init().update(bytes).digest('binary');

/**
 * Public key (64 bytes, without the format byte) that made an ECDSA signature; the WebAssembly of libsecp256k1, several
 * times faster than the pure-JavaScript one of `@ethereumjs`. Shape: `CustomCrypto.ecrecover`.
 * @throws Error when there is none.
 */
export function recoverPublicKey(
  messageHash: Uint8Array,
  v: bigint,
  r: Uint8Array,
  s: Uint8Array,
  chainId?: bigint,
): Uint8Array {
  // EIP-155 puts the chain id into `v`; typed transactions (0, 1) and Homestead's (27, 28) don't.
  const parity = v <= 1n ? v : chainId === undefined ? v - 27n : v - (chainId * 2n + 35n);
  if (parity !== 0n && parity !== 1n) throw new Error('Invalid signature v value');
  const signature = new Uint8Array(64);
  signature.set(r, 32 - r.length);
  signature.set(s, 64 - s.length);
  const key = recover(messageHash, signature, parity === 0n ? 0 : 1, false);
  if (key === null) throw new Error('no public key makes this signature');
  return key.subarray(1);
}
