import { join } from 'node:path';
import Database from 'better-sqlite3';
import { type Checked, accept, refuse } from '../../primitives/errors.ts';

/** What a member binds itself to by signing: these burns are paid by this payout, whose every version spends this input. */
export interface PayoutBinding {
  readonly payoutId: string;
  /** `txid:vout` of the first input. */
  readonly anchor: string;
  /** `blockHash:logIndex` of each burn. */
  readonly burns: readonly string[];
}

/** A member's memory of what it has signed for. */
export interface SigningRecord {
  /** Binds the member, on disk when it returns; refuses what conflicts with an earlier binding. The same again is accepted. */
  bind(binding: PayoutBinding): Checked<undefined>;
  close(): void;
}

interface Row {
  readonly burn: string;
  readonly payout: string;
  readonly anchor: string;
}

/**
 * Opens a member's record (`member-N.sqlite`). A burn belongs to one payout for ever, and all versions of a payout
 * share one input, so that of all that a member signs for a burn one transaction at most confirms (INV-4, HOLE-14).
 * @param dataDir null keeps it in memory
 */
export function openSigningRecord(dataDir: string | null, member: number): SigningRecord {
  const database = new Database(dataDir === null ? ':memory:' : join(dataDir, `member-${member}.sqlite`));
  // Every commit reaches the disk before the signature leaves.
  database.pragma('journal_mode = WAL');
  database.pragma('synchronous = FULL');
  database.exec(
    'CREATE TABLE IF NOT EXISTS signed (burn TEXT PRIMARY KEY, payout TEXT NOT NULL, anchor TEXT NOT NULL) STRICT',
  );
  const byBurn = database.prepare<[string], Row>('SELECT * FROM signed WHERE burn = ?');
  const byPayout = database.prepare<[string], Row>('SELECT * FROM signed WHERE payout = ?');
  const insert = database.prepare<[string, string, string]>('INSERT INTO signed VALUES (?, ?, ?)');

  const bind = database.transaction(({ payoutId, anchor, burns }: PayoutBinding): Checked<undefined> => {
    const paidElsewhere = burns.map((burn) => byBurn.get(burn)).find((row) => row && row.payout !== payoutId);
    if (paidElsewhere) return refuse('BURN_SIGNED', `a burn is paid by payout ${paidElsewhere.payout} already`);
    const earlier = byPayout.all(payoutId);
    if (earlier.length > 0) {
      const sameBurns = earlier.length === burns.length && earlier.every(({ burn }) => burns.includes(burn));
      if (!sameBurns) return refuse('BURNS_CHANGED', 'the payout was signed for other burns');
      if (earlier.some((row) => row.anchor !== anchor))
        return refuse('ANCHOR_CHANGED', 'the payout was signed with another first input');
      return accept(undefined);
    }
    for (const burn of burns) insert.run(burn, payoutId, anchor);
    return accept(undefined);
  });

  return { bind: (binding) => bind.immediate(binding), close: () => database.close() };
}
