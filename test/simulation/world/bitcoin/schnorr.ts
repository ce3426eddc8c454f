import { bigEndian, bytesOf, hexOf, taggedHash } from './hash.ts';

/**
 * BIP-340 written from its text, on bigints in Jacobian coordinates. Slow and not constant in time, which play money
 * doesn't mind, and shares no line with the node's library.
 */
const P = 2n ** 256n - 2n ** 32n - 977n;
const N = 0xffff_ffff_ffff_ffff_ffff_ffff_ffff_fffe_baae_dce6_af48_a03b_bfd2_5e8c_d036_4141n;

type Affine = readonly [x: bigint, y: bigint];
/** (X, Y, Z) stands for (X/Z², Y/Z³); Z = 0 for the point at infinity. */
type Jacobian = readonly [X: bigint, Y: bigint, Z: bigint];

const GENERATOR: Affine = [
  0x79be_667e_f9dc_bbac_55a0_6295_ce87_0b07_029b_fcdb_2dce_28d9_59f2_815b_16f8_1798n,
  0x483a_da77_26a3_c465_5da4_fbfc_0e11_08a8_fd17_b448_a685_5419_9c47_d08f_fb10_d4b8n,
];
const INFINITY: Jacobian = [0n, 1n, 0n];

const mod = (value: bigint, by = P): bigint => {
  const rest = value % by;
  return rest < 0n ? rest + by : rest;
};

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  for (let square = mod(base), rest = exponent; rest > 0n; rest >>= 1n, square = (square * square) % P)
    if ((rest & 1n) === 1n) result = (result * square) % P;
  return result;
}

function double([x, y, z]: Jacobian): Jacobian {
  const yy = (y * y) % P;
  const s = (4n * x * yy) % P;
  const m = (3n * x * x) % P;
  const doubled = mod(m * m - 2n * s);
  return [doubled, mod(m * (s - doubled) - 8n * yy * yy), (2n * y * z) % P];
}

function add(a: Jacobian, b: Jacobian): Jacobian {
  if (a[2] === 0n) return b;
  if (b[2] === 0n) return a;
  const [za, zb] = [(a[2] * a[2]) % P, (b[2] * b[2]) % P];
  const [ua, ub] = [(a[0] * zb) % P, (b[0] * za) % P];
  const [sa, sb] = [(((a[1] * zb) % P) * b[2]) % P, (((b[1] * za) % P) * a[2]) % P];
  if (ua === ub) return sa === sb ? double(a) : INFINITY;
  const h = mod(ub - ua);
  const r = mod(sb - sa);
  const hh = (h * h) % P;
  const hhh = (hh * h) % P;
  const v = (ua * hh) % P;
  const x = mod(r * r - hhh - 2n * v);
  return [x, mod(r * (v - x) - sa * hhh), (((a[2] * b[2]) % P) * h) % P];
}

function multiply(point: Affine, by: bigint): Jacobian {
  let result = INFINITY;
  for (let sum: Jacobian = [...point, 1n], rest = by; rest > 0n; rest >>= 1n, sum = double(sum))
    if ((rest & 1n) === 1n) result = add(result, sum);
  return result;
}

function affine([x, y, z]: Jacobian): Affine {
  const inverse = power(z, P - 2n);
  const square = (inverse * inverse) % P;
  return [(x * square) % P, (((y * square) % P) * inverse) % P];
}

/** The point of even y with this x; null when there is none. */
function lift(x: bigint): Affine | null {
  if (x >= P) return null;
  const square = (power(x, 3n) + 7n) % P;
  const y = power(square, (P + 1n) / 4n);
  if ((y * y) % P !== square) return null;
  return [x, y % 2n === 0n ? y : P - y];
}

const number = (bytes: Uint8Array): bigint => BigInt(`0x${hexOf(bytes)}`);

export interface KeyPair {
  readonly secret: bigint;
  /** x-only, bare hex. */
  readonly publicKey: string;
}

/** @param secret 1 to the group's order less 1 */
export function keyPairOf(secret: bigint): KeyPair {
  const [x, y] = affine(multiply(GENERATOR, secret));
  return { secret: y % 2n === 0n ? secret : N - secret, publicKey: hexOf(bigEndian(x, 32)) };
}

const signed = new Map<string, string>();

/** With auxiliary randomness of zeros: asked again, a member answers with the same bytes, here from memory. */
export function sign(digest: Uint8Array, { secret, publicKey }: KeyPair): string {
  const known = `${publicKey}${hexOf(digest)}`;
  const before = signed.get(known);
  if (before !== undefined) return before;
  const key = bytesOf(publicKey);
  const masked = bigEndian(secret ^ number(taggedHash('BIP0340/aux', new Uint8Array(32))), 32);
  const nonce = mod(number(taggedHash('BIP0340/nonce', masked, key, digest)), N);
  const [x, y] = affine(multiply(GENERATOR, nonce));
  const k = y % 2n === 0n ? nonce : N - nonce;
  const r = bigEndian(x, 32);
  const e = mod(number(taggedHash('BIP0340/challenge', r, key, digest)), N);
  const signature = hexOf(r) + hexOf(bigEndian(mod(k + e * secret, N), 32));
  if (signed.size > MAX_REMEMBERED) signed.clear();
  signed.set(known, signature);
  return signature;
}
const MAX_REMEMBERED = 10_000;

export function verify(digest: Uint8Array, publicKey: string, signature: Uint8Array): boolean {
  const point = lift(number(bytesOf(publicKey)));
  if (point === null || signature.length !== 64) return false;
  const [r, s] = [number(signature.subarray(0, 32)), number(signature.subarray(32))];
  if (r >= P || s >= N) return false;
  const e = mod(number(taggedHash('BIP0340/challenge', signature.subarray(0, 32), bytesOf(publicKey), digest)), N);
  const sum = add(multiply(GENERATOR, s), multiply(point, N - e));
  if (sum[2] === 0n) return false;
  const [x, y] = affine(sum);
  return y % 2n === 0n && x === r;
}

/** BIP-341's output key over an internal key, and the parity that the control block names. */
export function tweaked(internalKey: string, tweak: Uint8Array): { readonly key: string; readonly parity: 0 | 1 } {
  const internal = lift(number(bytesOf(internalKey)));
  if (internal === null) throw new Error('the internal key is no point');
  const [x, y] = affine(add([...internal, 1n], multiply(GENERATOR, number(tweak))));
  return { key: hexOf(bigEndian(x, 32)), parity: y % 2n === 0n ? 0 : 1 };
}
