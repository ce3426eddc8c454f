import { describe, expect, it } from 'vitest';
import { Script, TAPROOT_UNSPENDABLE_KEY, TEST_NETWORK, TaprootControlBlock, p2tr } from '@scure/btc-signer';
import { blockHeight, epoch } from '../../../node-core/primitives/ids.ts';
import { bytesToBareHex, hexToBytes } from '../../../node-core/primitives/hex.ts';
import {
  bitcoinNetworkOf,
  federationAddress,
  federationAtEpoch,
  federationOf,
  scheduleEntryAt,
  threshold,
} from '../../../node-core/domain/federation/address.ts';
import { federation, membersOf } from './members.ts';

const regtest = bitcoinNetworkOf('regtest');

describe('federation address', () => {
  it('equals the vectors of protocol.md', () => {
    expect(federationAddress(federation(1, 1), regtest)).toBe(
      'bcrt1p3srvwkq5kyzlxqls43x97ch2vpcp4j278nk8jjuzcgt8k40ttr9s4vj934',
    );
    expect(federationAddress(federation(2, 3), regtest)).toBe(
      'bcrt1pyjrtzxpj7vzpjz6kvps5c2ajhkupt8qk22ncdpdz23wdl5j7dp8qexkr43',
    );
  });

  it('equals what another library makes of the same keys, for every size of federation', () => {
    for (let count = 1; count <= 15; count++) {
      const required = threshold(count);
      const ours = federation(required, count);
      const script = Script.encode([
        ...ours.bitcoinKeys.flatMap((key, index) => [
          hexToBytes(key),
          index === 0 ? ('CHECKSIG' as const) : ('CHECKSIGADD' as const),
        ]),
        required,
        'GREATERTHANOREQUAL',
      ]);
      const theirs = p2tr(TAPROOT_UNSPENDABLE_KEY, { script }, TEST_NETWORK, true);
      const [controlBlock] = theirs.tapLeafScript?.[0] ?? [];
      expect(ours.leafScript).toBe(bytesToBareHex(script));
      expect(ours.scriptPubKey).toBe(bytesToBareHex(theirs.script));
      expect(ours.tapleafHash).toBe(bytesToBareHex(theirs.tapMerkleRoot));
      expect(controlBlock && bytesToBareHex(TaprootControlBlock.encode(controlBlock))).toBe(ours.controlBlock);
    }
  });

  it('changes with the order of the keys', () => {
    const members = membersOf(3);
    expect(federationOf(members.toReversed(), 2).outputKey).not.toBe(federationOf(members, 2).outputKey);
  });

  it('has its address on each network', () => {
    expect(federationAddress(federation(2, 3), bitcoinNetworkOf('signet'))).toMatch(/^tb1p/);
    expect(federationAddress(federation(2, 3), bitcoinNetworkOf('testnet'))).toMatch(/^tb1p/);
    expect(federationAddress(federation(2, 3), bitcoinNetworkOf('bitcoin'))).toMatch(/^bc1p/);
  });

  it('refuses members that can hold nothing together', () => {
    const members = membersOf(3);
    const [first] = members;
    const offCurve = { ...membersOf(1)[0], bitcoinKey: '0'.repeat(64), identityKey: '' };
    expect(() => federationOf([], 1)).toThrow('1 to 15 members');
    expect(() => federationOf(membersOf(16), 11)).toThrow('1 to 15 members');
    expect(() => federationOf([...members, ...(first ? [first] : [])], 2)).toThrow('distinct');
    expect(() => federationOf([offCurve], 1)).toThrow('x-only point');
    expect(() => federationOf(members, 0)).toThrow('threshold');
    expect(() => federationOf(members, 4)).toThrow('threshold');
  });
});

describe('threshold', () => {
  it('is two thirds of the members, rounded up', () => {
    expect([1, 2, 3, 4, 5, 6, 7, 15].map(threshold)).toEqual([1, 2, 2, 3, 4, 4, 5, 10]);
  });
});

describe('governance schedule', () => {
  const schedule = [
    { activationHeight: 0, epoch: 0, members: membersOf(1) },
    { activationHeight: 100, epoch: 1, members: membersOf(3) },
  ];

  it('gives the entry active at a height', () => {
    expect(scheduleEntryAt(schedule, blockHeight(99))?.epoch).toBe(0);
    expect(scheduleEntryAt(schedule, blockHeight(100))?.epoch).toBe(1);
    expect(scheduleEntryAt(schedule.slice(1), blockHeight(99))).toBeNull();
  });

  it('gives the federation of an epoch', () => {
    expect(federationAtEpoch(schedule, epoch(1))?.federation).toEqual(federation(2, 3));
    expect(federationAtEpoch(schedule, epoch(2))).toBeNull();
  });
});
