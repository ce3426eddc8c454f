import { AlysError } from '../../../primitives/errors.ts';

/** Source: Bitcoin Core, `rpc/protocol.h`. */
export const RPC_ERROR = {
  misc: -1,
  type: -3,
  invalidAddressOrKey: -5,
  invalidParameter: -8,
  deserialization: -22,
  verify: -25,
  verifyRejected: -26,
  verifyAlreadyInChain: -27,
  methodNotFound: -32601,
  invalidRequest: -32600,
  internal: -32603,
  parse: -32700,
} as const;

/** An error that goes to the caller: `code` and `message` of the JSON-RPC error object. */
export class RpcError extends AlysError {
  readonly rpcCode: number;

  constructor(rpcCode: number, message: string) {
    super('service', 'BITCOIN_RPC', message);
    this.rpcCode = rpcCode;
  }
}
