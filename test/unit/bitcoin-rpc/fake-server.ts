import { type IncomingMessage, type ServerResponse, createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';
import {
  type BitcoinRpcOptions,
  createBitcoinRpc,
} from '../../../node-core/adapters/bitcoin-rpc/create-bitcoin-rpc.ts';
import type { BitcoinPort } from '../../../node-core/ports/bitcoin.ts';

export interface FakeCall {
  readonly id: number;
  readonly method: string;
  readonly params: readonly unknown[];
  readonly request: IncomingMessage;
}
export type FakeAnswer = (call: FakeCall, response: ServerResponse) => void;

/** Answers as Core does: the result's JSON text is given, so that numbers stand in it exactly as a test writes them. */
export const result =
  (...results: readonly string[]): FakeAnswer =>
  ({ id }, response) =>
    void response.end(`{"result":${results.length === 1 ? results[0] : results[id - 1]},"error":null,"id":${id}}`);

/** An error as Core sends one: HTTP 500 with a JSON-RPC body. */
export const rpcError =
  (code: number, message: string): FakeAnswer =>
  ({ id }, response) =>
    void response.writeHead(500).end(JSON.stringify({ result: null, error: { code, message }, id }));

/** An HTTP server that does with each call whatever a test says, and the port that talks to it. */
export async function fakeNode(
  answer: FakeAnswer,
  options: Partial<BitcoinRpcOptions> = {},
): Promise<{ readonly bitcoin: BitcoinPort; readonly calls: readonly FakeCall[] }> {
  const calls: FakeCall[] = [];
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      const call = { ...(JSON.parse(body) as { id: number; method: string; params: unknown[] }), request };
      calls.push(call);
      answer(call, response);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    bitcoin: createBitcoinRpc({ url, user: 'alice', password: 'secret', requestTimeoutMs: 5_000, ...options }),
    calls,
  };
}
