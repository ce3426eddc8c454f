import type { ClientFrame, Failure, Greeting, ServerFrame } from '../../electron/contract/frames.ts';
import type { Channel, RequestBody, RequestResult } from '../../electron/contract/requests.ts';
import type { Topic, TopicData, TopicParams } from '../../electron/contract/topics.ts';
import { type ChannelEnd, type OpenChannel, openChannel } from './frame-channel.ts';

const FIRST_RETRY_MS = 500;
const MAX_RETRY_MS = 5000;
/** A hidden window gets no animation frames: its updates are taken by a timer. */
const HIDDEN_FRAME_MS = 250;

export type ConnectionState = 'connecting' | 'open' | ChannelEnd;

/** A request that the node refused, with its reason to be shown. */
export class RequestFailed extends Error {
  readonly code: string;
  constructor({ code, message }: Failure) {
    super(message);
    this.name = 'RequestFailed';
    this.code = code;
  }
}

interface Subscription {
  readonly topic: Topic;
  readonly params: unknown;
  readonly onData: (data: unknown) => void;
}

export interface ClientListener {
  onState(state: ConnectionState): void;
  onGreeting(greeting: Greeting): void;
  /** Before and after the updates of one animation frame, so that a store can change once for all of them. */
  batch(apply: () => void): void;
}

/** The window's one line to the node: asks, watches, and comes back by itself when the line is lost. */
export class ConsoleClient {
  readonly #listener: ClientListener;
  readonly #subscriptions = new Map<number, Subscription>();
  readonly #requests = new Map<number, { resolve: (result: unknown) => void; reject: (error: Error) => void }>();
  #channel: OpenChannel | null = null;
  #nextId = 1;
  #retryMs = FIRST_RETRY_MS;
  #waiting: Extract<ServerFrame, { kind: 'updates' }>[] = [];
  #scheduled = false;

  constructor(listener: ClientListener) {
    this.#listener = listener;
  }

  connect(): void {
    this.#listener.onState('connecting');
    openChannel({
      onOpen: (channel) => {
        this.#channel = channel;
        this.#retryMs = FIRST_RETRY_MS;
        this.#listener.onState('open');
        for (const [id, { topic, params }] of this.#subscriptions) this.#send({ kind: 'subscribe', id, topic, params });
      },
      onText: (text) => this.#receive(JSON.parse(text) as ServerFrame),
      onEnd: (end) => this.#ended(end),
    });
  }

  request<C extends Channel>(channel: C, body: RequestBody<C>): Promise<RequestResult<C>> {
    return new Promise((resolve, reject) => {
      if (this.#channel === null) {
        reject(new RequestFailed({ code: 'DISCONNECTED', message: 'Not connected to the node’s process.' }));
        return;
      }
      const id = this.#nextId++;
      this.#requests.set(id, { resolve: resolve as (result: unknown) => void, reject });
      this.#send({ kind: 'request', id, channel, body });
    });
  }

  /** Watches a topic until the returned function is called; watched again by itself after a reconnect. */
  watch<T extends Topic>(topic: T, params: TopicParams<T>, onData: (data: TopicData<T>) => void): () => void {
    const id = this.#nextId++;
    this.#subscriptions.set(id, { topic, params, onData: onData as (data: unknown) => void });
    if (this.#channel !== null) this.#send({ kind: 'subscribe', id, topic, params });
    return () => {
      this.#subscriptions.delete(id);
      if (this.#channel !== null) this.#send({ kind: 'unsubscribe', id });
    };
  }

  #send(frame: ClientFrame): void {
    this.#channel?.send(JSON.stringify(frame));
  }

  #receive(frame: ServerFrame): void {
    if (frame.kind === 'greeting') this.#listener.onGreeting(frame.greeting);
    else if (frame.kind === 'updates') this.#take(frame);
    else if (frame.kind === 'result') this.#settle(frame.id)?.resolve(frame.result);
    else if (frame.kind === 'failure') this.#settle(frame.id)?.reject(new RequestFailed(frame.error));
  }

  #settle(id: number): { resolve: (result: unknown) => void; reject: (error: Error) => void } | undefined {
    const request = this.#requests.get(id);
    this.#requests.delete(id);
    return request;
  }

  /** Updates are shown with the next animation frame and acknowledged then: the node sends no more than is shown. */
  #take(frame: Extract<ServerFrame, { kind: 'updates' }>): void {
    this.#waiting.push(frame);
    if (this.#scheduled) return;
    this.#scheduled = true;
    if (document.hidden) setTimeout(() => this.#show(), HIDDEN_FRAME_MS);
    else requestAnimationFrame(() => this.#show());
  }

  #show(): void {
    this.#scheduled = false;
    const frames = this.#waiting;
    this.#waiting = [];
    this.#listener.batch(() => {
      for (const { updates } of frames) for (const { id, data } of updates) this.#subscriptions.get(id)?.onData(data);
    });
    const last = frames.at(-1);
    if (last !== undefined) this.#send({ kind: 'ack', frame: last.frame });
  }

  #ended(end: ChannelEnd): void {
    this.#channel = null;
    this.#waiting = [];
    for (const { reject } of this.#requests.values()) {
      reject(new RequestFailed({ code: 'DISCONNECTED', message: 'The connection was lost before the answer came.' }));
    }
    this.#requests.clear();
    this.#listener.onState(end);
    if (end === 'denied') return;
    setTimeout(() => this.connect(), this.#retryMs);
    this.#retryMs = Math.min(MAX_RETRY_MS, this.#retryMs * 2);
  }
}
