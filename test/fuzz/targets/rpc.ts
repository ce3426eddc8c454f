import type { Random } from '../random.ts';
import type { FuzzWorld } from '../world/world.ts';
import { HttpClient, sendRaw, SocketClient } from './rpc-clients.ts';
import { mutatedRequest } from './rpc-requests.ts';
import type { Target } from './target.ts';

const BATCH = 256;
const PARALLEL = 8;
const WRONG_EVERY = 16;
/** Of one socket. Source: eth-rpc's limits. */
const MOST_SUBSCRIPTIONS = 64;
const OVERSIZE = 1024 * 1024 + 1;

const CODES: Readonly<Record<string, string>> = {
  '-32700': 'parse error',
  '-32600': 'invalid request',
  '-32601': 'unknown method',
  '-32602': 'invalid params',
  '-32000': 'server error',
  '-32005': 'limit',
  '3': 'reverted',
};

/** Requests as wallets send them, changed, over HTTP and WebSocket: an answer or an error of the standard, always. */
export const rpc: Target = {
  name: 'rpc',
  share: 0.1,
  stages: [
    'http 400',
    'http 403',
    'http 405',
    'http 413',
    'http 415',
    'http 431',
    'socket closed',
    'no answer',
    'answered',
    'batch',
    ...Object.values(CODES),
  ],
  async run(world, _bases, count) {
    const http = new HttpClient(world.node.rpc.port);
    const socket = new SocketClient(world.node.rpc.port);
    try {
      for (let done = 0; done < count; done += BATCH) {
        const length = Math.min(BATCH, count - done);
        // Made beforehand, so that the seed alone decides what they are.
        const forHttp = Array.from({ length: Math.ceil(length / 2) }, (_, i) =>
          i % WRONG_EVERY === 0
            ? (WRONG_HTTP[(i / WRONG_EVERY) % WRONG_HTTP.length] as HttpInput)
            : { body: mutatedRequest(world) },
        );
        const forSocket = Array.from({ length: Math.floor(length / 2) }, (_, i) =>
          i % WRONG_EVERY === 0 ? wrongFrame(world.random) : mutatedRequest(world),
        );
        await Promise.all([
          ...Array.from({ length: PARALLEL }, async (_, lane) => {
            for (let i = lane; i < forHttp.length; i += PARALLEL) await overHttp(world, http, forHttp[i] as HttpInput);
          }),
          (async () => {
            for (const input of forSocket) await overSocket(world, socket, input);
          })(),
        ]);
        await floodWithSubscriptions(world);
        for (const make of RAW_REQUESTS) await overTcp(world, make);
        await world.checkUnchanged('rpc');
      }
      if ('polluted' in {}) world.tally.problem('rpc: Object.prototype was changed');
    } finally {
      http.close();
      socket.close();
    }
  },
};

interface HttpInput {
  readonly body: string;
  readonly headers?: Record<string, string>;
  readonly method?: string;
}

const wrongFrame = (random: Random): Uint8Array | string => random.pick([random.bytes(50), ' '.repeat(OVERSIZE)]);

/** One client subscribes more often than it may: the last one is refused. */
async function floodWithSubscriptions(world: FuzzWorld): Promise<void> {
  const socket = new SocketClient(world.node.rpc.port);
  const subscribe = '{"jsonrpc":"2.0","id":1,"method":"eth_subscribe","params":["newHeads"]}';
  for (let i = 0; i < MOST_SUBSCRIPTIONS; i++) await socket.send(subscribe, true);
  await overSocket(world, socket, subscribe);
  socket.close();
}

const UPGRADE = 'Connection: Upgrade\r\nUpgrade: websocket\r\n';

/** Bytes that are no HTTP, or no upgrade that is taken; `host` is the header that the server asks for. */
const RAW_REQUESTS: readonly ((host: string, random: Random) => string | Uint8Array)[] = [
  (_, random) => random.bytes(1 + random.integer(500)),
  (host) => `POST / HTTP/1.1\r\n${host}Content-Length: 5\r\nContent-Length: 6\r\n\r\n12345`,
  (host) => `POST / HTTP/1.1\r\n${host}Transfer-Encoding: chunked\r\n\r\nzz\r\n`,
  (host) => `GET / HTTP/1.1\r\n${host}X: ${'x'.repeat(70_000)}\r\n\r\n`,
  (host) => `GET / HTTP/1.1\r\n${host}${UPGRADE}Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: short\r\n\r\n`,
  (host) => `GET / HTTP/1.1\r\n${host}${UPGRADE}Origin: https://evil.example\r\n\r\n`,
];

async function overTcp({ random, node, tally }: FuzzWorld, make: (typeof RAW_REQUESTS)[number]): Promise<void> {
  const answer = await sendRaw(node.rpc.port, make(`Host: 127.0.0.1:${node.rpc.port}\r\n`, random));
  tally.count('rpc', `http ${/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1] ?? 'nothing'}`, false);
}

const CHAIN_ID = '{"jsonrpc":"2.0","id":1,"method":"eth_chainId"}';

/** A good request in a wrong envelope. */
const WRONG_HTTP: readonly HttpInput[] = [
  { body: CHAIN_ID, headers: { host: 'evil.example' } },
  { body: '', method: 'GET' },
  { body: CHAIN_ID, headers: { 'content-type': 'text/plain' } },
  { body: ' '.repeat(OVERSIZE) },
  { body: CHAIN_ID, headers: { origin: 'https://evil.example' } },
  { body: CHAIN_ID, headers: { origin: 'null' } },
  { body: CHAIN_ID, method: 'PUT' },
];

async function overHttp(world: FuzzWorld, http: HttpClient, { body, headers, method }: HttpInput): Promise<void> {
  try {
    const answer = await http.send(body, headers, method);
    if (answer.status === 200) count(world, body, answer.body);
    else world.tally.count('rpc', answer.status === 204 ? 'no answer' : `http ${answer.status}`, false);
  } catch (error) {
    // The server may close before it has read all of what is too large.
    const cut =
      body.length >= OVERSIZE && ['EPIPE', 'ECONNRESET'].includes((error as NodeJS.ErrnoException).code ?? '');
    world.tally.count('rpc', cut ? 'http 413' : 'connection lost', false);
    if (!cut) world.tally.problem(`rpc: ${(error as Error).message} for ${body.slice(0, 300)}`);
  }
}

async function overSocket(world: FuzzWorld, socket: SocketClient, input: Uint8Array | string): Promise<void> {
  const isForbidden = typeof input !== 'string' || input.length >= OVERSIZE;
  const text = isForbidden ? '' : input;
  const answer = await socket.send(input, expectsAnswer(text));
  if (answer === null) world.tally.count('rpc', 'no answer', false);
  else if (answer === 'closed') {
    world.tally.count('rpc', 'socket closed', false);
    if (!isForbidden) world.tally.problem(`rpc: the socket was closed after ${text.slice(0, 300)}`);
  } else count(world, text, answer);
}

function count({ tally }: FuzzWorld, request: string, answer: string): void {
  const parsed = JSON.parse(answer) as { error?: { code: number; message: string } } | readonly unknown[];
  const answers = (Array.isArray(parsed) ? parsed : [parsed]) as { error?: { code: number; message: string } }[];
  for (const { error } of answers)
    if (error !== undefined && CODES[error.code] === undefined)
      tally.problem(`rpc: ${error.code} ${error.message} for ${request.slice(0, 500)}`);
  const { error } = answers[0] ?? {};
  const stage = error === undefined ? 'answered' : (CODES[error.code] ?? `code ${error.code}`);
  tally.count('rpc', Array.isArray(parsed) ? 'batch' : stage, false);
}

/** JSON-RPC 2.0: a notification, and a batch of nothing else, gets no answer. */
function expectsAnswer(text: string): boolean {
  const isNotification = (value: unknown): boolean => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
    const { jsonrpc, method, id } = value as Readonly<Record<string, unknown>>;
    return jsonrpc === '2.0' && typeof method === 'string' && method.length <= 128 && id === undefined;
  };
  try {
    const body: unknown = JSON.parse(text);
    if (nestsDeeply(text)) return true;
    if (!Array.isArray(body)) return !isNotification(body);
    return body.length === 0 || body.length > 100 || !body.every(isNotification);
  } catch {
    return true;
  }
}

/** More than 32 lists and objects open somewhere in the text. */
const nestsDeeply = (text: string): boolean => /(?:\[|\{"a":){33}/.test(text.replaceAll(' ', ''));
