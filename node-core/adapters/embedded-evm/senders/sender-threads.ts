import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { Hex } from '../../../primitives/hex.ts';
import type { EvmAddress } from '../../../primitives/ids.ts';
import { READY, type SendersReply, type SendersRequest } from './thread-protocol.ts';

/** One core is left to execution. */
const THREADS = Math.min(4, Math.max(1, availableParallelism() - 1));
/** Transactions of one request: their senders are a few milliseconds away. */
const CHUNK = 32;
/** Requests under way; a block of 30 million gas makes 44. */
const MAX_PENDING = 512;

type Senders = SendersReply['senders'];

/** A transaction's sender when a thread looks for it; null when none does, or none was found. */
export type SenderOf = (raw: Hex) => Promise<EvmAddress | null> | null;

/**
 * Finds the senders of a block's transactions on other cores, while the first of them already run: that takes as long as
 * running them. Threads are shared by all engines of the process, started by the first block that has use for them, and
 * only ever a help: whatever they don't answer the engine finds out itself.
 */
class SenderThreads {
  readonly #pending = new Map<number, { readonly worker: Worker; readonly resolve: (senders: Senders) => void }>();
  readonly #ready: Worker[] = [];
  #isStarted = false;
  #nextId = 0;

  find(raws: readonly Hex[], chainId: number): SenderOf {
    const found = new Map<Hex, Promise<EvmAddress | null>>();
    // The engine takes the first ones itself, so that nobody waits for anybody.
    for (let at = CHUNK; at < raws.length; at += CHUNK) {
      const chunk = raws.slice(at, at + CHUNK);
      const senders = this.#ask(chunk, chainId);
      if (senders === null) break;
      chunk.forEach((raw, index) =>
        found.set(
          raw,
          senders.then((all) => all[index] ?? null),
        ),
      );
    }
    return (raw) => found.get(raw) ?? null;
  }

  #ask(raws: readonly Hex[], chainId: number): Promise<Senders> | null {
    this.#start();
    const id = this.#nextId++;
    const worker = this.#ready[id % this.#ready.length];
    if (worker === undefined || this.#pending.size >= MAX_PENDING) return null;
    // A process may end while threads are idle, and not while somebody waits for them.
    worker.ref();
    return new Promise((resolve) => {
      this.#pending.set(id, { worker, resolve });
      worker.postMessage({ id, chainId, raws } satisfies SendersRequest);
    });
  }

  #start(): void {
    if (this.#isStarted) return;
    this.#isStarted = true;
    for (let i = 0; i < THREADS; i++) {
      const worker = new Worker(new URL('./sender-thread.ts', import.meta.url), { name: 'senders' });
      worker.unref();
      worker.on('message', (reply: SendersReply | typeof READY) => {
        if (reply === READY) this.#ready.push(worker);
        else this.#settle(reply);
      });
      worker.on('error', () => this.#lose(worker));
      worker.on('exit', () => this.#lose(worker));
    }
  }

  #settle({ id, senders }: SendersReply): void {
    const asked = this.#pending.get(id);
    if (asked === undefined) return;
    this.#pending.delete(id);
    asked.resolve(senders);
    for (const { worker } of this.#pending.values()) if (worker === asked.worker) return;
    asked.worker.unref();
  }

  #lose(worker: Worker): void {
    const at = this.#ready.indexOf(worker);
    if (at !== -1) this.#ready.splice(at, 1);
    for (const [id, asked] of this.#pending) if (asked.worker === worker) this.#settle({ id, senders: [] });
  }
}

export const senderThreads = new SenderThreads();
