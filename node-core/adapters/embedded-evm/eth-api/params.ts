import { type Hex, isHex } from '../../../primitives/hex.ts';
import {
  type EvmAddress,
  type EvmBlockHash,
  type EvmTxHash,
  evmAddress,
  evmBlockHash,
  evmTxHash,
} from '../../../primitives/ids.ts';
import { invalidParams } from './errors.ts';

/** Access lists, topics and reward percentiles longer than this are refused. */
export const MAX_LIST = 1024;

export type BlockTag = 'latest' | 'safe' | 'finalized' | 'earliest' | 'pending';
const TAGS: readonly string[] = ['latest', 'safe', 'finalized', 'earliest', 'pending'] satisfies BlockTag[];

export type BlockChoice =
  | { readonly tag: BlockTag }
  | { readonly number: number }
  | { readonly hash: EvmBlockHash; readonly canonical: boolean };

const isQuantity = (value: unknown): value is Hex =>
  typeof value === 'string' && /^0x(?:0|[1-9a-fA-F][0-9a-fA-F]{0,63})$/.test(value);

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Some clients pad quantities with zeros; geth refuses them, and so does this. */
export function quantity(value: unknown, name: string): bigint {
  if (!isQuantity(value)) throw invalidParams(`${name}: a quantity is 0x and hex digits without leading zeros`);
  return BigInt(value);
}

/** @throws EthApiError for what geth counts in 64 bits and is more. */
export function uint64(value: unknown, name: string): bigint {
  const number = quantity(value, name);
  if (number >= 1n << 64n) throw invalidParams(`${name}: at most 64 bits`);
  return number;
}

/** Some clients write block counts as JSON numbers, which may be none at all: `1e999` is parsed to infinity. */
export function smallQuantity(value: unknown, name: string): number {
  const number = typeof value === 'number' ? value : Number(quantity(value, name));
  if (!Number.isSafeInteger(number) || number < 0) throw invalidParams(`${name}: a whole number from 0 to 2^53 - 1`);
  return number;
}

export function data(value: unknown, name: string): Hex {
  if (!isHex(value)) throw invalidParams(`${name}: bytes are 0x and an even number of hex digits`);
  return value.toLowerCase() as Hex;
}

export function address(value: unknown, name: string): EvmAddress {
  if (!isHex(value, 20)) throw invalidParams(`${name}: an address is 0x and 40 hex digits`);
  return evmAddress(value);
}

/** A word given as 32 bytes or as a quantity, as geth takes it. */
export function word(value: unknown, name: string): Hex {
  if (typeof value !== 'string' || !/^0x[0-9a-fA-F]{1,64}$/.test(value)) {
    throw invalidParams(`${name}: a word is 0x and up to 64 hex digits`);
  }
  return `0x${value.slice(2).toLowerCase().padStart(64, '0')}`;
}

function hash(value: unknown, name: string): Hex {
  if (!isHex(value, 32)) throw invalidParams(`${name}: a hash is 0x and 64 hex digits`);
  return value;
}
export const blockHash = (value: unknown, name = 'block hash'): EvmBlockHash => evmBlockHash(hash(value, name));
export const transactionHash = (value: unknown): EvmTxHash => evmTxHash(hash(value, 'transaction hash'));

/** A tag, a number, or EIP-1898's object. */
export function blockChoice(value: unknown): BlockChoice {
  if (value === undefined || value === null) return { tag: 'latest' };
  if (typeof value === 'string' && TAGS.includes(value)) return { tag: value as BlockTag };
  if (isObject(value)) {
    if ((value['blockHash'] === undefined) === (value['blockNumber'] === undefined)) {
      throw invalidParams('block: either blockHash or blockNumber');
    }
    if (value['blockHash'] !== undefined) {
      return { hash: blockHash(value['blockHash']), canonical: value['requireCanonical'] === true };
    }
    return blockChoice(value['blockNumber']);
  }
  if (isHex(value, 32)) return { hash: evmBlockHash(value), canonical: false };
  return { number: smallQuantity(value, 'block') };
}

export function flag(value: unknown, name: string): boolean {
  if (value === undefined) return false;
  if (typeof value !== 'boolean') throw invalidParams(`${name}: true or false`);
  return value;
}

export function list(value: unknown, name: string, most = MAX_LIST): readonly unknown[] {
  if (!Array.isArray(value)) throw invalidParams(`${name}: a list`);
  if (value.length > most) throw invalidParams(`${name}: at most ${most} items`);
  return value;
}
