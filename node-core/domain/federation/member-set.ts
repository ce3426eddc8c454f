import { utf8ToBytes } from '@noble/hashes/utils.js';
import {
  type FederationMember,
  type GovernanceScheduleEntry,
  MAX_MEMBERS,
  UNSPENDABLE_INTERNAL_KEY,
} from './address.ts';
import { isXOnlyPublicKey } from './schnorr.ts';

/** A member as the operator knows it. */
export interface NamedMember extends FederationMember {
  readonly name: string;
}

/** One epoch's members: an entry of the network file's governance schedule, or what a federation update names. */
export type MemberSet = GovernanceScheduleEntry<NamedMember>;

/** Longest text of an update, UTF-8 bytes: 15 members with names of 64 characters take less than half. */
export const MAX_UPDATE_BYTES = 16_384;
const MAX_NAME_LENGTH = 64;

/** Reads the JSON text of a federation update; null for anything but a whole member set. Every node reads it alike. */
export function parseMemberSet(text: string): MemberSet | null {
  let value: unknown;
  if (utf8ToBytes(text).length > MAX_UPDATE_BYTES) return null;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (!hasKeys(value, ['activationHeight', 'epoch', 'handover', 'members'])) return null;
  const { activationHeight, epoch, handover, members } = value;
  if (!isCount(activationHeight) || !isCount(epoch)) return null;
  if (!hasKeys(handover, ['fromBitcoinHeight', 'untilBitcoinHeight'])) return null;
  const { fromBitcoinHeight, untilBitcoinHeight } = handover;
  if (!isCount(fromBitcoinHeight) || !isCount(untilBitcoinHeight)) return null;
  if (!Array.isArray(members) || members.length < 1 || members.length > MAX_MEMBERS) return null;
  const read = members.map(readMember).filter((member) => member !== null);
  if (read.length < members.length || !areDistinct(read)) return null;
  return { activationHeight, epoch, members: read, handover: { fromBitcoinHeight, untilBitcoinHeight } };
}

function readMember(value: unknown): NamedMember | null {
  if (!hasKeys(value, ['bitcoinKey', 'identityKey', 'name'])) return null;
  const { name, bitcoinKey, identityKey } = value;
  if (typeof name !== 'string' || name.length < 1 || name.length > MAX_NAME_LENGTH) return null;
  return isMemberKey(bitcoinKey) && isMemberKey(identityKey) ? { name, bitcoinKey, identityKey } : null;
}

/** A key that somebody can sign with. */
const isMemberKey = (value: unknown): value is string =>
  typeof value === 'string' && isXOnlyPublicKey(value) && value !== UNSPENDABLE_INTERNAL_KEY;

/** One member is one name, one Bitcoin key and one identity key. */
function areDistinct(members: readonly NamedMember[]): boolean {
  const each = (of: (member: NamedMember) => string): boolean => new Set(members.map(of)).size === members.length;
  return each(({ name }) => name) && each(({ bitcoinKey }) => bitcoinKey) && each(({ identityKey }) => identityKey);
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

/** An object with exactly these keys, which are given in order. */
function hasKeys<K extends string>(value: unknown, keys: readonly K[]): value is Record<K, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const own = Object.keys(value).sort();
  return own.length === keys.length && own.every((key, index) => key === keys[index]);
}
