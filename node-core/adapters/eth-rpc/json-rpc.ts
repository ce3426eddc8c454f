import { AlysError } from '../../primitives/errors.ts';
import { EthApiError, type RpcErrorBody } from '../../ports/eth-api.ts';
import { LIMITS } from './limits.ts';

export type RequestId = string | number | null;

export interface RpcRequest {
  /** Absent for a notification, which gets no answer. */
  readonly id?: RequestId;
  readonly method: string;
  readonly params: readonly unknown[];
}

/** Answers one method, or throws what `errorBody` understands. */
export type Handler = (method: string, params: readonly unknown[]) => Promise<unknown>;

/** Codes of JSON-RPC 2.0, and geth's for an answer that took too long or is too large. */
const CODE = {
  parse: -32700,
  invalidRequest: -32600,
  internal: -32603,
  limit: -32005,
  timeout: -32002,
  tooLarge: -32003,
};

const errorAnswer = (id: RequestId, error: RpcErrorBody): string => JSON.stringify({ jsonrpc: '2.0', id, error });
const invalidRequest = (message: string): string => errorAnswer(null, { code: CODE.invalidRequest, message });

/** Whether lists and objects in a JSON text nest no deeper than the bound: looked at before it is parsed. */
export function isShallow(text: string, depth: number): boolean {
  let open = 0;
  let inString = false;
  for (let i = 0; i < text.length; i++) {
    const character = text[i];
    if (inString) {
      if (character === '\\') i++;
      else if (character === '"') inString = false;
    } else if (character === '"') inString = true;
    else if (character === '{' || character === '[') {
      if (++open > depth) return false;
    } else if (character === '}' || character === ']') open--;
  }
  return true;
}

function parseRequest(value: unknown): RpcRequest | null {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
  const { jsonrpc, id, method, params = [] } = value as Readonly<Record<string, unknown>>;
  if (jsonrpc !== '2.0' || typeof method !== 'string' || method.length > 128) return null;
  const isId =
    id === undefined || id === null || typeof id === 'number' || (typeof id === 'string' && id.length <= 256);
  if (!isId || (params !== null && !Array.isArray(params))) return null;
  const request = { method, params: (params as readonly unknown[] | null) ?? [] };
  return id === undefined ? request : { id, ...request };
}

/** What a client is told of an error. Unforeseen ones are not described: their text may hold what is none of its business. */
export function errorBody(error: unknown): RpcErrorBody {
  if (error instanceof EthApiError) return error.body;
  if (error instanceof AlysError && error.code === 'TRANSACTION_REFUSED') {
    const { rpcCode, rpcMessage } = error.detail;
    if (typeof rpcCode === 'number' && typeof rpcMessage === 'string') return { code: rpcCode, message: rpcMessage };
  }
  return { code: CODE.internal, message: 'internal error' };
}

/** Answers bodies within the bounds, whatever transport brings them. */
export class JsonRpc {
  #inFlight = 0;

  /** The answer's text; null when there is none to give, since all were notifications. */
  async answer(text: string, handle: Handler): Promise<string | null> {
    if (!isShallow(text, LIMITS.depth)) return invalidRequest(`nested deeper than ${LIMITS.depth}`);
    let body: unknown;
    try {
      body = JSON.parse(text);
    } catch {
      return errorAnswer(null, { code: CODE.parse, message: 'parse error' });
    }
    if (!Array.isArray(body)) return this.#answerOne(body, handle);
    if (body.length === 0) return invalidRequest('empty batch');
    if (body.length > LIMITS.batch) return invalidRequest(`batch of more than ${LIMITS.batch} requests`);
    const answers: string[] = [];
    let characters = 0;
    for (const each of body) {
      const answer = await this.#answerOne(each, handle);
      if (answer === null) continue;
      characters += answer.length;
      if (characters > LIMITS.responseCharacters) {
        return errorAnswer(null, { code: CODE.tooLarge, message: 'response too large' });
      }
      answers.push(answer);
    }
    return answers.length === 0 ? null : `[${answers.join(',')}]`;
  }

  async #answerOne(value: unknown, handle: Handler): Promise<string | null> {
    const request = parseRequest(value);
    if (request === null) return invalidRequest('invalid request');
    const { id, method, params } = request;
    let answer: string;
    try {
      const result = (await this.#bounded(() => handle(method, params))) ?? null;
      answer = JSON.stringify({ jsonrpc: '2.0', id: id ?? null, result });
      if (answer.length > LIMITS.responseCharacters) {
        answer = errorAnswer(id ?? null, { code: CODE.tooLarge, message: 'response too large' });
      }
    } catch (error) {
      answer = errorAnswer(id ?? null, errorBody(error));
    }
    return id === undefined ? null : answer;
  }

  async #bounded<T>(work: () => Promise<T>): Promise<T> {
    if (this.#inFlight >= LIMITS.inFlight) {
      throw new EthApiError({ code: CODE.limit, message: 'too many requests at once' });
    }
    this.#inFlight++;
    const working = work().finally(() => this.#inFlight--);
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        reject(new EthApiError({ code: CODE.timeout, message: 'request timed out' }));
      }, LIMITS.requestMs);
    });
    try {
      return await Promise.race([working, late]);
    } finally {
      clearTimeout(timer);
    }
  }
}
