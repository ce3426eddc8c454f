import { EMPTY_GUARD } from '../../../../node-core/domain/consensus/voting.ts';
import { ServiceError } from '../../../../node-core/primitives/errors.ts';
import type { BlockRoot, Slot } from '../../../../node-core/primitives/ids.ts';
import type { GuardRecord, GuardStore } from '../../../../node-core/ports/signer.ts';
import type { Disk } from './disk.ts';

const READ_MS = 1;
const refused = (reason: string): ServiceError => new ServiceError('GUARD_REFUSED', reason);
const same = (a: GuardRecord, b: GuardRecord): boolean => JSON.stringify(a) === JSON.stringify(b);
const falls = (before: number | null, after: number | null): boolean => (after ?? -1) < (before ?? -1);

/**
 * The guard's store by the words of `ports/signer.ts`, on the simulated disk. Its promises end at virtual times, and never
 * once the node is dead; `woke` says that code which awaits one may run now.
 */
export function guardStore(disk: Disk, isAlive: () => boolean, woke: () => void): GuardStore {
  const ended = <T>(begin: (end: (error: Error | null, value?: T) => void) => void): Promise<T> =>
    new Promise<T>((resolve, reject) => {
      begin((error, value) => {
        if (!isAlive()) return;
        woke();
        if (error === null) resolve(value as T);
        else reject(error);
      });
    });
  return {
    read: () => ended((end) => disk.after(READ_MS, () => end(null, disk.content.guard))),
    disarmed: () => ended((end) => disk.after(READ_MS, () => end(null, disk.content.disarmed))),
    advance: (_keyId, expected, next) =>
      ended((end) =>
        disk.transaction((content) => {
          if (content.disarmed) return refused('restored from a backup');
          if (!same(content.guard, expected)) return refused('the record has changed since it was read');
          const { lastProposedSlot, lastVotedSlot } = content.guard;
          if (falls(lastProposedSlot, next.lastProposedSlot) || falls(lastVotedSlot, next.lastVotedSlot))
            return refused('the record would fall');
          content.guard = next;
          return null;
        }, end),
      ),
    rearm: (_keyId: string, floor: Slot, lock?: { readonly root: BlockRoot; readonly slot: Slot }) =>
      ended((end) =>
        disk.transaction((content) => {
          const { guard } = content;
          const raise = (at: Slot | null): Slot => (at === null || at < floor ? floor : at);
          const locks = lock !== undefined && lock.slot > (guard.lockedSlot ?? -1);
          content.guard = {
            ...(guard ?? EMPTY_GUARD),
            lastProposedSlot: raise(guard.lastProposedSlot),
            lastVotedSlot: raise(guard.lastVotedSlot),
            ...(locks && { lockedRoot: lock.root, lockedSlot: lock.slot }),
          };
          content.disarmed = false;
          return null;
        }, end),
      ),
  };
}
