import { sha256 } from '@noble/hashes/sha2.js';
import { utf8ToBytes } from '@noble/hashes/utils.js';
import type { ExecutionPayload } from '../../node-core/domain/consensus/types.ts';
import { mergedSettings, parseSettings, type Settings } from '../../node-core/domain/execution/settings.ts';
import { answerAfter, failAfter, type SimulatedAnswer } from '../../node-core/kernel/pump/simulation.ts';
import type { PayloadRequest, StagedState } from '../../node-core/ports/execution.ts';
import { ServiceError } from '../../node-core/primitives/errors.ts';
import { bytesToHex } from '../../node-core/primitives/hex.ts';
import { blockHeight, evmBlockHash, type EvmBlockHash } from '../../node-core/primitives/ids.ts';
import { wei } from '../../node-core/primitives/units.ts';
import { emptyPayload } from './consensus-world.ts';

const QUICK_MS = 2;
const EXECUTION_MS = 10;

const hashOf = (...parts: readonly (string | number)[]): EvmBlockHash =>
  evmBlockHash(bytesToHex(sha256(utf8ToBytes(JSON.stringify(parts)))));

/**
 * An execution client in another process, as geth is one: it outlives the node, can be killed, lose what it did not
 * write, be of another chain, and neither builds on an ancestor of its head nor goes back to one.
 */
export class FakeClient {
  readonly #genesis: ExecutionPayload;
  /** Blocks whose state the client holds, by hash. */
  readonly held = new Map<string, ExecutionPayload>();
  /** Blocks without their states: geth after a crash calls them valid, and is rid of them before it executes them again. */
  readonly #stale = new Map<string, ExecutionPayload>();
  /** Its operator didn't let the node rid it of them. */
  stuck = false;
  head: string;
  away = false;
  strange = false;
  /** Blocks that it calls invalid. */
  readonly invalid = new Set<string>();
  /** What an embedded EVM would have the store write. */
  staged: ((payload: ExecutionPayload) => StagedState | null) | null = null;
  /** What it gives for a payload, where that is another one; told the building time, too. */
  tampered: ((payload: ExecutionPayload, timeBudgetMs: number) => ExecutionPayload) | null = null;
  executions = 0;
  /** Builds that were asked for on an ancestor of the head. */
  refusedBuilds = 0;
  /** Changes that it was told, refused ones included. */
  readonly settings: string[] = [];
  #inForce: Settings = { minTipWei: '1', pool: { maxBytes: 100 } };
  /** Transactions that wait for a block, which no block of this client takes in. */
  readonly pool: string[] = [];

  constructor(genesis: ExecutionPayload) {
    this.#genesis = genesis;
    this.head = genesis.blockHash;
    this.held.set(genesis.blockHash, genesis);
  }

  /** Forgets every block above `height`; with `blocksStay` only their states. */
  lose(height: number, blocksStay = false): void {
    for (const [hash, payload] of this.held) {
      if (payload.blockNumber <= height) continue;
      this.held.delete(hash);
      if (blocksStay) this.#stale.set(hash, payload);
    }
    const [last] = [...this.held.values()].sort((a, b) => b.blockNumber - a.blockNumber);
    this.head = last?.blockHash ?? this.#genesis.blockHash;
  }

  readonly port = {
    genesis: () => {
      if (this.strange) return failAfter(QUICK_MS, new ServiceError('GENESIS_MISMATCH', 'block 0 is another'));
      return this.#answer(QUICK_MS, () => this.#genesis);
    },
    execute: (payload: ExecutionPayload) =>
      this.#answer(EXECUTION_MS, () => {
        this.executions++;
        if (this.invalid.has(payload.blockHash)) return { status: 'INVALID', reason: 'wrong state root' };
        if (!this.#stale.has(payload.blockHash)) {
          if (!this.held.has(payload.parentHash)) return { status: 'SYNCING' };
          this.held.set(payload.blockHash, payload);
        }
        return { status: 'VALID', burnedFeesWei: wei(0n), staged: this.staged?.(payload) ?? null };
      }),
    setForkchoice: ({ head }: { readonly head: string }) =>
      this.#answer(QUICK_MS, () => {
        if (this.#stale.has(head)) {
          if (this.stuck) return new ServiceError('ENGINE_STUCK', 'start it with debug');
          this.#stale.clear();
        }
        if (!this.held.has(head)) return lacking('UNKNOWN_BLOCK');
        if (!this.#isBelowHead(head)) this.head = head;
        return undefined;
      }),
    build: ({ parentHash, timestampS, prevRandao, feeRecipient, withdrawals, timeBudgetMs }: PayloadRequest) =>
      this.#answer(EXECUTION_MS, () => {
        const parent = this.held.get(parentHash);
        if (parent === undefined) return lacking('UNKNOWN_PARENT');
        if (this.#isBelowHead(parentHash)) {
          this.refusedBuilds++;
          return new ServiceError('ENGINE_REFUSED', 'the execution client does not build on this parent');
        }
        this.head = parentHash;
        const payload = emptyPayload({
          parentHash,
          timestampS,
          prevRandao,
          feeRecipient,
          withdrawals,
          blockNumber: blockHeight(parent.blockNumber + 1),
          blockHash: hashOf(parentHash, timestampS, feeRecipient),
        });
        return this.tampered?.(payload, timeBudgetMs) ?? payload;
      }),
    logs: () => this.#answer(QUICK_MS, () => []),
    pendingTransactions: (limit: number) => this.#answer(QUICK_MS, () => this.pool.slice(0, limit)),
    reconfigure: (settings: string) =>
      this.#answer(QUICK_MS, () => {
        this.settings.push(settings);
        if (settings.includes('wrong')) return { applied: false, reasons: ['wrong: not a setting'] };
        this.#inForce = mergedSettings(this.#inForce, parseSettings(settings));
        return { applied: true };
      }),
    settings: () => this.#answer(QUICK_MS, () => JSON.stringify(this.#inForce)),
  };

  #isBelowHead(hash: string): boolean {
    const height = this.held.get(hash)?.blockNumber ?? 0;
    let at = this.held.get(this.head);
    while (at !== undefined && at.blockNumber > height) at = this.held.get(at.parentHash);
    return at?.blockHash === hash && hash !== this.head;
  }

  /** What `act` gives, an error included; nothing happens while the client is away. */
  #answer(delayMs: number, act: () => unknown): SimulatedAnswer {
    if (this.away)
      return failAfter(delayMs, new ServiceError('ENGINE_UNAVAILABLE', "the execution client can't be reached"));
    const outcome = act();
    return outcome instanceof Error ? failAfter(delayMs, outcome) : answerAfter(delayMs, outcome);
  }
}

const lacking = (code: string): ServiceError => new ServiceError(code, 'the client does not have it');
