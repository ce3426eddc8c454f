import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AlysError, LogicError, NetworkError, ServiceError } from '../../../node-core/primitives/errors.ts';
import type { OverflowStrategy } from '../../../node-core/kernel/behaviour.ts';
import { answerAfter } from '../../../node-core/kernel/pump/simulation.ts';
import { lifecycle } from '../../../node-core/kernel/supervision.ts';
import type { ActorStatus, RecordedLifecycle, RecordedMessage } from '../../../node-core/kernel/record.ts';
import { actor, policy, run, type Any, type Running } from '../../support/actors.ts';

const STRATEGIES: readonly OverflowStrategy[] = ['dropOldest', 'dropNewest', 'blockProducer', 'returnError'];
const PATHS = STRATEGIES.map((strategy) => `${strategy}Actor`);
const BOUND = 4;
const LIMIT = { restarts: 3, windowMs: 10_000 };

const ERRORS: Readonly<Record<string, () => Error>> = {
  network: () => new NetworkError('N', 'network'),
  service: () => new ServiceError('S', 'service'),
  cascading: () => new AlysError('cascading', 'C', 'cascading'),
  logic: () => new LogicError('L', 'logic'),
};

interface Ports {
  readonly port: { get(): Promise<number> };
}

/** Every actor counts on, so that what it sends to one other is numbered in order. */
function behaviours(breach: (sentence: string) => void) {
  let next = 0;
  return STRATEGIES.map((overflow, index) => {
    const lastFrom = new Map<string, number>();
    return actor<Ports>(
      PATHS[index] as string,
      (message, ctx) => {
        const { n, generation } = message as { readonly n?: number; readonly generation?: number };
        if (message.type === 'Numbered' && n !== undefined) {
          if (n <= (lastFrom.get(ctx.sender) ?? -1)) breach(`${ctx.path} got ${n} from ${ctx.sender} out of order`);
          lastFrom.set(ctx.sender, n);
        }
        if (generation !== undefined && generation !== ctx.generation)
          breach(`${ctx.path} got what an old generation asked for`);
        if (message.type === 'Crash') throw (ERRORS[String(message['with'])] ?? ERRORS['logic'])?.();
        if (message.type === 'Spread') {
          for (let sent = 0; sent < Number(message['count']); sent++) {
            ctx.tell(ctx.refOf<Any>(String(message['to'])), { type: 'Numbered', n: next++ });
          }
        }
        if (message.type === 'Wait' && ctx.generation > 0) {
          ctx.timer('later', 50, { type: 'Later', generation: ctx.generation });
          const { generation: asked } = ctx;
          ctx.call('port', 'get', [], { timeoutMs: 30, done: () => ({ type: 'Got', generation: asked }) });
        }
      },
      {
        mailbox: { bound: BOUND, overflow },
        control: ['Halt'],
        supervision: { ...policy, limit: LIMIT, scope: index === 3 ? 'restForOne' : 'oneForOne' },
      },
    );
  });
}

/** What is counted beside the run: whatever interleaving the seed makes, it must come out. */
interface Tally {
  injected: number;
}
interface Real {
  readonly running: Running;
  readonly breaches: string[];
  readonly lifecycle: RecordedLifecycle[];
  /** An operator's restarts, each with the last lifecycle change before it. */
  readonly wishes: { readonly path: string; readonly seq: number }[];
  readonly messages: RecordedMessage[];
  readonly reader: ReturnType<Running['system']['read']>;
}

const statusesOf = ({ running }: Real): readonly ActorStatus[] => running.system.tree().slice(1);

function check(real: Real): void {
  const { messages, lifecycle: changes, missed } = real.reader.read(100_000);
  real.messages.push(...messages);
  real.lifecycle.push(...changes);
  expect(missed).toBe(0);
  expect(real.breaches).toEqual([]);
  for (const status of statusesOf(real)) {
    expect(status.mailbox.depth, 'INV-21').toBeLessThanOrEqual(BOUND);
    expect(status.mailbox.highWater, 'INV-21').toBeLessThanOrEqual(BOUND);
    expect(status.mailbox.depth).toBeGreaterThanOrEqual(0);
  }
}

function checkWholeRun({ lifecycle: changes, wishes, messages }: Real): void {
  for (const path of PATHS) {
    const own = changes.filter((change) => change.path === path);
    for (const [index, change] of own.entries()) {
      if (change.from === null) {
        const before = own[index - 1]?.to ?? 'Terminated';
        expect([before, change.to]).toEqual(['Terminated', 'Initializing']);
      } else {
        expect(own[index - 1]?.to).toBe(change.from);
        expect(lifecycle.arrows.some(({ from, to }) => from === change.from && to === change.to)).toBe(true);
      }
    }
    // An operator's restart forgets earlier failures; one that a sibling's failure brings about does not.
    let since: number[] = [];
    let before = 0;
    for (const { from, to, seq, atMs } of own) {
      if (wishes.some((wish) => wish.path === path && wish.seq >= before && wish.seq < seq)) since = [];
      before = seq;
      if (from !== 'Failed' || to !== 'Restarting') continue;
      since = [...since.filter((at) => at > atMs - LIMIT.windowMs), atMs];
      expect(since.length, 'INV-26').toBeLessThanOrEqual(LIMIT.restarts);
    }
  }
  const seqs = messages.map(({ seq }) => seq);
  expect(new Set(seqs).size, 'every message ends once').toBe(seqs.length);
}

/** Actors and behaviours have the same names here. */
function checkTotals({ running, messages }: Real): void {
  for (const { behaviour, handled, dropped, refused, deadLetters, times } of running.system.totals()) {
    if (!PATHS.includes(behaviour)) continue;
    const ended = (...outcomes: RecordedMessage['outcome'][]): number =>
      messages.filter(({ to, outcome }) => to === behaviour && outcomes.includes(outcome)).length;
    expect({ handled, dropped, refused, deadLetters }, behaviour).toEqual({
      handled: ended('handled', 'crashed'),
      dropped: ended('dropped'),
      refused: ended('refused'),
      deadLetters: ended('deadLetter'),
    });
    for (const { type, queueWait, handling } of times) {
      const seen = messages.filter(
        (message) =>
          message.to === behaviour && message.type === type && ['handled', 'crashed'].includes(message.outcome),
      );
      expect([queueWait.count, handling.count], `${behaviour} ${type}`).toEqual([seen.length, seen.length]);
    }
  }
}

class Send implements fc.Command<Tally, Real> {
  readonly path: string;
  readonly message: Any;
  constructor(path: string, message: Any) {
    this.path = path;
    this.message = message;
  }
  check = (): boolean => true;
  run(tally: Tally, real: Real): void {
    tally.injected++;
    real.running.queue(this.path, this.message);
    check(real);
  }
  toString = (): string => `${this.message.type}(${JSON.stringify(this.message)}) to ${this.path}`;
}

class Operate implements fc.Command<Tally, Real> {
  readonly action: 'suspend' | 'resume' | 'restart';
  readonly path: string;
  constructor(action: 'suspend' | 'resume' | 'restart', path: string) {
    this.action = action;
    this.path = path;
  }
  check = (): boolean => true;
  run(_: Tally, real: Real): void {
    check(real);
    const { seq } = real.lifecycle.at(-1) as RecordedLifecycle;
    real.running.system[this.action](this.path);
    if (this.action === 'restart') real.wishes.push({ path: this.path, seq });
    check(real);
  }
  toString = (): string => `${this.action} ${this.path}`;
}

class Advance implements fc.Command<Tally, Real> {
  readonly ms: number;
  constructor(ms: number) {
    this.ms = ms;
  }
  check = (): boolean => true;
  run(_: Tally, real: Real): void {
    const { pump } = real.running;
    for (let events = 0; events < 20 && pump.step(); events++) check(real);
    pump.runFor(this.ms);
    check(real);
  }
  toString = (): string => `advance ${this.ms} ms`;
}

const path = fc.constantFrom(...PATHS);
const crash = (kinds: readonly string[]) =>
  fc
    .record({ to: path, kind: fc.constantFrom(...kinds) })
    .map(({ to, kind }) => new Send(to, { type: 'Crash', with: kind }));
const command = fc.oneof(
  {
    weight: 3,
    arbitrary: fc
      .record({ to: path, from: path, count: fc.nat(9) })
      .map(({ to, from, count }) => new Send(from, { type: 'Spread', to, count })),
  },
  { weight: 1, arbitrary: path.map((to) => new Send(to, { type: 'Plain' })) },
  { weight: 1, arbitrary: path.map((to) => new Send(to, { type: 'Halt' })) },
  { weight: 4, arbitrary: path.map((to) => new Send(to, { type: 'Wait' })) },
  // Crashes that restart at once are the ones that leave old answers in the mailbox and run into the limit.
  { weight: 4, arbitrary: crash(['network']) },
  { weight: 1, arbitrary: crash(Object.keys(ERRORS)) },
  {
    weight: 3,
    arbitrary: fc
      .record({ action: fc.constantFrom('suspend' as const, 'resume' as const), to: path })
      .map(({ action, to }) => new Operate(action, to)),
  },
  { weight: 1, arbitrary: path.map((to) => new Operate('restart', to)) },
  { weight: 3, arbitrary: fc.nat(120).map((ms) => new Advance(ms)) },
);

describe('any sequence of sends, crashes, restarts, suspensions and full mailboxes', () => {
  it('keeps the bounds, the order, the generations and the limits, and ends every message once (INV-21, INV-23, INV-26)', () => {
    fc.assert(
      fc.property(fc.commands([command], { maxCommands: 100, size: 'max' }), fc.nat(1_000_000), (commands, seed) => {
        const breaches: string[] = [];
        const ports = { port: { get: () => answerAfter(seed % 60, 1) } };
        const running = run(
          behaviours((sentence) => breaches.push(sentence)),
          { ports, simulation: { seed } },
        );
        const real: Real = {
          running,
          breaches,
          lifecycle: [],
          wishes: [],
          messages: [],
          reader: running.system.read('oldest'),
        };
        const model: Tally = { injected: 0 };
        fc.modelRun(() => ({ model, real }), commands);
        // All heals: whoever still lives comes to rest with nothing waiting and nobody held.
        for (const to of PATHS) running.system.resume(to);
        running.pump.runFor(120_000);
        check(real);
        checkWholeRun(real);
        checkTotals(real);
        for (const status of statusesOf(real)) expect(status.mailbox.depth, status.path).toBe(0);
        const ended = real.messages.filter(({ from }) => from === 'Operator').length;
        expect(ended, 'what was handed in has an end').toBe(model.injected);
      }),
      { numRuns: 150 },
    );
  });
});
