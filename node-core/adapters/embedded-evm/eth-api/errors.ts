import { EthApiError } from '../../../ports/eth-api.ts';
import type { Hex } from '../../../primitives/hex.ts';

/** JSON-RPC 2.0's and EIP-1474's codes, and geth's 3 for a revert. */
export const RPC_CODE = {
  invalidParams: -32602,
  methodNotFound: -32601,
  limitExceeded: -32005,
  server: -32000,
  reverted: 3,
} as const;

export const invalidParams = (message: string): EthApiError =>
  new EthApiError({ code: RPC_CODE.invalidParams, message });

export const limitExceeded = (message: string): EthApiError =>
  new EthApiError({ code: RPC_CODE.limitExceeded, message });

export const serverError = (message: string): EthApiError => new EthApiError({ code: RPC_CODE.server, message });

export const reverted = (message: string, data: Hex): EthApiError =>
  new EthApiError({ code: RPC_CODE.reverted, message, data });

export const methodNotFound = (method: string): EthApiError =>
  new EthApiError({
    code: RPC_CODE.methodNotFound,
    message: `the method ${method.slice(0, 64)} does not exist/is not available`,
  });
