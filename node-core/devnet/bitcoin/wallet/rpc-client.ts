import { NetworkError, ServiceError } from '../../../primitives/errors.ts';

export interface RpcAccess {
  readonly url: string;
  readonly rpcUser: string;
  readonly rpcPassword: string;
}

const TIMEOUT_MS = 30_000;

interface Reply {
  readonly result: unknown;
  readonly error: { readonly code: number; readonly message: string } | null;
}

/** Calls one method. @throws NetworkError RPC_UNREACHABLE; ServiceError RPC_REFUSED with the server's error as detail. */
export async function callRpc(access: RpcAccess, method: string, params: readonly unknown[]): Promise<unknown> {
  const { url, rpcUser, rpcPassword } = access;
  const credentials = Buffer.from(`${rpcUser}:${rpcPassword}`, 'utf8').toString('base64');
  let reply: Reply;
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { Authorization: `Basic ${credentials}`, 'Content-Type': 'application/json' },
      body: JSON.stringify({ jsonrpc: '1.0', id: 1, method, params }),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    reply = (await response.json()) as Reply;
  } catch (cause) {
    throw new NetworkError('RPC_UNREACHABLE', `no answer to ${method}`, { method }, { cause });
  }
  if (reply.error !== null)
    throw new ServiceError('RPC_REFUSED', `${method}: ${reply.error.message}`, { ...reply.error });
  return reply.result;
}
