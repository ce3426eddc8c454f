import { ConsoleModel, type ConsoleSource, type MachineRegistry, resumePhrase } from '../../node-core/index.ts';
import type { Greeting } from '../contract/frames.ts';
import { Connection } from './connection.ts';
import { requestHandlers } from './request-handlers.ts';
import { topicFeeds } from './topic-feeds.ts';

/** Text changes at most ten times a second. */
const TICK_MS = 100;
/** Without a window only the reserve's history is kept. */
const IDLE_TICK_MS = 5000;
/** Windows at one time; each costs its own models. */
const MAX_CONNECTIONS = 16;

export interface ConsoleServerOptions {
  readonly source: ConsoleSource;
  readonly machines: MachineRegistry;
  readonly host: Greeting['host'];
  /** The host's user, named in the audit log. */
  readonly who: string;
}

export interface ConsoleConnection {
  receive(raw: unknown): void;
  close(): void;
}

/** Serves one node to any number of windows, whatever carries their frames. */
export class ConsoleServer {
  readonly #options: ConsoleServerOptions;
  readonly #model: ConsoleModel;
  readonly #feeds: ReturnType<typeof topicFeeds>;
  readonly #handlers: ReturnType<typeof requestHandlers>;
  readonly #connections = new Set<Connection>();
  #timer: NodeJS.Timeout | null = null;
  #fast = false;
  #prompted = false;

  constructor(options: ConsoleServerOptions) {
    this.#options = options;
    const nowMs = Date.now;
    this.#model = new ConsoleModel({ source: options.source, machines: options.machines, nowMs });
    this.#feeds = topicFeeds(this.#model, options.source, nowMs);
    this.#handlers = requestHandlers(this.#model, options.source, options.who, nowMs);
    this.#setPace();
  }

  /** Null when there are too many windows already. */
  connect(send: (text: string) => void): ConsoleConnection | null {
    if (this.#connections.size >= MAX_CONNECTIONS) return null;
    const connection = new Connection({
      feeds: this.#feeds.feeds,
      handlers: this.#handlers,
      send,
      onSubscribed: () => this.#prompt(),
      onIntervention: () => {
        this.#feeds.expire();
        this.#prompt();
      },
    });
    this.#connections.add(connection);
    send(JSON.stringify({ kind: 'greeting', greeting: this.#greeting() }));
    return {
      receive: (raw) => {
        connection.receive(raw);
        this.#setPace();
      },
      close: () => {
        this.#connections.delete(connection);
        this.#setPace();
      },
    };
  }

  /** The emergency halt of the menu and the global shortcut, which need no window. */
  halt(reason: string): Promise<void> {
    return this.#options.source.controls.halt({ who: this.#options.who, reason });
  }

  close(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
    this.#connections.clear();
    this.#model.rest();
  }

  #greeting(): Greeting {
    const { nodeName, networkName, chainId, version, devnet } = this.#options.source;
    return {
      nodeName,
      networkName,
      chainId,
      version,
      devnet: devnet !== null,
      resumePhrase: resumePhrase(networkName),
      host: this.#options.host,
    };
  }

  /** A new subscription is answered at once, many new ones together. */
  #prompt(): void {
    if (this.#prompted) return;
    this.#prompted = true;
    setImmediate(() => {
      this.#prompted = false;
      this.#tick();
    });
  }

  #tick(): void {
    if (![...this.#connections].some(({ watching }) => watching)) {
      this.#model.sampleReserve();
      return;
    }
    const { messages, missed } = this.#model.poll();
    for (const connection of this.#connections) {
      for (const sampler of connection.samplers()) sampler.add(messages, missed);
      connection.flush();
    }
  }

  #setPace(): void {
    const fast = [...this.#connections].some(({ watching }) => watching);
    if (this.#timer !== null && fast === this.#fast) return;
    if (this.#timer !== null) clearInterval(this.#timer);
    if (!fast) this.#model.rest();
    this.#fast = fast;
    this.#timer = setInterval(() => this.#tick(), fast ? TICK_MS : IDLE_TICK_MS);
  }
}
