import { bytesToBareHex, isHex, hexToBytes } from '../../../primitives/hex.ts';
import { addressOf, scriptOfAddress } from './address.ts';
import { classifyOutput } from './standard.ts';

const INPUT_CHARSET =
  '0123456789()[],\'/*abcdefgh@:$%{}IJKLMNOPQRSTUVWXYZ&+-.;<=>?!^_|~ijklmnopqrstuvwxyzABCDEFGH`#"\\ ';
const CHECKSUM_CHARSET = 'qpzry9x8gf2tvdw0s3jn54khce6mua7l';
const GENERATOR = [0xf5dee51989n, 0xa9fdca3312n, 0x1bab10e32dn, 0x3706b1677an, 0x644d626ffdn] as const;
const CHECKSUM_LENGTH = 8;

/** The eight characters behind a descriptor's `#` (BIP-380). */
function descriptorChecksum(descriptor: string): string {
  let state = 1n;
  const feed = (value: number): void => {
    const top = state >> 35n;
    state = ((state & 0x7ffffffffn) << 5n) ^ BigInt(value);
    for (const [bit, word] of GENERATOR.entries()) if ((top >> BigInt(bit)) & 1n) state ^= word;
  };
  let group = 0;
  let groupSize = 0;
  for (const character of descriptor) {
    const position = INPUT_CHARSET.indexOf(character);
    feed(position & 31);
    group = group * 3 + (position >> 5);
    if (++groupSize === 3) {
      feed(group);
      group = 0;
      groupSize = 0;
    }
  }
  if (groupSize > 0) feed(group);
  for (let i = 0; i < CHECKSUM_LENGTH; i++) feed(0);
  state ^= 1n;
  return Array.from(
    { length: CHECKSUM_LENGTH },
    (_, index) => CHECKSUM_CHARSET[Number((state >> BigInt(5 * (7 - index))) & 31n)],
  ).join('');
}

const withChecksum = (descriptor: string): string => `${descriptor}#${descriptorChecksum(descriptor)}`;

/** The descriptor that Core infers for an output script without knowing any key. */
export function inferDescriptor(script: Uint8Array): string {
  const address = addressOf(script);
  if (address === undefined) return withChecksum(`raw(${bytesToBareHex(script)})`);
  const isTaproot = classifyOutput(script) === 'witness_v1_taproot';
  return withChecksum(isTaproot ? `rawtr(${bytesToBareHex(script.subarray(2))})` : `addr(${address})`);
}

/** The script of an `addr(…)` or `raw(…)` descriptor with or without checksum, or null for anything else. */
export function scriptOfDescriptor(text: string): Uint8Array | null {
  const [, descriptor, kind, body, checksum] = /^((addr|raw)\(([0-9a-zA-Z]*)\))(?:#([0-9a-z]{8}))?$/.exec(text) ?? [];
  if (descriptor === undefined || body === undefined) return null;
  if (checksum !== undefined && checksum !== descriptorChecksum(descriptor)) return null;
  if (kind === 'addr') return scriptOfAddress(body);
  return isHex(`0x${body}`) ? hexToBytes(body) : null;
}
