import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { type AlysError, ServiceError } from '../../primitives/errors.ts';
import { errorFromWire, isFatal } from './errors.ts';
import { CLOSE, type ThreadData, type ThreadReply, type ThreadStart } from './thread-protocol.ts';

/** What waits for one thread, at most; more is refused with `STORE_BUSY`. */
const MAX_PENDING = 16_384;
const MAX_PENDING_BYTES = 256 * 1024 * 1024;

interface Pending {
  readonly bytes: number;
  resolve(value: unknown): void;
  reject(error: AlysError): void;
}

/** A thread's requests by name. */
type Requests = { readonly [name: string]: (argument: never) => unknown };

/** One thread of the store, seen from the outside: requests become promises. `R` are its requests. */
export class StoreThread<R extends Requests> {
  readonly #worker: Worker;
  readonly #onFatal: (error: AlysError) => void;
  readonly #pending = new Map<number, Pending>();
  #pendingBytes = 0;
  #nextId = 0;
  /** Settles with the request that was made last; one is answered with or after those before it. */
  #newest: Promise<void> = Promise.resolve();
  /** Why nothing more is taken: closed, or failed for good. */
  #refusal: AlysError | null = null;

  /** Resolves when the thread's connection is open. @throws AlysError that the thread answers, `STORE_VERSION` for instance. */
  static async start<R extends Requests>(
    url: URL,
    data: ThreadData,
    onFatal: (error: AlysError) => void,
  ): Promise<StoreThread<R>> {
    const worker = new Worker(url, { workerData: data, name: `store ${data.role}` });
    const [start] = (await once(worker, 'message')) as [ThreadStart];
    if (start.started) return new StoreThread<R>(worker, onFatal);
    await worker.terminate();
    throw errorFromWire(start.error);
  }

  private constructor(worker: Worker, onFatal: (error: AlysError) => void) {
    this.#worker = worker;
    this.#onFatal = onFatal;
    worker.on('message', (reply: ThreadReply) => this.#settle(reply));
    worker.on('error', (error) => this.fail(lost(error)));
    worker.on('exit', () => this.fail(lost()));
  }

  get pending(): number {
    return this.#pending.size;
  }

  /** `bytes` is the size of what the argument carries, when it may be large. */
  call<N extends keyof R & string>(name: N, argument: Parameters<R[N]>[0], bytes = 0): Promise<ReturnType<R[N]>> {
    if (this.#refusal !== null) return Promise.reject(this.#refusal);
    if (this.#pending.size >= MAX_PENDING || this.#pendingBytes + bytes > MAX_PENDING_BYTES)
      return Promise.reject(
        new ServiceError('STORE_BUSY', 'too much waits for the store', {
          pending: this.#pending.size,
          bytes: this.#pendingBytes,
        }),
      );
    const id = this.#nextId++;
    const reply = new Promise<ReturnType<R[N]>>((resolve, reject) => {
      this.#pending.set(id, { bytes, resolve: resolve as (value: unknown) => void, reject });
      this.#pendingBytes += bytes;
      this.#worker.postMessage({ id, name, argument });
    });
    this.#newest = reply.then(nothing, nothing);
    return reply;
  }

  /** Waits until all that was asked so far is answered. @throws AlysError when the thread failed. */
  async settled(): Promise<void> {
    await this.#newest;
    if (this.#refusal !== null && this.#refusal !== CLOSED) throw this.#refusal;
  }

  /** Refuses everything from now on, what waits included. */
  fail(error: AlysError): void {
    if (this.#refusal !== null) return;
    this.#refusal = error;
    for (const { reject } of this.#pending.values()) reject(error);
    this.#pending.clear();
    this.#onFatal(error);
  }

  /** Takes nothing more; what was asked before is still answered. */
  stopTaking(): void {
    this.#refusal ??= CLOSED;
  }

  /** Finishes what was asked, then ends the thread. */
  async close(): Promise<void> {
    this.stopTaking();
    if (this.#refusal !== CLOSED) return void (await this.#worker.terminate());
    if (this.#worker.threadId === -1) return;
    const exit = once(this.#worker, 'exit');
    this.#worker.postMessage(CLOSE);
    await exit;
    for (const { reject } of this.#pending.values()) reject(CLOSED);
    this.#pending.clear();
  }

  #settle(reply: ThreadReply): void {
    const pending = this.#pending.get(reply.id);
    if (pending === undefined) return;
    this.#pending.delete(reply.id);
    this.#pendingBytes -= pending.bytes;
    if (reply.ok) return pending.resolve(reply.value);
    const error = errorFromWire(reply.error);
    pending.reject(error);
    if (isFatal(error)) this.fail(error);
  }
}

const nothing = (): void => undefined;

const CLOSED = new ServiceError('STORE_CLOSED', 'the store is closed');

const lost = (cause?: unknown): ServiceError =>
  new ServiceError('STORE_SYNC_FAILED', "the store's thread ended: its last writes may be lost", {}, { cause });
