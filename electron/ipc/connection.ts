import { AlysError } from '../../node-core/index.ts';
import { type ClientFrame, type Failure, limits } from '../contract/frames.ts';
import { isChannel, requests } from '../contract/requests.ts';
import { type Topic, isTopic, topics } from '../contract/topics.ts';
import { MessageSampler, type MessageFilter } from './message-sampler.ts';
import { readFrame } from './read-frame.ts';
import type { RequestHandlers } from './request-handlers.ts';
import type { TopicFeeds } from './topic-feeds.ts';

interface Subscription {
  readonly topic: Topic;
  readonly params: unknown;
  /** Only of `messages`. */
  readonly sampler: MessageSampler | null;
  /** What the window has, as JSON text: an equal model is not sent again. */
  sent: string | null;
}

export interface ConnectionOptions {
  readonly feeds: TopicFeeds;
  readonly handlers: RequestHandlers;
  /** Sends one frame as JSON text. */
  readonly send: (text: string) => void;
  /** Something was asked for that shows at once: the server need not wait for its next tick. */
  readonly onSubscribed: () => void;
  readonly onIntervention: () => void;
}

/** One window: its subscriptions, its requests under way, and the update that it has not shown yet. */
export class Connection {
  readonly #options: ConnectionOptions;
  readonly #subscriptions = new Map<number, Subscription>();
  #pending = 0;
  #frame = 0;
  #acknowledged = 0;

  constructor(options: ConnectionOptions) {
    this.#options = options;
  }

  get watching(): boolean {
    return this.#subscriptions.size > 0;
  }

  /** Samplers that want to see every message. */
  *samplers(): Iterable<MessageSampler> {
    for (const { sampler } of this.#subscriptions.values()) if (sampler !== null) yield sampler;
  }

  receive(raw: unknown): void {
    const read = readFrame(raw);
    if (!read.ok) this.#send({ kind: 'refused', error: read.error });
    else this.#handle(read.frame);
  }

  /** Sends what changed since the window's last update, unless it is still busy with that one. */
  flush(): void {
    if (this.#acknowledged < this.#frame) return;
    const updates: string[] = [];
    for (const [id, subscription] of this.#subscriptions) {
      const data = this.#dataOf(subscription);
      if (data === undefined) continue;
      const text = JSON.stringify(data);
      if (text === subscription.sent) continue;
      subscription.sent = text;
      updates.push(`{"id":${id},"data":${text}}`);
    }
    if (updates.length === 0) return;
    this.#frame += 1;
    this.#options.send(`{"kind":"updates","frame":${this.#frame},"updates":[${updates.join(',')}]}`);
  }

  #dataOf({ topic, params, sampler }: Subscription): unknown {
    if (sampler !== null) return sampler.take();
    // The parameters were checked by this topic's own schema.
    const feed = this.#options.feeds[topic as keyof TopicFeeds] as (params: unknown) => unknown;
    return feed(params);
  }

  #handle(frame: ClientFrame): void {
    if (frame.kind === 'ack') this.#acknowledged = Math.max(this.#acknowledged, Math.min(frame.frame, this.#frame));
    else if (frame.kind === 'unsubscribe') this.#subscriptions.delete(frame.id);
    else if (frame.kind === 'subscribe') this.#subscribe(frame);
    else void this.#request(frame);
  }

  #subscribe({ id, topic, params }: Extract<ClientFrame, { kind: 'subscribe' }>): void {
    if (!isTopic(topic)) return this.#fail(id, 'UNKNOWN_TOPIC', `There is no topic ${topic.slice(0, 40)}.`);
    if (this.#subscriptions.size >= limits.subscriptions && !this.#subscriptions.has(id)) {
      return this.#fail(id, 'TOO_MANY', `A window watches at most ${limits.subscriptions} topics.`);
    }
    const parsed = topics[topic].params.safeParse(params);
    if (!parsed.success) return this.#fail(id, 'BAD_PARAMS', describe(parsed.error.issues));
    const sampler = topic === 'messages' ? new MessageSampler(parsed.data as MessageFilter) : null;
    this.#subscriptions.set(id, { topic, params: parsed.data, sampler, sent: null });
    this.#options.onSubscribed();
  }

  async #request({ id, channel, body }: Extract<ClientFrame, { kind: 'request' }>): Promise<void> {
    if (!isChannel(channel)) return this.#fail(id, 'UNKNOWN_CHANNEL', `There is no channel ${channel.slice(0, 40)}.`);
    if (this.#pending >= limits.pendingRequests) return this.#fail(id, 'BUSY', 'Too many requests are under way.');
    const parsed = requests[channel].body.safeParse(body);
    if (!parsed.success) return this.#fail(id, 'BAD_BODY', describe(parsed.error.issues));
    this.#pending += 1;
    try {
      // The body was checked by this channel's own schema.
      const handle = this.#options.handlers[channel] as (body: unknown) => Promise<unknown>;
      this.#send({ kind: 'result', id, result: await handle(parsed.data) });
    } catch (error) {
      // Only the project's own errors are written to be shown; anything else might quote a secret (INV-29).
      if (error instanceof AlysError) this.#fail(id, error.code, error.message);
      else this.#fail(id, 'INTERNAL', 'The request failed inside the node; its log says why.');
    } finally {
      this.#pending -= 1;
      this.#options.onIntervention();
    }
  }

  #fail(id: number, code: string, message: string): void {
    this.#send({ kind: 'failure', id, error: { code, message } });
  }

  #send(frame: {
    readonly kind: string;
    readonly id?: number;
    readonly result?: unknown;
    readonly error?: Failure;
  }): void {
    this.#options.send(JSON.stringify(frame));
  }
}

/** Which field is wrong and how, without what was in it. */
const describe = (issues: readonly { readonly path: readonly PropertyKey[]; readonly message: string }[]): string =>
  issues
    .slice(0, 3)
    .map(({ path, message }) => (path.length > 0 ? `${path.map(String).join('.')}: ${message}` : message))
    .join('; ');
