import { AlysError } from '../../../primitives/errors.ts';
import { Rejection } from '../rejection.ts';
import { Arguments } from './arguments.ts';
import { RPC_ERROR, RpcError } from './errors.ts';
import type { RpcContext, RpcMethod, RpcMethods } from './method.ts';
import { chainMethods } from './methods/chain.ts';
import { controlMethods } from './methods/control.ts';
import { mempoolMethods } from './methods/mempool.ts';
import { miningMethods } from './methods/mining.ts';
import { transactionMethods } from './methods/transactions.ts';
import type { Json } from './render.ts';

const METHODS = new Map<string, RpcMethod>(
  Object.entries<RpcMethod>({
    ...chainMethods,
    ...transactionMethods,
    ...mempoolMethods,
    ...miningMethods,
    ...controlMethods,
  } satisfies RpcMethods),
);
METHODS.set('help', { params: ['command'], handle: help });

export interface RpcReply {
  /** What goes into the body; null for a notification, which has no answer. */
  readonly body: Json;
  /** HTTP status if the call stands alone. */
  readonly status: number;
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The name of the method that a request calls, if it names one. */
export const methodOf = (request: unknown): string | undefined =>
  isRecord(request) && typeof request.method === 'string' ? request.method : undefined;

/** Answers one request as Core 28 does: JSON-RPC 2.0 if it says so, else Core's older form. */
export function answer(request: unknown, context: RpcContext): RpcReply {
  const isVersion2 = isRecord(request) && request.jsonrpc === '2.0';
  const id = isRecord(request) ? request.id : undefined;
  try {
    const result = call(request, context);
    if (isVersion2 && id === undefined) return { body: null, status: 204 };
    return { body: isVersion2 ? { jsonrpc: '2.0', result, id } : { result, error: null, id: id ?? null }, status: 200 };
  } catch (error) {
    const { rpcCode, message } = toRpcError(error);
    const shown = { code: rpcCode, message };
    if (isVersion2) return { body: { jsonrpc: '2.0', error: shown, id: id ?? null }, status: 200 };
    return { body: { result: null, error: shown, id: id ?? null }, status: statusOf(rpcCode) };
  }
}

/** The answer to a body that is no JSON. */
export const parseErrorReply = (): RpcReply => ({
  body: { result: null, error: { code: RPC_ERROR.parse, message: 'Parse error' }, id: null },
  status: 500,
});

function call(request: unknown, context: RpcContext): Json {
  if (!isRecord(request)) throw new RpcError(RPC_ERROR.invalidRequest, 'Invalid Request object');
  if (request.method === undefined) throw new RpcError(RPC_ERROR.invalidRequest, 'Missing method');
  const name = methodOf(request);
  if (name === undefined) throw new RpcError(RPC_ERROR.invalidRequest, 'Method must be a string');
  const method = METHODS.get(name);
  if (method === undefined) throw new RpcError(RPC_ERROR.methodNotFound, 'Method not found');
  context.node.needStore();
  return method.handle(new Arguments(name, method.params, request.params), context);
}

function help(args: Arguments): Json {
  const usage = ([name, method]: [string, RpcMethod]): string => [name, ...method.params].join(' ');
  if (!args.has('command')) return [...METHODS].map(usage).toSorted().join('\n');
  const command = args.text('command');
  const method = METHODS.get(command);
  return method === undefined ? `help: unknown command: ${command}` : usage([command, method]);
}

function toRpcError(error: unknown): RpcError {
  if (error instanceof RpcError) return error;
  if (error instanceof Rejection) return new RpcError(RPC_ERROR.verifyRejected, error.message);
  if (error instanceof AlysError && error.errorClass !== 'logic') return new RpcError(RPC_ERROR.misc, error.message);
  return new RpcError(RPC_ERROR.internal, error instanceof Error ? error.message : String(error));
}

function statusOf(rpcCode: number): number {
  if (rpcCode === RPC_ERROR.invalidRequest) return 400;
  return rpcCode === RPC_ERROR.methodNotFound ? 404 : 500;
}
