import { describe, expect, it } from 'vitest';
import { NetworkError } from '../../../node-core/primitives/errors.ts';
import type { PortOutcome, Source } from '../../../node-core/kernel/behaviour.ts';
import { answerAfter, failAfter } from '../../../node-core/kernel/pump/simulation.ts';
import { actor, run, type Any } from '../../support/actors.ts';

interface Bitcoin {
  readonly bitcoin: {
    getTip(height: number): Promise<string>;
    blocks(): Source<string>;
  };
}

const caller = (outcomes: PortOutcome<string>[], bound = 100) =>
  actor<Bitcoin>(
    'BridgeActor',
    (message, ctx) => {
      if (message.type !== 'Go') return;
      ctx.call('bitcoin', 'getTip', [7], {
        party: 'BitcoinNetwork',
        as: 'RequestTip',
        timeoutMs: 1_000,
        done: (outcome) => {
          outcomes.push(outcome);
          return outcome.ok ? { type: 'TipArrived', tip: outcome.value } : { type: 'TipMissing' };
        },
      });
    },
    { mailbox: { bound, overflow: 'returnError' } },
  );

const ports = (getTip: (height: number) => unknown) => ({ bitcoin: { getTip } });

describe('a port call', () => {
  it('is recorded as a message to the outside party, and its outcome as one from it, caused by the call', () => {
    const outcomes: PortOutcome<string>[] = [];
    const { tell, pump, recorded } = run([caller(outcomes)], {
      ports: ports((height) => answerAfter(50, `tip${height}`)),
    });
    tell('BridgeActor', { type: 'Go' }, 'peg-in:1');
    pump.runFor(100);
    expect(outcomes).toEqual([{ ok: true, value: 'tip7' }]);
    const [go, call, arrived] = ['Go', 'RequestTip', 'TipArrived'].map((name) =>
      recorded().find(({ type }) => type === name),
    );
    expect(call).toMatchObject({
      from: 'BridgeActor',
      to: 'BitcoinNetwork',
      outcome: 'sent',
      cause: go?.seq,
      correlationId: 'peg-in:1',
    });
    expect(arrived).toMatchObject({
      from: 'BitcoinNetwork',
      to: 'BridgeActor',
      outcome: 'handled',
      cause: call?.seq,
      correlationId: 'peg-in:1',
    });
  });

  it('keeps the class and code of a project error, and calls anything else a failure of the service', () => {
    for (const [error, expected] of [
      [
        new NetworkError('REFUSED', 'connection refused', { port: 1 }),
        { code: 'REFUSED', reason: 'connection refused', errorClass: 'network', detail: { port: 1 } },
      ],
      [new TypeError('odd'), { code: 'PORT_FAILURE', reason: 'odd', errorClass: 'service' }],
    ] as const) {
      const outcomes: PortOutcome<string>[] = [];
      const { tell, pump } = run([caller(outcomes)], { ports: ports(() => failAfter(10, error)) });
      tell('BridgeActor', { type: 'Go' });
      pump.runFor(100);
      expect(outcomes).toEqual([{ ok: false, error: expected }]);
    }
  });

  it('that throws at once is an outcome too', () => {
    const outcomes: PortOutcome<string>[] = [];
    const thrown = () => {
      throw new NetworkError('DOWN', 'down');
    };
    const { tell, system } = run([caller(outcomes)], { ports: ports(thrown) });
    tell('BridgeActor', { type: 'Go' });
    expect(system.view('BridgeActor')).toEqual(['Go', 'TipMissing']);
  });

  it('times out once; the late answer is logged and has no effect', () => {
    const outcomes: PortOutcome<string>[] = [];
    const { tell, pump, system, logs } = run([caller(outcomes)], { ports: ports(() => answerAfter(3_000, 'late')) });
    tell('BridgeActor', { type: 'Go' });
    pump.runFor(5_000);
    expect(outcomes).toMatchObject([{ ok: false, error: { code: 'TIMEOUT', errorClass: 'network' } }]);
    expect(system.view('BridgeActor')).toEqual(['Go', 'TipMissing']);
    expect(logs()).toContain('info BridgeActor: BitcoinNetwork answered RequestTip after its time-out');
  });

  it('of an ended generation has its outcome recorded as stale', () => {
    const outcomes: PortOutcome<string>[] = [];
    const { tell, pump, system, story } = run([caller(outcomes)], { ports: ports(() => answerAfter(500, 'tip')) });
    tell('BridgeActor', { type: 'Go' });
    system.restart('BridgeActor');
    pump.runFor(5_000);
    expect(system.view('BridgeActor')).toEqual([]);
    expect(story()).toContain('BitcoinNetwork -> BridgeActor: TipArrived staleGeneration');
  });

  it('may make no message, or several with stories and senders of their own', () => {
    const several = actor<Bitcoin>('BridgeActor', (message, ctx) => {
      if (message.type !== 'Go') return;
      ctx.call('bitcoin', 'getTip', [1], {
        timeoutMs: 100,
        done: () => [
          { type: 'Vote', member: 'A' },
          { type: 'Vote', member: 'B' },
        ],
        correlate: (vote) => `vote:${String(vote['member'])}`,
        from: (vote) => `Member:${String(vote['member'])}`,
      });
      ctx.call('bitcoin', 'getTip', [2], { timeoutMs: 100, done: () => [] });
    });
    const { tell, pump, system, recorded } = run([several], { ports: ports(() => answerAfter(1, 'x')) });
    tell('BridgeActor', { type: 'Go' });
    pump.runFor(1_000);
    expect(system.view('BridgeActor')).toEqual(['Go', 'Vote', 'Vote']);
    expect(recorded().filter(({ type }) => type === 'Vote')).toMatchObject([
      { from: 'Member:A', correlationId: 'vote:A' },
      { from: 'Member:B', correlationId: 'vote:B' },
    ]);
    expect(recorded().filter(({ type }) => type === 'getTip')).toMatchObject([
      { to: 'port:bitcoin' },
      { to: 'port:bitcoin' },
    ]);
  });

  it('whose reaction throws crashes the actor as its own bug', () => {
    const broken = actor<Bitcoin>('BridgeActor', (message, ctx) => {
      if (message.type !== 'Go') return;
      ctx.call('bitcoin', 'getTip', [1], {
        timeoutMs: 100,
        done: () => {
          throw new TypeError('cannot read this');
        },
      });
    });
    const { tell, pump, system } = run([broken], { ports: ports(() => answerAfter(1, 'x')) });
    tell('BridgeActor', { type: 'Go' });
    pump.runFor(1_000);
    expect(system.tree().find(({ path }) => path === 'BridgeActor')).toMatchObject({
      lifecycle: 'Terminated',
      lastError: { message: 'cannot read this' },
    });
  });
});

describe('a source', () => {
  function opened(bound = 100) {
    const sinks: { item(value: string): void; end(error?: unknown): void }[] = [];
    const closed: number[] = [];
    const bitcoin = {
      blocks: () => ({
        open(sink: { item(value: string): void; end(error?: unknown): void }) {
          const index = sinks.push(sink) - 1;
          return () => void closed.push(index);
        },
      }),
    };
    const reader = actor<Bitcoin>(
      'BridgeActor',
      (message, ctx) => {
        if (message.type === 'Close') ctx.close('blocks');
        if (message.type !== 'Go') return;
        ctx.open('bitcoin', 'blocks', [], {
          key: 'blocks',
          party: 'BitcoinNetwork',
          as: 'WatchBlocks',
          item: (hash) => ({ type: 'BitcoinTip', hash }),
          end: (outcome) => ({ type: outcome.ok ? 'BlocksEnded' : outcome.error.code }),
          correlate: (message) => (message['hash'] === undefined ? undefined : `block:${String(message['hash'])}`),
        });
      },
      { mailbox: { bound, overflow: 'blockProducer' } },
    );
    const running = run([reader], { ports: { bitcoin }, limits: { door: 2 } });
    running.tell('BridgeActor', { type: 'Go' });
    const emit = (value: string): void => {
      for (const sink of sinks) sink.item(value);
    };
    return { ...running, sinks, closed, emit };
  }

  it('brings its items as messages caused by the call that opened it', () => {
    const { emit, settle, recorded } = opened();
    emit('aa');
    emit('bb');
    settle();
    const call = recorded().find(({ type }) => type === 'WatchBlocks');
    expect(recorded().filter(({ type }) => type === 'BitcoinTip')).toMatchObject([
      { from: 'BitcoinNetwork', cause: call?.seq, correlationId: 'block:aa' },
      { from: 'BitcoinNetwork', cause: call?.seq, correlationId: 'block:bb' },
    ]);
  });

  it('ends with a message, and brings nothing after it', () => {
    const { emit, sinks, settle, system } = opened();
    sinks[0]?.end();
    emit('aa');
    settle();
    expect(system.view('BridgeActor')).toEqual(['Go', 'BlocksEnded']);
  });

  it('is closed by the actor, and with its generation', () => {
    const byActor = opened();
    byActor.tell('BridgeActor', { type: 'Close' });
    expect(byActor.closed).toEqual([0]);
    const byRestart = opened();
    byRestart.system.restart('BridgeActor');
    byRestart.settle();
    expect(byRestart.closed).toEqual([0]);
    byRestart.emit('aa');
    byRestart.settle();
    expect(byRestart.system.view('BridgeActor')).toEqual([]);
  });

  it('that overruns a mailbox which may lose nothing is ended with an error instead of losing an item in silence', () => {
    const { emit, settle, system, closed } = opened(3);
    system.suspend('BridgeActor');
    for (let n = 0; n < 10; n++) emit(String(n));
    expect(closed).toEqual([0]);
    system.resume('BridgeActor');
    settle();
    expect(system.view('BridgeActor')).toEqual([
      'Go',
      ...Array.from({ length: 4 }, () => 'BitcoinTip'),
      'SOURCE_OVERFLOW',
    ]);
  });
});

describe('a port that is not there', () => {
  it('is a bug of the actor that calls it', () => {
    const { tell, system } = run([caller([])]);
    tell('BridgeActor', { type: 'Go' } as Any);
    expect(system.tree().find(({ path }) => path === 'BridgeActor')?.lastError?.code).toBe('NO_SUCH_PORT');
  });
});
