import { hash } from 'node:crypto';
import type { AuditEntry, ChainedAuditEntry } from '../../ports/store.ts';

/** The hash before the first entry. */
export const AUDIT_ROOT = '0'.repeat(64);

/** RFC 8785 form of an entry: its five members in the order of their names, no white space. */
const canonicalEntry = ({ action, actor, atMs, detail, reason }: AuditEntry): string =>
  JSON.stringify({ action, actor, atMs, detail, reason });

/** The entry that follows `previous` (null at the start). */
export function chainEntry(previous: ChainedAuditEntry | null, entry: AuditEntry): ChainedAuditEntry {
  const previousHash = previous?.hash ?? AUDIT_ROOT;
  return {
    ...entry,
    sequence: (previous?.sequence ?? 0) + 1,
    previousHash,
    hash: hash('sha256', previousHash + canonicalEntry(entry)),
  };
}

/** What a walk over the whole log found. `brokenAt` is the first sequence number that doesn't follow from those before. */
export interface AuditVerdict {
  readonly entries: number;
  readonly brokenAt: number | null;
}

/** Recomputes every hash, from the first entry on. */
export function verifyChain(entries: Iterable<ChainedAuditEntry>): AuditVerdict {
  let previous: ChainedAuditEntry | null = null;
  let count = 0;
  for (const entry of entries) {
    const expected = chainEntry(previous, entry);
    if (
      entry.sequence !== expected.sequence ||
      entry.previousHash !== expected.previousHash ||
      entry.hash !== expected.hash
    )
      return { entries: count, brokenAt: expected.sequence };
    previous = entry;
    count += 1;
  }
  return { entries: count, brokenAt: null };
}
