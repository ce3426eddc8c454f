import { beforeEach, describe, expect, it } from 'vitest';
import { FairQueue, UsedTime } from '../../../node-core/adapters/embedded-evm/eth-api/fair-queue.ts';
import type { EthAsker } from '../../../node-core/ports/eth-api.ts';

describe('a queue of calls', () => {
  let nowMs = 0;
  let queue: FairQueue;
  let ran: string[];

  beforeEach(() => {
    nowMs = 0;
    ran = [];
    queue = new FairQueue(6, new UsedTime(() => nowMs));
  });

  class Connection implements EthAsker {
    readonly client = this;
    readonly #gone = new AbortController();
    readonly signal = this.#gone.signal;

    /** A call that takes some time. */
    call(name: string, ms = 1): Promise<string> {
      const job = async (): Promise<string> => {
        await Promise.resolve();
        ran.push(name);
        nowMs += ms;
        return name;
      };
      return queue.run(this, job).catch((error: unknown) => (error as { code: string }).code);
    }

    leave(): void {
      this.#gone.abort();
    }
  }

  it('runs one after the other, in their order while nobody used more', async () => {
    const [a, b] = [new Connection(), new Connection()];
    await Promise.all([a.call('a', 0), b.call('b', 0), a.call('c', 0)]);
    expect(ran).toEqual(['a', 'b', 'c']);
  });

  it('runs first what is of the client that used the least time', async () => {
    const [greedy, modest] = [new Connection(), new Connection()];
    await greedy.call('before', 5000);
    await Promise.all([
      new Connection().call('running', 0),
      greedy.call('first', 5000),
      greedy.call('second', 5000),
      modest.call('mine', 10),
      modest.call('mine too', 10),
      new Connection().call('new', 10),
    ]);
    expect(ran.slice(2)).toEqual(['mine', 'new', 'mine too', 'first', 'second']);
  });

  it('forgets with time what a client used', async () => {
    const [early, late] = [new Connection(), new Connection()];
    await early.call('early', 1000);
    nowMs += 300_000;
    await late.call('late', 10);
    await Promise.all([new Connection().call('other', 0), late.call('late again'), early.call('early again')]);
    expect(ran.slice(2)).toEqual(['other', 'early again', 'late again']);
  });

  it('drops what a client that is gone waits for', async () => {
    const [gone, here] = [new Connection(), new Connection()];
    const running = here.call('running');
    const waiting = [gone.call('dropped'), gone.call('dropped too')];
    const mine = here.call('mine');
    gone.leave();
    expect(await Promise.all(waiting)).toEqual(['EXECUTION_TIMEOUT', 'EXECUTION_TIMEOUT']);
    expect(await gone.call('too late')).toBe('EXECUTION_TIMEOUT');
    await Promise.all([running, mine]);
    expect(ran).toEqual(['running', 'mine']);
  });

  it('gives a place of who has the most of them to who has fewer, when it is full', async () => {
    const [greedy, modest] = [new Connection(), new Connection()];
    const running = greedy.call('running');
    const many = [1, 2, 3, 4, 5, 6].map((n) => greedy.call(`greedy ${n}`));
    expect(await greedy.call('one too many')).toBe('ENGINE_BUSY');
    expect(await modest.call('modest')).toBe('modest');
    const answers = await Promise.all([running, ...many]);
    expect(answers.filter((answer) => answer === 'ENGINE_BUSY')).toHaveLength(1);
    expect(answers.at(-1)).toBe('ENGINE_BUSY');
  });
});
