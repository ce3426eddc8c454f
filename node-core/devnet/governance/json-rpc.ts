import { z } from 'zod';
import { NetworkError, ServiceError } from '../../primitives/errors.ts';

const TIMEOUT_MS = 5000;
const reply = z.object({
  result: z.unknown().optional(),
  error: z.object({ code: z.number(), message: z.string() }).nullish(),
});

export interface RpcEndpoint {
  readonly url: string;
  /** Basic authentication; null for none. */
  readonly credentials: { readonly user: string; readonly password: string } | null;
}

/**
 * One JSON-RPC call, its result checked.
 * @throws NetworkError `RPC_UNREACHABLE`; ServiceError `RPC_ERROR` with detail `{ code }`, `RPC_MALFORMED`
 */
export async function callRpc<T>(
  { url, credentials }: RpcEndpoint,
  method: string,
  params: readonly unknown[],
  schema: z.ZodType<T>,
): Promise<T> {
  const headers = new Headers({ 'content-type': 'application/json' });
  if (credentials) headers.set('authorization', `Basic ${btoa(`${credentials.user}:${credentials.password}`)}`);
  let text: string;
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers,
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    text = await response.text();
  } catch (cause) {
    throw new NetworkError('RPC_UNREACHABLE', `${method}: no answer`, {}, { cause });
  }
  const answer = reply.safeParse(parseJson(text));
  if (!answer.success) throw new ServiceError('RPC_MALFORMED', `${method}: not a JSON-RPC answer`);
  const { error, result } = answer.data;
  if (error) throw new ServiceError('RPC_ERROR', `${method}: ${error.message}`, { code: error.code });
  const checked = schema.safeParse(result);
  if (!checked.success) throw new ServiceError('RPC_MALFORMED', `${method}: an answer of another shape`);
  return checked.data;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
