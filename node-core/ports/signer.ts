import type { BlsSignature, GuardRecord } from '../domain/consensus/types.ts';
import type { BlockRoot, Slot } from '../primitives/ids.ts';

export type { GuardRecord };

/** Where guard records are kept. Errors: ServiceError `GUARD_REFUSED`, and those of the store. */
export interface GuardStore {
  /** A record of nulls for a key that has never signed. */
  read(keyId: string): Promise<GuardRecord>;
  /** Compare and set, in a transaction of its own; resolves after the sync to disk. Refuses a record that would fall. */
  advance(keyId: string, expected: GuardRecord, next: GuardRecord): Promise<void>;
  /** Whether the store was restored from a backup and its keys were not armed again since. */
  disarmed(): Promise<boolean>;
  /**
   * Ends the disarmed state in which a store restored from a backup starts, and in which `advance` refuses everything:
   * `floor` is the highest slot that a quorum of peers saw of this key; nothing is signed up to it. With a `lock` above
   * the record's the key is locked on it.
   */
  rearm(keyId: string, floor: Slot, lock?: { readonly root: BlockRoot; readonly slot: Slot }): Promise<void>;
}

/**
 * The one place where this authority's key signs. Each call commits and syncs its guard record in a transaction of its
 * own before the signature exists (INV-11, INV-12). Errors: ServiceError `GUARD_REFUSED` (a slot not above the record,
 * or a certificate below the lock), `GUARD_NOT_DURABLE`.
 */
export interface SignerPort {
  record(): Promise<GuardRecord>;
  /** As GuardStore's: while it is so, everything is refused. */
  disarmed(): Promise<boolean>;
  /** Raises the record to what peers reported of this key, arms it and gives the record. */
  rearm(request: {
    readonly floor: Slot;
    readonly lockedRoot: BlockRoot;
    readonly lockedSlot: Slot;
  }): Promise<GuardRecord>;
  signBlock(request: { readonly slot: Slot; readonly root: BlockRoot }): Promise<BlsSignature>;
  /** `justifiedRoot` and `justifiedSlot` are the block's certificate's: the key locks on it. */
  signVote(request: {
    readonly slot: Slot;
    readonly root: BlockRoot;
    readonly justifiedRoot: BlockRoot;
    readonly justifiedSlot: Slot;
  }): Promise<{ readonly clean: boolean; readonly signature: BlsSignature }>;
}
