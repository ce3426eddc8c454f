import { ServiceError } from '../../primitives/errors.ts';
import { engineToken } from './jwt.ts';

/** An answer above this is not one that an execution client has reason to give. */
const MAX_ANSWER_BYTES = 64 * 1024 * 1024;

export interface ClientOptions {
  /** On loopback, or reached through a tunnel that ends there. */
  readonly url: string;
  /** 32 bytes; null for a port without authentication. */
  readonly jwtSecret: Uint8Array | null;
  readonly timeoutMs: number;
}

/** The error object of a JSON-RPC answer. */
export class RpcFailure extends Error {
  readonly code: number;
  readonly data: unknown;

  constructor(code: number, message: string, data: unknown) {
    super(message);
    this.code = code;
    this.data = data;
  }
}

/** JSON-RPC over HTTP POST to an execution client. */
export class JsonRpcClient {
  readonly #options: ClientOptions;
  #lastId = 0;

  constructor(options: ClientOptions) {
    this.#options = options;
  }

  /**
   * The request is given up when `dropped` is aborted.
   * @throws RpcFailure with the other side's error.
   * @throws ServiceError `ENGINE_TIMEOUT`, `ENGINE_UNAVAILABLE`, `ENGINE_MALFORMED`.
   */
  async call(
    method: string,
    params: readonly unknown[],
    timeoutMs = this.#options.timeoutMs,
    dropped?: AbortSignal,
  ): Promise<unknown> {
    const id = ++this.#lastId;
    const text = await this.#post(JSON.stringify({ jsonrpc: '2.0', id, method, params }), method, timeoutMs, dropped);
    let answer: unknown;
    try {
      answer = JSON.parse(text);
    } catch {
      throw malformed(method, 'the answer is not JSON');
    }
    if (typeof answer !== 'object' || answer === null) throw malformed(method, 'the answer is not an object');
    const { id: answered, result, error } = answer as Readonly<Record<string, unknown>>;
    if (typeof error === 'object' && error !== null) {
      const { code, message, data } = error as Readonly<Record<string, unknown>>;
      throw new RpcFailure(typeof code === 'number' ? code : -32603, typeof message === 'string' ? message : '', data);
    }
    if (answered !== id || result === undefined) throw malformed(method, 'the answer belongs to no request');
    return result;
  }

  async #post(body: string, method: string, timeoutMs: number, dropped?: AbortSignal): Promise<string> {
    const overdue = AbortSignal.timeout(timeoutMs);
    const { url, jwtSecret } = this.#options;
    const authorization = jwtSecret === null ? {} : { authorization: `Bearer ${engineToken(jwtSecret, Date.now())}` };
    try {
      const response = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...authorization },
        body,
        redirect: 'error',
        signal: dropped === undefined ? overdue : AbortSignal.any([overdue, dropped]),
      });
      const text = await readBounded(response, method);
      if (response.ok) return text;
      throw new ServiceError('ENGINE_UNAVAILABLE', `the execution client answered with HTTP ${response.status}`, {
        method,
        status: response.status,
      });
    } catch (error) {
      if (error instanceof ServiceError) throw error;
      if (error instanceof Error && error.name === 'TimeoutError') {
        throw new ServiceError('ENGINE_TIMEOUT', 'the execution client did not answer in time', { method, timeoutMs });
      }
      throw new ServiceError(
        'ENGINE_UNAVAILABLE',
        "the execution client can't be reached",
        { method },
        { cause: error },
      );
    }
  }
}

async function readBounded(response: Response, method: string): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length;
    if (bytes > MAX_ANSWER_BYTES) throw malformed(method, `the answer is above ${MAX_ANSWER_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

export const malformed = (method: string, reason: string): ServiceError =>
  new ServiceError('ENGINE_MALFORMED', `${method}: ${reason}`, { method });
