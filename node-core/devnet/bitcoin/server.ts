import { ServiceError } from '../../primitives/errors.ts';
import type { BitcoinBlockHash } from '../../primitives/ids.ts';
import type { Chain } from './chain/chain.ts';
import { ServerFaults } from './faults.ts';
import { type AutomaticMining, startAutomaticMining } from './miner.ts';
import { RegtestNode } from './node.ts';
import { serveHttp } from './rpc/http-server.ts';
import { scriptOfAddress } from './script/address.ts';
import { openSqliteStore } from './store/sqlite-store.ts';
import { memoryStore } from './store/store.ts';

/** Core's default is 300 MB of memory; a devnet never comes near this. */
const DEFAULT_MAX_MEMPOOL_VBYTES = 20_000_000;

export interface RegtestServerOptions {
  /** Folder of its own for the chain; null keeps it in memory. */
  readonly dataDir: string | null;
  /** On 127.0.0.1; 0, the default, takes any free one. */
  readonly port?: number;
  readonly rpcUser: string;
  readonly rpcPassword: string;
  /** For block and mempool times; the system's if left out. */
  readonly clock?: { nowMs(): number };
  /** Whether transactions that don't signal BIP-125 can be replaced too; not by default, which is the stricter. */
  readonly fullRbf?: boolean;
}

export interface RegtestServer {
  /** `http://127.0.0.1:PORT/`, without the credentials. */
  readonly url: string;
  readonly chain: Chain;
  readonly node: RegtestNode;
  readonly faults: ServerFaults;
  /** Mines blocks that pay an address. @returns their hashes. @throws ServiceError BAD_ADDRESS */
  mine(count: number, address: string): readonly BitcoinBlockHash[];
  /** Mines by itself from now on; a second call replaces the first. @throws ServiceError BAD_ADDRESS */
  mineAutomatically(options: AutomaticMining): void;
  stopMining(): void;
  /** Ends timers, connections and the store. What was acknowledged is on disk at any time, with or without this. */
  close(): Promise<void>;
}

/**
 * Starts a regtest Bitcoin node that answers as Bitcoin Core 28 does.
 * @throws ServiceError STORE_LOCKED, STORE_UNREADABLE; NetworkError PORT_UNAVAILABLE
 */
export async function startRegtestServer(options: RegtestServerOptions): Promise<RegtestServer> {
  const { dataDir, port = 0, rpcUser, rpcPassword, clock, fullRbf = false } = options;
  const nowMs = (): number => clock?.nowMs() ?? Date.now();
  const faults = new ServerFaults();
  const store = dataDir === null ? memoryStore() : openSqliteStore(dataDir);
  const node = new RegtestNode({ store, nowMs, fullRbf, maxMempoolVbytes: DEFAULT_MAX_MEMPOOL_VBYTES });
  const http = await serveHttp({ port, rpcUser, rpcPassword }, { node, faults, nowMs, startedAtMs: nowMs() }).catch(
    (error: unknown) => {
      node.close();
      throw error;
    },
  );
  let stopMining = (): void => undefined;
  return {
    url: `http://127.0.0.1:${http.port}/`,
    chain: node.chain,
    node,
    faults,
    mine: (count, address) => node.mine(count, rewardScript(address)).map((block) => block.hash),
    mineAutomatically({ address, ...mining }) {
      stopMining();
      stopMining = startAutomaticMining(node, rewardScript(address), mining);
    },
    stopMining: () => stopMining(),
    async close() {
      stopMining();
      await http.close();
      node.close();
    },
  };
}

function rewardScript(address: string): Uint8Array {
  const script = scriptOfAddress(address);
  if (script === null) throw new ServiceError('BAD_ADDRESS', `${address} is no regtest address`);
  return script;
}
