import { bytesToHex, type Hex } from '../../node-core/primitives/hex.ts';
import { seededRandom } from '../support/seeded-random.ts';

/** Chance of a seed, in the shapes that fuzzing needs. */
export class Random {
  readonly next: () => number;

  constructor(seed: number) {
    this.next = seededRandom(seed);
  }

  integer(below: number): number {
    return Math.floor(this.next() * below);
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  /** @throws Error for an empty list. */
  pick<T>(items: readonly T[]): T {
    const item = items[this.integer(items.length)];
    if (item === undefined) throw new Error('nothing to pick from');
    return item;
  }

  bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.integer(256));
  }

  hex(length: number): Hex {
    return bytesToHex(this.bytes(length));
  }

  /** Below `2^bits`, small and large ones alike often. */
  big(bits: number): bigint {
    const length = 1 + this.integer(bits);
    return BigInt(this.hex(Math.ceil(length / 8))) >> BigInt(-length & 7);
  }

  /** The hex with one bit flipped; with a byte more when it is empty. */
  flipHex(hex: string): Hex {
    if (hex.length <= 2) return '0x00';
    const at = 2 + this.integer(hex.length - 2);
    const digit = Number.parseInt(hex[at] ?? '0', 16) ^ (1 << this.integer(4));
    return `${hex.slice(0, at)}${digit.toString(16)}${hex.slice(at + 1)}` as Hex;
  }

  shuffled<T>(items: readonly T[]): T[] {
    const mixed = [...items];
    for (let i = mixed.length - 1; i > 0; i--) {
      const j = this.integer(i + 1);
      [mixed[i], mixed[j]] = [mixed[j] as T, mixed[i] as T];
    }
    return mixed;
  }
}
