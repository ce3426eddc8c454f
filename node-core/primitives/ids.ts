import { assert } from './assert.ts';
import type { Brand } from './brand.ts';
import { type Hex, isHex } from './hex.ts';

/** Bitcoin transaction id: 64 lower-case hex digits in the order that Bitcoin Core prints. */
export type Txid = Brand<string, 'Txid'>;
/** Bitcoin block hash: 64 lower-case hex digits in the order that Bitcoin Core prints. */
export type BitcoinBlockHash = Brand<string, 'BitcoinBlockHash'>;
/** `txid:vout`. The identity of a deposit (HOLE-3). */
export type Outpoint = Brand<string, 'Outpoint'>;
/** Height of a Bitcoin block. */
export type BitcoinHeight = Brand<number, 'BitcoinHeight'>;

/** Hash-tree-root of an Alys block: `0x` and 64 digits. */
export type BlockRoot = Brand<Hex, 'BlockRoot'>;
/** keccak hash of an EVM block: `0x` and 64 digits. */
export type EvmBlockHash = Brand<Hex, 'EvmBlockHash'>;
/** keccak hash of an EVM transaction: `0x` and 64 digits. */
export type EvmTxHash = Brand<Hex, 'EvmTxHash'>;
/** Account on Alys: `0x` and 40 lower-case digits. */
export type EvmAddress = Brand<Hex, 'EvmAddress'>;
/** `blockHash:logIndex`. The identity of a burn; the index counts in the block. */
export type BurnId = Brand<string, 'BurnId'>;

/** `floor(unixMs / slotDurationMs)`; a count, never a time. */
export type Slot = Brand<number, 'Slot'>;
/** Alys block height, equal to the EVM block number. */
export type BlockHeight = Brand<number, 'BlockHeight'>;
/** Counts the federation's member sets, from 0. */
export type Epoch = Brand<number, 'Epoch'>;
/** Position of an authority in the configured order, 0 to 14. */
export type AuthorityIndex = Brand<number, 'AuthorityIndex'>;
/** Position of a governance member in the configured order. */
export type MemberIndex = Brand<number, 'MemberIndex'>;
/** `peg-in:OUTPOINT` or `peg-out:BURN_ID`: the operation's id, its actor's name under BridgeActor. */
export type OperationId = Brand<string, 'OperationId'>;

const LOWER_HASH = /^[0-9a-f]{64}$/;

export function txid(text: string): Txid {
  assert(LOWER_HASH.test(text), 'a txid is 64 lower-case hex digits');
  return text as Txid;
}
export function bitcoinBlockHash(text: string): BitcoinBlockHash {
  assert(LOWER_HASH.test(text), 'a Bitcoin block hash is 64 lower-case hex digits');
  return text as BitcoinBlockHash;
}
export function outpoint(id: Txid, vout: number): Outpoint {
  assert(Number.isInteger(vout) && vout >= 0 && vout <= 0xffff_ffff, 'a vout is a uint32');
  return `${id}:${vout}` as Outpoint;
}
export function splitOutpoint(value: Outpoint): { readonly txid: Txid; readonly vout: number } {
  return { txid: value.slice(0, 64) as Txid, vout: Number(value.slice(65)) };
}
/** The order of mints in a block: by the txid's text, then by vout as a number. */
export function compareOutpoints(a: Outpoint, b: Outpoint): number {
  const [left, right] = [splitOutpoint(a), splitOutpoint(b)];
  if (left.txid !== right.txid) return left.txid < right.txid ? -1 : 1;
  return left.vout - right.vout;
}
export function blockRoot(text: string): BlockRoot {
  assert(isHex(text, 32), 'a block root is 32 bytes of hex');
  return text.toLowerCase() as BlockRoot;
}
export function evmBlockHash(text: string): EvmBlockHash {
  assert(isHex(text, 32), 'an EVM block hash is 32 bytes of hex');
  return text.toLowerCase() as EvmBlockHash;
}
export function evmTxHash(text: string): EvmTxHash {
  assert(isHex(text, 32), 'an EVM transaction hash is 32 bytes of hex');
  return text.toLowerCase() as EvmTxHash;
}
export function evmAddress(text: string): EvmAddress {
  assert(isHex(text, 20), 'an Alys address is 20 bytes of hex');
  return text.toLowerCase() as EvmAddress;
}
export function burnId(block: EvmBlockHash, logIndex: number): BurnId {
  return `${block}:${logIndex}` as BurnId;
}
export function splitBurnId(value: BurnId): { readonly blockHash: EvmBlockHash; readonly logIndex: number } {
  return { blockHash: value.slice(0, 66) as EvmBlockHash, logIndex: Number(value.slice(67)) };
}
function count(value: number, name: string): number {
  assert(Number.isSafeInteger(value) && value >= 0, `a ${name} is a whole number from 0`);
  return value;
}
export const slot = (value: number): Slot => count(value, 'slot') as Slot;
export const blockHeight = (value: number): BlockHeight => count(value, 'block height') as BlockHeight;
export const bitcoinHeight = (value: number): BitcoinHeight => count(value, 'Bitcoin height') as BitcoinHeight;
export const epoch = (value: number): Epoch => count(value, 'epoch') as Epoch;
export const authorityIndex = (value: number): AuthorityIndex => count(value, 'authority index') as AuthorityIndex;
export const memberIndex = (value: number): MemberIndex => count(value, 'member index') as MemberIndex;
export const pegInId = (value: Outpoint): OperationId => `peg-in:${value}` as OperationId;
export const pegOutId = (value: BurnId): OperationId => `peg-out:${value}` as OperationId;
