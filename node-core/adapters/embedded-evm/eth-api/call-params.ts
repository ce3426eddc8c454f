import type { Hex } from '../../../primitives/hex.ts';
import type { EvmAddress } from '../../../primitives/ids.ts';
import type { AccessListEntry, AccountOverride } from '../call-executor.ts';
import type { BlockEnvironment } from '../environment.ts';
import { invalidParams } from './errors.ts';
import { address, data, isObject, list, quantity, uint64, word } from './params.ts';

export interface CallParams {
  readonly from: EvmAddress | null;
  readonly to: EvmAddress | null;
  readonly data: Hex;
  readonly valueWei: bigint;
  readonly gas: bigint | null;
  /** The most that the call pays for a unit of gas. */
  readonly gasPriceWei: bigint;
  /** What of it is for the proposer; at most all. */
  readonly tipWei: bigint;
  readonly chainId: bigint | null;
  readonly accessList: readonly AccessListEntry[];
}

const isGiven = (value: unknown): boolean => value !== undefined && value !== null;

/** A call object as wallets send it; what it doesn't know is left alone, as geth does. */
export function callParams(value: unknown): CallParams {
  if (!isObject(value)) throw invalidParams('call: an object');
  const amount = (name: string): bigint => (isGiven(value[name]) ? quantity(value[name], name) : 0n);
  if (isGiven(value['gasPrice']) && (isGiven(value['maxFeePerGas']) || isGiven(value['maxPriorityFeePerGas']))) {
    throw invalidParams('both gasPrice and (maxFeePerGas or maxPriorityFeePerGas) specified');
  }
  const bytes = isGiven(value['input']) ? value['input'] : value['data'];
  return {
    from: isGiven(value['from']) ? address(value['from'], 'from') : null,
    to: isGiven(value['to']) ? address(value['to'], 'to') : null,
    data: isGiven(bytes) ? data(bytes, 'data') : '0x',
    valueWei: amount('value'),
    gas: isGiven(value['gas']) ? quantity(value['gas'], 'gas') : null,
    gasPriceWei: isGiven(value['gasPrice']) ? amount('gasPrice') : amount('maxFeePerGas'),
    tipWei: isGiven(value['gasPrice']) ? amount('gasPrice') : amount('maxPriorityFeePerGas'),
    chainId: isGiven(value['chainId']) ? quantity(value['chainId'], 'chainId') : null,
    accessList: isGiven(value['accessList']) ? list(value['accessList'], 'accessList').map(accessListEntry) : [],
  };
}

function accessListEntry(value: unknown): AccessListEntry {
  if (!isObject(value)) throw invalidParams('accessList: objects with address and storageKeys');
  return {
    address: address(value['address'], 'accessList address'),
    storageKeys: list(value['storageKeys'] ?? [], 'storageKeys').map((key) => word(key, 'storage key')),
  };
}

/** Every name that is given is one that is known: what a caller asks for is done or refused. */
function requireKnown(value: Readonly<Record<string, unknown>>, known: readonly string[], what: string): void {
  const unknown = Object.keys(value).find((name) => !known.includes(name));
  if (unknown !== undefined)
    throw invalidParams(`${what}: ${unknown.slice(0, 64)} is not supported, what is are ${known.join(', ')}`);
}

const BLOCK_OVERRIDES = ['number', 'time', 'gasLimit', 'feeRecipient', 'prevRandao', 'baseFeePerGas'];

/** Geth's block overrides: what is pretended of the block that a call runs in. */
export function blockOverrideParams(value: unknown): Partial<BlockEnvironment> {
  if (!isGiven(value)) return {};
  if (!isObject(value)) throw invalidParams('block override: an object');
  requireKnown(value, BLOCK_OVERRIDES, 'block override');
  const { number, time, gasLimit, feeRecipient, prevRandao, baseFeePerGas } = value;
  return {
    ...(isGiven(number) ? { number: uint64(number, 'number') } : {}),
    ...(isGiven(time) ? { timestampS: Number(uint64(time, 'time')) } : {}),
    ...(isGiven(gasLimit) ? { gasLimit: uint64(gasLimit, 'gasLimit') } : {}),
    ...(isGiven(feeRecipient) ? { feeRecipient: address(feeRecipient, 'feeRecipient') } : {}),
    ...(isGiven(prevRandao) ? { prevRandao: word(prevRandao, 'prevRandao') } : {}),
    ...(isGiven(baseFeePerGas) ? { baseFeeWei: quantity(baseFeePerGas, 'baseFeePerGas') } : {}),
  };
}

const STATE_OVERRIDES = ['balance', 'nonce', 'code', 'state', 'stateDiff'];

/** Geth's state overrides: address to what is pretended of it. */
export function overrideParams(value: unknown): ReadonlyMap<EvmAddress, AccountOverride> {
  if (!isGiven(value)) return new Map();
  if (!isObject(value)) throw invalidParams('state override: an object');
  const entries = list(Object.entries(value), 'state override') as [string, unknown][];
  return new Map(
    entries
      .filter(([, override]) => isGiven(override))
      .map(([who, override]) => [address(who, 'state override'), accountOverride(override)]),
  );
}

function accountOverride(value: unknown): AccountOverride {
  if (!isObject(value)) throw invalidParams('state override: an object for each address');
  requireKnown(value, STATE_OVERRIDES, 'state override');
  if (isGiven(value['state']) && isGiven(value['stateDiff'])) {
    throw invalidParams('state override: either state or stateDiff');
  }
  return {
    ...(isGiven(value['nonce']) ? { nonce: uint64(value['nonce'], 'nonce') } : {}),
    ...(isGiven(value['balance']) ? { balanceWei: quantity(value['balance'], 'balance') } : {}),
    ...(isGiven(value['code']) ? { code: data(value['code'], 'code') } : {}),
    ...(isGiven(value['state']) ? { state: slots(value['state']) } : {}),
    ...(isGiven(value['stateDiff']) ? { stateDiff: slots(value['stateDiff']) } : {}),
  };
}

function slots(value: unknown): readonly (readonly [Hex, Hex])[] {
  if (!isObject(value)) throw invalidParams('state override: slots with their values');
  const entries = list(Object.entries(value), 'state override') as [string, unknown][];
  return entries.map(([slot, content]) => [word(slot, 'slot'), word(content, 'value')]);
}
