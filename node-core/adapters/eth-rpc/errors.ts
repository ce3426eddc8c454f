import { EthApiError } from '../../ports/eth-api.ts';

/** Codes of JSON-RPC 2.0 and EIP-1474, and geth's for an answer that took too long or is too large. */
export const CODE = {
  parse: -32700,
  invalidRequest: -32600,
  methodNotFound: -32601,
  invalidParams: -32602,
  internal: -32603,
  limit: -32005,
  tooLarge: -32003,
  timeout: -32002,
  server: -32000,
} as const;

export const rpcError = (code: keyof typeof CODE, message: string): EthApiError =>
  new EthApiError({ code: CODE[code], message });

export const methodNotFound = (method: string): EthApiError =>
  rpcError('methodNotFound', `the method ${method.slice(0, 64)} does not exist/is not available`);
