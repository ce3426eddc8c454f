import type { StateManagerInterface } from '@ethereumjs/common';
import type { EVM } from '@ethereumjs/evm';
import { type Account, Address } from '@ethereumjs/util';
import { keyText } from './state/node-store.ts';

/** What the library's journal offers: fields of its own are no part of it. */
type PublicJournal = { -readonly [Name in keyof EVM['journal']]: EVM['journal'][Name] };

/** The address that stays touched when its call is reverted, as it once happened on Ethereum. Source: EIP-161's errata. */
const RIPEMD160 = keyText(new Uint8Array(20).fill(3, 19));

const fromHex = (text: string): string => Buffer.from(text.replace(/^0x/, ''), 'hex').toString('latin1');
const toHex = (text: string): string => Buffer.from(text, 'latin1').toString('hex');

/**
 * Which accounts and slots were touched in a transaction (EIP-2929, EIP-161), taken back with what is reverted. In place of
 * the library's, which makes six collections a call and keeps them until the transaction ends, so that a block of calls is
 * mostly garbage collection; keys are bytes as text here, not hex.
 */
export class Journal implements PublicJournal {
  accessList?: Map<string, Set<string>>;
  /** Never reported here. */
  preimages?: Map<`0x${string}`, Uint8Array>;
  readonly #state: StateManagerInterface;
  /** Accounts by their bytes, slots by those of both. */
  readonly #warm = new Set<string>();
  readonly #alwaysWarm = new Set<string>();
  readonly #touched = new Set<string>();
  /** What to take back, newest last. */
  readonly #undo: (readonly [from: Set<string>, key: string])[] = [];
  /** Lengths of `#undo` at the open checkpoints. */
  readonly #checkpoints: number[] = [];

  constructor(state: StateManagerInterface) {
    this.#state = state;
  }

  startReportingAccessList(): void {
    this.accessList = new Map();
  }

  startReportingPreimages(): void {
    this.preimages = new Map();
  }

  async putAccount(address: Address, account: Account | undefined): Promise<void> {
    this.#touch(address);
    return this.#state.putAccount(address, account);
  }

  async deleteAccount(address: Address): Promise<void> {
    this.#touch(address);
    return this.#state.deleteAccount(address);
  }

  #touch({ bytes }: Address): void {
    this.#add(this.#touched, keyText(bytes));
  }

  #add(to: Set<string>, key: string): void {
    if (to.has(key)) return;
    to.add(key);
    this.#undo.push([to, key]);
  }

  /** The outermost one is still open when a transaction ends with `cleanup`: there is nothing left to take back then. */
  async checkpoint(): Promise<void> {
    this.#checkpoints.push(this.#undo.length);
    return this.#state.checkpoint();
  }

  async commit(): Promise<void> {
    this.#checkpoints.pop();
    return this.#state.commit();
  }

  async revert(): Promise<void> {
    const mark = this.#checkpoints.pop() ?? 0;
    for (const [from, key] of this.#undo.splice(mark).reverse()) {
      if (from !== this.#touched || key !== RIPEMD160) from.delete(key);
    }
    return this.#state.revert();
  }

  cleanJournal(): void {
    this.#warm.clear();
    this.#alwaysWarm.clear();
    this.#touched.clear();
    this.#undo.length = 0;
    this.#checkpoints.length = 0;
  }

  /** Ends a transaction: touched accounts that are empty go. Source: EIP-161. */
  async cleanup(): Promise<void> {
    for (const text of this.#touched) {
      const address = new Address(new Uint8Array(Buffer.from(text, 'latin1')));
      const account = await this.#state.getAccount(address);
      if (account === undefined || account.isEmpty()) await this.#state.deleteAccount(address);
    }
    this.cleanJournal();
    delete this.accessList;
    delete this.preimages;
  }

  addAlwaysWarmAddress(address: string, addToAccessList = false): void {
    const text = fromHex(address);
    this.#alwaysWarm.add(text);
    if (addToAccessList) this.#report(text);
  }

  addAlwaysWarmSlot(address: string, slot: string, addToAccessList = false): void {
    this.addAlwaysWarmAddress(address, addToAccessList);
    this.#alwaysWarm.add(fromHex(address) + fromHex(slot));
    if (addToAccessList) this.#report(fromHex(address))?.add(slot.replace(/^0x/, ''));
  }

  /** The account's slots on the list of what was accessed, when that is asked for. */
  #report(address: string): Set<string> | undefined {
    if (this.accessList === undefined) return undefined;
    const hex = toHex(address);
    const slots = this.accessList.get(hex) ?? new Set();
    this.accessList.set(hex, slots);
    return slots;
  }

  isWarmedAddress(address: Uint8Array): boolean {
    const text = keyText(address);
    return this.#warm.has(text) || this.#alwaysWarm.has(text);
  }

  addWarmedAddress(address: Uint8Array): void {
    const text = keyText(address);
    this.#add(this.#warm, text);
    this.#report(text);
  }

  isWarmedStorage(address: Uint8Array, slot: Uint8Array): boolean {
    const text = keyText(address) + keyText(slot);
    return this.#warm.has(text) || this.#alwaysWarm.has(text);
  }

  addWarmedStorage(address: Uint8Array, slot: Uint8Array): void {
    const text = keyText(address);
    this.#add(this.#warm, text + keyText(slot));
    // The library counts its account as touched with it.
    this.#add(this.#warm, text);
    this.#report(text)?.add(toHex(keyText(slot)));
  }
}
