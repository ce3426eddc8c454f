import { rpcError } from './errors.ts';

/** Block numbers. */
export interface SyncProgress {
  readonly currentBlock: number;
  readonly highestBlock: number;
}

/** What the node itself knows, whichever execution client it runs on. */
export interface NodeStatus {
  peerCount(): number;
  /** Null while the node has the chain's head. */
  syncing(): SyncProgress | null;
}

/** Of `eth_syncing`; block numbers as quantities. */
interface SyncAnswer {
  readonly startingBlock: string;
  readonly currentBlock: string;
  readonly highestBlock: string;
}

/** What a subscription to the sync is told. */
export type SyncNews = { readonly syncing: true; readonly status: SyncAnswer } | false;

/** How often the node is asked whether it syncs. */
const LOOK_MS = 500;

const quantity = (value: number): string => `0x${value.toString(16)}`;

/** Answers for the node, and watches it: where a sync began, and when it is over. */
export class NodeAnswers {
  readonly #status: NodeStatus;
  readonly #listeners = new Set<(news: SyncNews) => void>();
  readonly #timer: NodeJS.Timeout;
  #startingBlock: number | null = null;

  constructor(status: NodeStatus) {
    this.#status = status;
    this.#timer = setInterval(() => this.#syncing(), LOOK_MS);
    this.#timer.unref();
  }

  readonly methods: Readonly<Record<string, () => unknown>> = {
    net_listening: () => true,
    net_peerCount: () => quantity(this.#status.peerCount()),
    eth_syncing: () => this.#syncing() ?? false,
    eth_accounts: () => [],
    eth_mining: () => false,
    eth_hashrate: () => '0x0',
    eth_protocolVersion: () => '0x41',
    eth_subscribe: notOverHttp,
    eth_unsubscribe: notOverHttp,
  };

  /** Calls back when a sync begins and when it is over; returns the function that ends it. */
  onSync(listener: (news: SyncNews) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #syncing(): SyncAnswer | null {
    const progress = this.#status.syncing();
    const began = this.#startingBlock === null;
    if (progress === null) {
      this.#startingBlock = null;
      if (!began) this.#tell(false);
      return null;
    }
    this.#startingBlock ??= progress.currentBlock;
    const status = {
      startingBlock: quantity(this.#startingBlock),
      currentBlock: quantity(progress.currentBlock),
      highestBlock: quantity(progress.highestBlock),
    };
    if (began) this.#tell({ syncing: true, status });
    return status;
  }

  #tell(news: SyncNews): void {
    for (const listener of this.#listeners) listener(news);
  }
}

function notOverHttp(): never {
  throw rpcError('methodNotFound', 'notifications not supported: subscriptions are for WebSockets');
}
