import type { RpcBounds } from '../config/rpc-bounds.ts';
import { ServiceError } from '../primitives/errors.ts';
import type { Hex } from '../primitives/hex.ts';

/** A JSON-RPC error with its standard code (EIP-1474, geth). `data` is revert data for code 3. */
export interface RpcErrorBody {
  readonly code: number;
  readonly message: string;
  readonly data?: Hex;
}

/** What a wallet's request is answered with when it fails. */
export class EthApiError extends ServiceError {
  readonly body: RpcErrorBody;

  constructor(body: RpcErrorBody) {
    super('ETH_API', body.message, { rpcCode: body.code });
    this.body = body;
  }
}

/** Who asks, and for how long. */
export interface EthAsker {
  /** Stands for a client's connection: those that ask at once are served in turns. */
  readonly client: object;
  /** Aborted when nobody waits for the answer any longer. */
  readonly signal: AbortSignal;
}

/**
 * The wallet side of an execution client: the `eth_`, `net_` and `web3_` methods that wallets call, in JSON-RPC's own
 * shapes. `eth_sendRawTransaction` is not here: it goes through EngineActor. Nor is what the node answers for any client:
 * filters, subscriptions, its peers and its progress.
 */
export interface EthApiPort {
  /** Resolves with the JSON result, or throws `EthApiError` with the body to answer. */
  request(method: string, params: readonly unknown[], asker?: EthAsker): Promise<unknown>;
  /** Calls back at each new head with its block hash; returns the function that ends it. */
  onHead(listener: (blockHash: Hex) => void): () => void;
  /** Calls back with the hash of each transaction that comes into the pool; returns the function that ends it. */
  onPendingTransaction(listener: (evmTxHash: Hex) => void): () => void;
  /** What wallets may ask for, as it is set now. */
  bounds(): RpcBounds;
}
