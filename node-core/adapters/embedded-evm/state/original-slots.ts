import type { Address } from '@ethereumjs/util';
import { keyText } from './node-store.ts';

/** What slots held before the transaction that runs: each as it was when first asked for, which is before it is written. */
export class OriginalSlots {
  readonly #read: (address: Address, key: Uint8Array) => Uint8Array;
  readonly #slots = new Map<string, Uint8Array>();

  constructor(read: (address: Address, key: Uint8Array) => Uint8Array) {
    this.#read = read;
  }

  slot(address: Address, key: Uint8Array): Uint8Array {
    const text = keyText(address.bytes) + keyText(key);
    let value = this.#slots.get(text);
    if (value === undefined) {
      value = this.#read(address, key);
      this.#slots.set(text, value);
    }
    return value;
  }

  async get(address: Address, key: Uint8Array): Promise<Uint8Array> {
    return this.slot(address, key);
  }

  put(address: Address, key: Uint8Array, value: Uint8Array): void {
    const text = keyText(address.bytes) + keyText(key);
    if (!this.#slots.has(text)) this.#slots.set(text, value);
  }

  clear(): void {
    this.#slots.clear();
  }
}
