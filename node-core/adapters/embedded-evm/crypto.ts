import { createRequire } from 'node:module';
import { createKeccak } from 'hash-wasm';
import { recover as recoverInWebAssembly } from 'tiny-secp256k1';

const KECCAK = await createKeccak(256);

/** Key of 65 bytes that made a signature of 64 (r, s); null, or an error, when there is none. */
type Recover = (messageHash: Uint8Array, signature: Uint8Array, parity: 0 | 1) => Uint8Array | null;

const recover: Recover = nativeRecover() ?? recoverInWebAssembly;

/** The same libsecp256k1 as machine code, five times as fast; null where the package brings none for this machine. */
function nativeRecover(): Recover | null {
  try {
    const { ecdsaRecover } = createRequire(import.meta.url)('secp256k1/bindings.js') as {
      ecdsaRecover(signature: Uint8Array, parity: number, hash: Uint8Array, compressed: false): Uint8Array;
    };
    return (hash, signature, parity) => ecdsaRecover(signature, parity, hash, false);
  } catch {
    return null;
  }
}

/** By WebAssembly: most of a block's time is hashing, and JavaScript is ten times slower at it. */
export const keccak256 = (bytes: Uint8Array): Uint8Array => KECCAK.init().update(bytes).digest('binary');

/**
 * Public key (64 bytes, without the format byte) that made an ECDSA signature, by libsecp256k1: `@ethereumjs` has one in
 * JavaScript, which takes many times as long. Shape: `CustomCrypto.ecrecover`.
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
  const key = recover(messageHash, signature, parity === 0n ? 0 : 1);
  if (key === null) throw new Error('no public key makes this signature');
  return key.subarray(1);
}
