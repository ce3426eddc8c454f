import { join } from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import type { GuardRecord } from '../../../node-core/ports/signer.ts';
import { type Slot, slot } from '../../../node-core/primitives/ids.ts';
import { openSampleStore } from '../../support/store/open-sample-store.ts';
import { rootOf } from '../../support/store/sample-blocks.ts';

const EMPTY: GuardRecord = {
  lastProposedSlot: null,
  lastVotedSlot: null,
  lastVotedRoot: null,
  lockedRoot: null,
  lockedSlot: null,
};
const AT_TEN: GuardRecord = {
  lastProposedSlot: slot(10),
  lastVotedSlot: slot(10),
  lastVotedRoot: rootOf(10),
  lockedRoot: rootOf(8),
  lockedSlot: slot(8),
};

describe('the guard store', () => {
  it('has a record of nulls for a key that never signed', async () => {
    const { guard } = await openSampleStore();
    expect(await guard.read('key')).toEqual(EMPTY);
  });

  it('keeps one record for each key, across a reopening (HOLE-8)', async () => {
    const { guard, close, folder } = await openSampleStore();
    await guard.advance('a', EMPTY, AT_TEN);
    await close();
    const again = await openSampleStore({ folder });
    expect(await again.guard.read('a')).toEqual(AT_TEN);
    expect(await again.guard.read('b')).toEqual(EMPTY);
  });

  it('lets one of two concurrent advances win', async () => {
    const { guard } = await openSampleStore();
    const outcomes = await Promise.allSettled(
      [1, 2].map((value) => guard.advance('key', EMPTY, { ...EMPTY, lastProposedSlot: slot(value) })),
    );
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
    expect((await guard.read('key')).lastProposedSlot).toBe(1);
  });

  it.each<[string, Partial<GuardRecord>]>([
    ['the same slots again', {}],
    ['a proposal below', { lastProposedSlot: slot(9) }],
    ['a vote below', { lastVotedSlot: slot(9), lastProposedSlot: slot(11) }],
    ['a forgotten vote', { lastVotedSlot: null, lastVotedRoot: null, lastProposedSlot: slot(11) }],
    ['another vote at the same slot', { lastVotedRoot: rootOf(11), lastProposedSlot: slot(11) }],
    ['a lower lock', { lockedSlot: slot(7), lockedRoot: rootOf(7), lastVotedSlot: slot(11) }],
    ['another lock at the same slot', { lockedRoot: rootOf(9), lastVotedSlot: slot(11) }],
  ])('refuses %s, even when the caller expects the record as it is (INV-11)', async (_, change) => {
    const { guard } = await openSampleStore();
    await guard.advance('key', EMPTY, AT_TEN);
    await expect(guard.advance('key', AT_TEN, { ...AT_TEN, ...change })).rejects.toMatchObject({
      code: 'GUARD_REFUSED',
    });
    expect(await guard.read('key')).toEqual(AT_TEN);
  });

  /** What peers are locked on: another block than the record's of the same slot. */
  const lockAt = (at: number) => ({ lockedRoot: rootOf(at + 100), lockedSlot: slot(at) });
  const proposedAt = (at: number) => ({ lastProposedSlot: slot(at) });
  const votedAt = (at: number, root: GuardRecord['lastVotedRoot'] = null) => ({
    lastVotedSlot: slot(at),
    lastVotedRoot: root,
  });
  const voteOfTwelve = { ...AT_TEN, ...votedAt(12, rootOf(12)) };
  it.each<[string, GuardRecord, [floor: number, lock?: number], Partial<GuardRecord>]>([
    ['leaves a record at the floor as it is', AT_TEN, [10], {}],
    ['raises both slots to the floor', AT_TEN, [11], { ...proposedAt(11), ...votedAt(11) }],
    ['raises the vote alone', { ...AT_TEN, ...proposedAt(12) }, [11], votedAt(11)],
    ['raises the proposal alone', voteOfTwelve, [11], proposedAt(11)],
    ['raises the lock with the proposal', voteOfTwelve, [11, 9], { ...proposedAt(11), ...lockAt(9) }],
    ['keeps the lock of the slot that it has', AT_TEN, [10, 8], {}],
    ['gives a key that never signed all of it', EMPTY, [5, 3], { ...proposedAt(5), ...votedAt(5), ...lockAt(3) }],
    ['locks a key that has no lock on genesis', EMPTY, [5, 0], { ...proposedAt(5), ...votedAt(5), ...lockAt(0) }],
  ])('when it is armed again, %s (INV-11)', async (_, before, [floor, lock], changes) => {
    const { guard } = await openSampleStore();
    if (before !== EMPTY) await guard.advance('key', EMPTY, before);
    const peers = lock === undefined ? undefined : { root: lockAt(lock).lockedRoot, slot: slot(lock) };
    await guard.rearm('key', slot(floor), peers);
    expect(await guard.read('key')).toEqual({ ...before, ...changes });
  });

  it('takes a higher lock when it is armed again, also above both slots already (INV-11)', async () => {
    const { guard } = await openSampleStore();
    await guard.advance('key', EMPTY, AT_TEN);
    await guard.rearm('key', slot(5), { root: rootOf(9), slot: slot(9) });
    const raised = { ...AT_TEN, lastVotedSlot: 11, lastVotedRoot: null, lockedRoot: rootOf(9), lockedSlot: 9 };
    expect(await guard.read('key')).toEqual(raised);
    await guard.rearm('key', slot(5), { root: rootOf(7), slot: slot(7) });
    expect(await guard.read('key')).toEqual(raised);
    await guard.rearm('key', slot(20), { root: rootOf(7), slot: slot(7) });
    expect(await guard.read('key')).toEqual({ ...raised, lastProposedSlot: 20, lastVotedSlot: 20 });
  });

  it('takes only what breaks its rules for refused, and no fault of the store', async () => {
    const { guard } = await openSampleStore();
    const faulty = guard.advance('key', EMPTY, { ...EMPTY, lastProposedSlot: 1.5 as Slot });
    await expect(faulty).rejects.not.toMatchObject({ code: 'GUARD_REFUSED' });
    expect(await guard.read('key')).toEqual(EMPTY);
  });

  it('keeps every record, whatever another program would delete', async () => {
    const { guard, close, folder } = await openSampleStore();
    await guard.advance('key', EMPTY, AT_TEN);
    await close();
    const db = new BetterSqlite3(join(folder, 'node.db'));
    expect(() => db.exec('DELETE FROM guard')).toThrow('a record is never deleted');
    db.close();
  });

  it('answers STORE_CORRUPT for a record with a flipped bit, and nothing after it', async () => {
    const { guard, close, folder } = await openSampleStore();
    await guard.advance('key', EMPTY, AT_TEN);
    await close();
    const db = new BetterSqlite3(join(folder, 'node.db'));
    db.exec('DROP TRIGGER guard_only_rises; UPDATE guard SET last_voted_slot = 2');
    db.close();
    const errors: unknown[] = [];
    const damaged = await openSampleStore({ folder, onFatal: (error) => errors.push(error) });
    await expect(damaged.guard.read('key')).rejects.toMatchObject({ code: 'STORE_CORRUPT' });
    await expect(damaged.port.putValue('a', '1')).rejects.toMatchObject({ code: 'STORE_CORRUPT' });
    await expect(damaged.port.getValue('a')).rejects.toMatchObject({ code: 'STORE_CORRUPT' });
    expect(errors).toMatchObject([{ code: 'STORE_CORRUPT' }]);
  });
});
