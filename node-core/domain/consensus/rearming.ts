import { type Checked, accept, refuse } from '../../primitives/errors.ts';
import { type Slot, slot } from '../../primitives/ids.ts';
import { quorum } from './schedule.ts';
import type { QuorumCertificate } from './types.ts';

/** Where a key's guard goes on from. */
export interface Floor {
  /** The key signs above it alone. */
  readonly slot: Slot;
  /** The certificate that the key is locked on from now on. */
  readonly lock: QuorumCertificate;
}

/** What a peer says. */
export interface Report {
  /** The last slot in which it saw this key sign; 0 for none. */
  readonly lastSigned: Slot;
  readonly highCertificate: QuorumCertificate;
}

export type RearmingCode = 'TOO_FEW_REPORTS' | 'CLOCK_BEHIND';

/** How far ahead of this node's a peer's clock may be. */
const MAX_SKEW_SLOTS = 2;

/**
 * What a key's guard must be raised to after its record was lost to an old backup, or why that can't be known yet (INV-11).
 * No signature of the key is above the slot in which its node has started, and by a quorum's reports this node's clock
 * has not gone back behind one. As for the lock: if a block that the key voted for was certified, then a quorum knew the
 * certificate in it, and one honest member of that quorum is among those who report, so that the highest reported
 * certificate is no lower. A report of a slot to come is a wrong clock: a third of the peers may have one.
 */
export function floorFor(
  authorityCount: number,
  currentSlot: Slot,
  known: QuorumCertificate,
  /** One for each other authority that reported. */
  reports: readonly Report[],
): Checked<Floor, RearmingCode> {
  // A federation of two has one peer, and one of one has none: it can't ask for more than there are.
  const needed = Math.min(quorum(authorityCount), authorityCount - 1);
  if (reports.length < needed)
    return refuse('TOO_FEW_REPORTS', `${reports.length} of ${needed} peers have reported this key's last slots`);
  const seen = reports.map(({ lastSigned }) => lastSigned);
  const ahead = seen.filter((at) => at > currentSlot + MAX_SKEW_SLOTS);
  if (ahead.length > Math.floor((authorityCount - 1) / 3))
    return refuse('CLOCK_BEHIND', `peers saw this key sign at slot ${Math.max(...ahead)}: this node's clock is behind`);
  const highest = Math.max(currentSlot, ...seen.filter((at) => at <= currentSlot + MAX_SKEW_SLOTS));
  const lock = reports.reduce(
    (best, { highCertificate }) => (highCertificate.slot > best.slot ? highCertificate : best),
    known,
  );
  return accept({ slot: slot(highest), lock });
}
