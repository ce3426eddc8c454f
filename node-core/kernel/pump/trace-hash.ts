import type { Delivered } from './pump.ts';

const PRIME_A = 0x0100_0193;
const PRIME_B = 0x85eb_ca6b;

/** Bytes, maps and big numbers have no JSON of their own. */
function plain(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return `${value}n`;
  if (value instanceof Uint8Array) return value.join();
  return value instanceof Map || value instanceof Set ? [...value] : value;
}

/** A running hash of 64 bits over deliveries with what they carried: equal traces have equal hashes. Not cryptographic (FNV-1a in two lanes). */
export class TraceHash {
  #a = 0x811c_9dc5;
  #b = 0x9747_b28c;

  add({ seq, atMs, from, to, type, correlationId, cause, outcome, payload }: Delivered): void {
    this.text(`${seq} ${atMs} ${from} ${to} ${type} ${correlationId} ${cause} ${outcome}\n`);
    this.text(JSON.stringify(payload, plain));
  }

  /** 16 hex digits. */
  digest(): string {
    return [this.#a, this.#b].map((lane) => (lane >>> 0).toString(16).padStart(8, '0')).join('');
  }

  text(text: string): void {
    let a = this.#a;
    let b = this.#b;
    for (let index = 0; index < text.length; index++) {
      const unit = text.charCodeAt(index);
      a = Math.imul(a ^ unit, PRIME_A);
      b = Math.imul((b ^ unit) + (b >>> 15), PRIME_B);
    }
    this.#a = a;
    this.#b = b;
  }
}
