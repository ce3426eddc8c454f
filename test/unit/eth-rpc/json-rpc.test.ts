import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Client } from '../../../node-core/adapters/eth-rpc/client.ts';
import { type Handler, JsonRpc } from '../../../node-core/adapters/eth-rpc/json-rpc.ts';
import { LIMITS } from '../../../node-core/adapters/eth-rpc/limits.ts';

const request = (id: number): object => ({ jsonrpc: '2.0', id, method: 'eth_call' });

describe('the time of a body', () => {
  let rpc: JsonRpc;
  let client: Client;
  /** Signals of the requests that were begun. */
  let begun: AbortSignal[];

  const never: Handler = (_method, _params, { signal }) => {
    begun.push(signal);
    return new Promise(() => undefined);
  };

  beforeEach(() => {
    vi.useFakeTimers();
    rpc = new JsonRpc();
    client = new Client();
    begun = [];
  });
  afterEach(() => vi.useRealTimers());

  it('is shared by all of a batch: what is left when it is over is not begun', async () => {
    const answer = rpc.answer(JSON.stringify([1, 2, 3].map(request)), never, client);
    await vi.advanceTimersByTimeAsync(LIMITS.bodyMs);
    expect(JSON.parse((await answer) ?? '')).toEqual(
      [1, 2, 3].map((id) => ({ jsonrpc: '2.0', id, error: { code: -32002, message: 'request timed out' } })),
    );
    expect(begun.map(({ aborted }) => aborted)).toEqual([true]);
  });

  it('ends with its connection', async () => {
    const answer = rpc.answer(JSON.stringify(request(1)), never, client);
    await vi.advanceTimersByTimeAsync(0);
    expect(begun.map(({ aborted }) => aborted)).toEqual([false]);
    client.leave();
    expect(begun.map(({ aborted }) => aborted)).toEqual([true]);
    expect(await answer).toContain('-32002');
  });

  it('leaves nothing behind when it was enough', async () => {
    expect(await rpc.answer(JSON.stringify(request(1)), async () => '0x1', client)).toContain('0x1');
    expect(vi.getTimerCount()).toBe(0);
  });
});
