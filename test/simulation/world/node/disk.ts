import type { SimulationPump } from '../../../../node-core/kernel/pump/simulation.ts';
import { answerAfter, failAfter, lookAfter } from '../../../../node-core/kernel/pump/simulation.ts';
import { EMPTY_GUARD } from '../../../../node-core/domain/consensus/voting.ts';
import type { EquivocationEvidence } from '../../../../node-core/domain/consensus/types.ts';
import { ServiceError } from '../../../../node-core/primitives/errors.ts';
import type { GuardRecord } from '../../../../node-core/ports/signer.ts';
import type { BlockRecord, ChainPointers, OperationRecord } from '../../../../node-core/ports/store.ts';

/** What is on a node's disk. */
export interface DiskContent {
  readonly blocks: Map<string, BlockRecord>;
  pointers: ChainPointers | null;
  guard: GuardRecord;
  disarmed: boolean;
  readonly values: Map<string, string>;
  readonly operations: Map<string, OperationRecord>;
  readonly evidence: Map<string, EquivocationEvidence>;
  audit: number;
}

const empty = (): DiskContent => ({
  blocks: new Map(),
  pointers: null,
  guard: EMPTY_GUARD,
  disarmed: false,
  values: new Map(),
  operations: new Map(),
  evidence: new Map(),
  audit: 0,
});

const copy = (content: DiskContent): DiskContent => ({
  ...content,
  blocks: new Map(content.blocks),
  values: new Map(content.values),
  operations: new Map(content.operations),
  evidence: new Map(content.evidence),
});

const COMMIT_MS = 2;
const SLOW_COMMIT_MS = 120;
const ANSWER_MS = 1;
const SYNC_FAILED = new ServiceError('STORE_SYNC_FAILED', 'a write could not be brought to disk');

/**
 * A disk with a queue of commits: a write is acknowledged after its sync; of those that a power loss meets, the first few
 * are on disk and the rest are not, each whole or not at all (INV-24).
 */
export class Disk {
  content = empty();
  slow = false;
  /** The next sync fails; then nothing is written any more until the node is started again. */
  failNextSync = false;
  readonly #pump: SimulationPump;
  readonly #onFailedSync: () => void;
  #queue: { readonly commit: () => void; done: boolean }[] = [];
  #busyUntilMs = 0;
  #failed = false;
  lostWrites = 0;

  constructor(pump: SimulationPump, onFailedSync: () => void) {
    this.#pump = pump;
    this.#onFailedSync = onFailedSync;
  }

  /** Ms after which what is written now is on disk. */
  #enqueue(commit: () => void): number {
    const { nowMs, random } = this.#pump;
    const took = Math.ceil((this.slow ? SLOW_COMMIT_MS : COMMIT_MS) * (0.5 + random()));
    this.#busyUntilMs = Math.max(this.#busyUntilMs, nowMs) + took;
    const entry = { commit, done: false };
    this.#queue.push(entry);
    const delayMs = this.#busyUntilMs - nowMs;
    this.#pump.after(delayMs, () => {
      if (entry.done) return;
      entry.done = true;
      this.#queue.shift();
      commit();
    });
    return delayMs;
  }

  #refuses(): boolean {
    if (this.failNextSync && !this.#failed) {
      this.#failed = true;
      this.#onFailedSync();
    }
    return this.#failed;
  }

  /** A write as the store's port answers it. */
  write(change: (content: DiskContent) => void, value: unknown = undefined): unknown {
    if (this.#refuses()) return failAfter(ANSWER_MS, SYNC_FAILED);
    return answerAfter(this.#enqueue(() => change(this.content)) + ANSWER_MS, value);
  }

  read(read: (content: DiskContent) => unknown): unknown {
    return answerAfter(ANSWER_MS, read(this.content));
  }

  /** What is there when all that was written before is on disk. */
  load(read: (content: DiskContent) => unknown): unknown {
    const delayMs = Math.max(0, this.#busyUntilMs - this.#pump.nowMs) + ANSWER_MS;
    return lookAfter(delayMs, () => read(this.content));
  }

  /** A write for the guard, which is awaited: calls back with the outcome after the sync. */
  transaction(change: (content: DiskContent) => Error | null, done: (error: Error | null) => void): void {
    if (this.#refuses()) {
      this.#pump.after(ANSWER_MS, () => done(SYNC_FAILED));
      return;
    }
    let outcome: Error | null = null;
    const delayMs = this.#enqueue(() => (outcome = change(this.content)));
    this.#pump.after(delayMs + ANSWER_MS, () => done(outcome));
  }

  after(delayMs: number, done: () => void): void {
    this.#pump.after(delayMs, done);
  }

  /** Power is lost: of what waits the first `kept` are on disk, the rest never was written. */
  losePower(random: () => number): void {
    const waiting = this.#queue;
    this.#queue = [];
    const kept = Math.floor(random() * (waiting.length + 1));
    for (const [index, entry] of waiting.entries()) {
      entry.done = true;
      if (index < kept) entry.commit();
      else this.lostWrites++;
    }
    this.#busyUntilMs = 0;
    this.#failed = false;
    this.failNextSync = false;
  }

  backup(): DiskContent {
    return copy(this.content);
  }

  /** As the product's own restoring does it: the store comes back disarmed (INV-11). */
  restore(backup: DiskContent): void {
    this.content = { ...copy(backup), disarmed: true };
  }
}
