import { z } from 'zod';
import { ServiceError } from '../../primitives/errors.ts';
import { parseExactJson } from './decimal.ts';
import type { HttpAnswer } from './http-post.ts';

/** Core answers in JSON-RPC 1.0's shape: `result` and `error` are both there. Source: Bitcoin Core, doc/JSON-RPC-interface.md. */
const answerSchema = z.object({
  result: z.unknown(),
  error: z.object({ code: z.number().int(), message: z.string() }).nullish(),
  id: z.number().int().nullable(),
});

export interface RpcCall {
  <T>(method: string, params: readonly unknown[], schema: z.ZodType<T>): Promise<T>;
}

/**
 * Calls methods over `post`, and lets through only what has the schema's shape.
 * Errors: ServiceError `BITCOIN_RPC` with a detail `{ rpcCode, rpcMessage }`, or `{ httpStatus }` where there was no
 * JSON-RPC answer at all; `BITCOIN_MALFORMED`, `BITCOIN_UNAUTHORIZED`; and those of `post`.
 */
export function createJsonRpc(post: (body: string) => Promise<HttpAnswer>): RpcCall {
  let nextId = 1;
  return async (method, params, schema) => {
    const id = nextId++;
    const { status, body } = await post(JSON.stringify({ jsonrpc: '1.0', id, method, params }));
    if (status === 401 || status === 403)
      throw new ServiceError(
        'BITCOIN_UNAUTHORIZED',
        `the Bitcoin node refuses this user and password (HTTP ${status})`,
        { httpStatus: status },
      );
    const answer = parseAnswer(method, status, body);
    if (answer.error) {
      const { code, message } = answer.error;
      throw new ServiceError('BITCOIN_RPC', `the Bitcoin node refused ${method}: ${message} (${code})`, {
        rpcCode: code,
        rpcMessage: message,
      });
    }
    if (answer.id !== id) throw malformed(method, `it answers request ${answer.id}, asked was ${id}`);
    const result = schema.safeParse(answer.result);
    if (!result.success) throw malformed(method, z.prettifyError(result.error));
    return result.data;
  };
}

export const malformed = (method: string, why: string): ServiceError =>
  new ServiceError('BITCOIN_MALFORMED', `the Bitcoin node's answer to ${method} can't be read: ${why}`);

function parseAnswer(method: string, status: number, body: string): z.infer<typeof answerSchema> {
  const unreadable = (why: string): ServiceError =>
    status === 200
      ? malformed(method, why)
      : new ServiceError('BITCOIN_RPC', `the Bitcoin node answered HTTP ${status} to ${method}`, {
          httpStatus: status,
        });
  let json: unknown;
  try {
    json = parseExactJson(body);
  } catch (error) {
    throw unreadable((error as Error).message);
  }
  const answer = answerSchema.safeParse(json);
  if (!answer.success) throw unreadable(z.prettifyError(answer.error));
  return answer.data;
}
