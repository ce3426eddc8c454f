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

/**
 * The wallet side of an execution client: the `eth_`, `net_` and `web3_` methods that wallets call, in JSON-RPC's own
 * shapes. `eth_sendRawTransaction` is not here: it goes through EngineActor.
 */
export interface EthApiPort {
  /** Resolves with the JSON result, or throws `EthApiError` with the body to answer. */
  request(method: string, params: readonly unknown[]): Promise<unknown>;
  /** Calls back at each new head with its block hash; returns the function that ends it. */
  onHead(listener: (blockHash: Hex) => void): () => void;
}
