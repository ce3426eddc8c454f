import { AlysError } from '../../primitives/errors.ts';
import { EthApiError, type EthAsker, type RpcErrorBody } from '../../ports/eth-api.ts';
import type { Client, OpenBody } from './client.ts';
import { CODE, rpcError } from './errors.ts';
import { LIMITS } from './limits.ts';

export type RequestId = string | number | null;

/** Answers one method, or throws what `errorBody` understands. */
export type Handler = (method: string, params: readonly unknown[], asker: EthAsker) => Promise<unknown>;

interface RpcRequest {
  /** Absent for a notification, which gets no answer. */
  readonly id: RequestId | undefined;
  readonly method: string;
  readonly params: readonly unknown[];
}

/** What is wrong with a request; with its id where it has one. */
interface Refusal {
  readonly id: RequestId | undefined;
  readonly error: RpcErrorBody;
}

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

const isId = (id: unknown): id is RequestId =>
  id === null || typeof id === 'number' || (typeof id === 'string' && id.length <= 256);

function parseRequest(value: unknown): RpcRequest | Refusal {
  const invalid = { code: CODE.invalidRequest, message: 'invalid request' };
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return { id: null, error: invalid };
  const { jsonrpc, id, method, params } = value as Readonly<Record<string, unknown>>;
  if (id !== undefined && !isId(id)) return { id: null, error: invalid };
  if (jsonrpc !== '2.0' || typeof method !== 'string' || method.length > 128) return { id: id ?? null, error: invalid };
  if (params === undefined || params === null) return { id, method, params: [] };
  if (!Array.isArray(params)) return { id, error: { code: CODE.invalidParams, message: 'params: a list' } };
  return { id, method, params };
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
  #inWork = 0;

  /** The answer's text; null when there is none to give, since all were notifications. */
  async answer(text: string, handle: Handler, client: Client): Promise<string | null> {
    if (!isShallow(text, LIMITS.depth)) return invalidRequest(`nested deeper than ${LIMITS.depth}`);
    let content: unknown;
    try {
      content = JSON.parse(text);
    } catch {
      return errorAnswer(null, { code: CODE.parse, message: 'parse error' });
    }
    const body = client.open(LIMITS.bodyMs);
    try {
      if (Array.isArray(content)) return await this.#answerBatch(content, handle, client, body);
      return await this.#answerOne(content, handle, client, body);
    } finally {
      body.end();
    }
  }

  async #answerBatch(
    requests: readonly unknown[],
    handle: Handler,
    client: Client,
    body: OpenBody,
  ): Promise<string | null> {
    if (requests.length === 0) return invalidRequest('empty batch');
    if (requests.length > LIMITS.batch) return invalidRequest(`batch of more than ${LIMITS.batch} requests`);
    const answers: string[] = [];
    let characters = 0;
    for (const each of requests) {
      const answer = await this.#answerOne(each, handle, client, body);
      if (answer === null) continue;
      characters += answer.length;
      if (characters > LIMITS.responseCharacters) {
        return errorAnswer(null, { code: CODE.tooLarge, message: 'response too large' });
      }
      answers.push(answer);
    }
    return answers.length === 0 ? null : `[${answers.join(',')}]`;
  }

  async #answerOne(value: unknown, handle: Handler, client: Client, body: OpenBody): Promise<string | null> {
    const request = parseRequest(value);
    const { id } = request;
    let answer: string;
    if ('error' in request) answer = errorAnswer(id ?? null, request.error);
    else {
      try {
        const { method, params } = request;
        const result = (await this.#bounded(() => handle(method, params, body.asker), client, body)) ?? null;
        answer = JSON.stringify({ jsonrpc: '2.0', id: id ?? null, result });
        if (answer.length > LIMITS.responseCharacters) {
          answer = errorAnswer(id ?? null, { code: CODE.tooLarge, message: 'response too large' });
        }
      } catch (error) {
        answer = errorAnswer(id ?? null, errorBody(error));
      }
    }
    return id === undefined ? null : answer;
  }

  async #bounded<T>(work: () => Promise<T>, client: Client, { asker, late }: OpenBody): Promise<T> {
    if (asker.signal.aborted) return late;
    // However much others ask for, each client has a share left.
    const isFull = this.#inWork >= LIMITS.inWork && client.inWork >= LIMITS.shareOfClient;
    if (isFull || client.inWork >= LIMITS.inWorkOfClient) throw rpcError('limit', 'too many requests at once');
    this.#inWork++;
    client.inWork++;
    const working = work().finally(() => {
      this.#inWork--;
      client.inWork--;
    });
    return Promise.race([working, late]);
  }
}
