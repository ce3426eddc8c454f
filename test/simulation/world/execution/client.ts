import type { ExecutionPayload } from '../../../../node-core/domain/consensus/types.ts';
import { answerAfter, failAfter, type SimulatedAnswer } from '../../../../node-core/kernel/pump/simulation.ts';
import { ServiceError } from '../../../../node-core/primitives/errors.ts';
import type { PayloadRequest } from '../../../../node-core/ports/execution.ts';
import { type Evm, encodeUserTx, type UserTx, userTxHash } from './evm.ts';

const QUICK_MS = 2;
const EXECUTION_MS = 12;
const TIMEOUT_MS = 800;
const BRIDGE_KINDS: readonly UserTx['kind'][] = ['burn', 'nestedBurn', 'imitation', 'creation', 'failed'];

/**
 * One node's execution client over the shared stand-in of the EVM: what it holds, its pool, and its faults. An embedded
 * one has after a crash what the node's disk has, one in another process what it had.
 */
export class Client {
  readonly held = new Set<string>();
  readonly pool = new Set<string>();
  readonly #evm: Evm;
  head: string;
  away = false;
  /** Executions that are done and whose answer is lost. */
  timeouts = 0;
  /** Blocks that are wrongly called invalid. */
  wrongRoots = 0;
  /** Counts for the simulation's "sometimes". */
  readonly met = { timeout: 0, wrongRoot: 0, syncing: 0 };

  constructor(evm: Evm) {
    this.#evm = evm;
    this.head = evm.genesis.payload.blockHash;
    this.held.add(this.head);
  }

  /** An embedded client starts with the blocks of the disk, one beside the node forgets what it didn't write. */
  keepOnly(hashes: Iterable<string>): void {
    const keep = new Set(hashes);
    for (const hash of this.held)
      if (hash !== this.#evm.genesis.payload.blockHash && !keep.has(hash)) this.held.delete(hash);
    for (const hash of keep) if (this.#evm.block(hash) !== undefined) this.held.add(hash);
    if (this.held.has(this.head)) return;
    this.head = this.#evm.genesis.payload.blockHash;
    for (const hash of this.held) if (this.#height(hash) > this.#height(this.head)) this.head = hash;
  }

  /** Forgets every block above `height`. */
  forget(height: number): void {
    this.keepOnly([...this.held].filter((hash) => this.#height(hash) <= height));
  }

  #height(hash: string): number {
    return this.#evm.block(hash)?.payload.blockNumber ?? -1;
  }

  readonly port = {
    genesis: () => this.#answer(QUICK_MS, () => this.#evm.genesis.payload),
    build: (request: PayloadRequest) =>
      this.#answer(EXECUTION_MS, () => {
        if (!this.held.has(request.parentHash)) return lacking('UNKNOWN_PARENT');
        const { parentHash, timestampS, prevRandao, feeRecipient, withdrawals } = request;
        const environment = { parentHash, timestampS, prevRandao, feeRecipient, withdrawals, extraData: '0x' as const };
        const { payload } = this.#evm.build(environment, this.pool);
        this.held.add(payload.blockHash);
        return payload;
      }),
    execute: (payload: ExecutionPayload) =>
      this.#answer(
        EXECUTION_MS,
        () => {
          if (!this.held.has(payload.parentHash)) {
            this.met.syncing++;
            return { status: 'SYNCING' };
          }
          if (this.wrongRoots > 0) {
            this.wrongRoots--;
            this.met.wrongRoot++;
            return { status: 'INVALID', reason: 'wrong state root' };
          }
          const executed = this.#evm.execute(payload);
          if (executed === null) return { status: 'INVALID', reason: 'the payload is not what its content makes' };
          this.held.add(payload.blockHash);
          return { status: 'VALID', burnedFeesWei: executed.burnedFeesWei, staged: null };
        },
        true,
      ),
    setForkchoice: ({ head }: { readonly head: string }) =>
      this.#answer(QUICK_MS, () => {
        if (!this.held.has(head)) return lacking('UNKNOWN_BLOCK');
        this.head = head;
        return undefined;
      }),
    logs: (blockHash: string) =>
      this.#answer(QUICK_MS, () =>
        this.held.has(blockHash) ? this.#evm.block(blockHash)?.logs : lacking('UNKNOWN_BLOCK'),
      ),
    submitTransaction: (raw: string) =>
      this.#answer(QUICK_MS, () => {
        const alreadyKnown = this.pool.has(raw);
        this.pool.add(raw);
        return { evmTxHash: userTxHash(raw), to: null, alreadyKnown };
      }),
    pendingTransactions: (limit: number) => this.#answer(QUICK_MS, () => [...this.pool].slice(0, limit)),
    reconfigure: () => this.#answer(QUICK_MS, () => ({ applied: true })),
    settings: () => this.#answer(QUICK_MS, () => '{}'),
  };

  /** What `act` gives, an error included; nothing happens while the client is away. */
  #answer(delayMs: number, act: () => unknown, mayTimeOut = false): SimulatedAnswer {
    if (this.away) return failAfter(delayMs, new ServiceError('ENGINE_UNAVAILABLE', "the client can't be reached"));
    const outcome = act();
    if (mayTimeOut && this.timeouts > 0) {
      this.timeouts--;
      this.met.timeout++;
      return failAfter(TIMEOUT_MS, new ServiceError('ENGINE_TIMEOUT', 'no answer, though it was done'));
    }
    return outcome instanceof Error ? failAfter(delayMs, outcome) : answerAfter(delayMs, outcome);
  }
}

const lacking = (code: string): ServiceError => new ServiceError(code, 'the client does not have it');

/** Whether a transaction is of the kind that wallets send to the bridge. */
export const isBridgeTx = ({ kind }: UserTx): boolean => BRIDGE_KINDS.includes(kind);
export { encodeUserTx };
