import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { OverflowStrategy } from '../../../../node-core/kernel/behaviour.ts';
import type { Request } from '../../../../node-core/kernel/ref.ts';
import type { RestartScope, SupervisionPolicy } from '../../../../node-core/kernel/supervision.ts';
import { AlysError, type ErrorClass } from '../../../../node-core/primitives/errors.ts';
import { actor, policy, run, type Any, type Running } from '../../../support/actors.ts';
import { KernelModel } from './kernel-model.ts';
import {
  ASK_MS,
  BOUND,
  BREAKER,
  LIMIT,
  MAX_BACKOFF_MS,
  type ModelKind,
  type ModelMessage,
  TIMER_MS,
} from './model-actor.ts';

const kind = (overflow: OverflowStrategy, scope: RestartScope, backoffMs: number): ModelKind => ({
  overflow,
  scope,
  backoffMs,
});
const FIRST: Readonly<Record<string, ModelKind>> = {
  OldestActor: kind('dropOldest', 'oneForAll', 101),
  NewestActor: kind('dropNewest', 'restForOne', 127),
  BlockActor: kind('blockProducer', 'oneForOne', 149),
  ErrorActor: kind('returnError', 'oneForOne', 173),
};
/** Started later, and again. */
const LATER = ['LateActor', 'LastActor'];
const LATER_KIND = kind('returnError', 'oneForOne', 191);
const PATHS = [...Object.keys(FIRST), ...LATER];
/** Whoever asks one of these is never held, and shares no failure with it. */
const ASKABLE = ['ErrorActor', ...LATER];

const behaviourOf = (name: string, { overflow, scope, backoffMs }: ModelKind) => {
  const supervision: SupervisionPolicy = {
    ...policy,
    service: { kind: 'backoff', initialMs: backoffMs, maxMs: MAX_BACKOFF_MS, factor: 2, jitter: 0 },
    cascading: { kind: 'circuitBreaker', ...BREAKER },
    limit: LIMIT,
    scope,
  };
  return actor(
    name,
    (message, ctx) => {
      const to = ctx.refOf<Any & Request<Any>>(String(message['to']));
      if (message.type === 'Crash') throw new AlysError(message['errorClass'] as ErrorClass, 'INJECTED', 'injected');
      if (message.type === 'Timer') ctx.timer('timer', TIMER_MS, { type: 'TimerFired' });
      if (message.type === 'Watch') ctx.watch(to, { type: 'Gone' });
      if (message.type === 'Question') ctx.reply(ctx.replyTo<Any>(message as Request<Any>), { type: 'Answer' });
      if (message.type === 'Ask')
        ctx.ask(to, { type: 'Question' }, { timeoutMs: ASK_MS, onTimeout: { type: 'AskTimedOut' } } as never);
    },
    { mailbox: { bound: BOUND, overflow }, supervision },
  );
};

const start = (seed: number): Running =>
  run(
    Object.entries(FIRST).map(([name, of]) => behaviourOf(name, of)),
    {
      simulation: { seed },
      rootMore: {
        receive: (state, message, ctx) => {
          if (message.type === 'Stop') ctx.stop(String(message['path']));
          if (message.type === 'Spawn')
            ctx.spawn(behaviourOf(String(message['path']), LATER_KIND), String(message['path']), undefined);
          return state;
        },
      },
    },
  );

/** All that the model says must be what the kernel shows. */
function compare(model: KernelModel, { system, story }: Running): void {
  const shown = system.tree().slice(1);
  const expected = [...model.actors.values()];
  expect(shown.map(({ path }) => path)).toEqual(expected.map(({ path }) => path));
  for (const [index, actual] of shown.entries()) {
    const wanted = expected[index];
    if (wanted === undefined) continue;
    expect(
      {
        path: actual.path,
        lifecycle: actual.lifecycle,
        generation: actual.generation,
        suspended: actual.suspended,
        depth: actual.mailbox.depth,
        reserved: actual.mailbox.reserved,
        atDoor: actual.mailbox.atDoor,
        handled: actual.handled,
        dropped: actual.dropped,
        crashes: actual.crashes,
        restarts: actual.restarts,
        breaker: actual.breaker,
        state: system.view(actual.path),
      },
      actual.path,
    ).toEqual({
      path: wanted.path,
      lifecycle: wanted.lifecycle,
      generation: wanted.generation,
      suspended: wanted.suspended,
      depth: wanted.queue.length,
      reserved: wanted.reserved,
      atDoor: wanted.door.length,
      handled: wanted.handled,
      dropped: wanted.dropped,
      crashes: wanted.crashes,
      restarts: wanted.restarts,
      breaker: wanted.breaker,
      state: wanted.lifecycle === 'Running' ? wanted.state : undefined,
    });
  }
  const outcomes = story().filter((line) => !line.startsWith('SupervisorActor'));
  const count = (outcome: string): number =>
    outcomes.filter((line) => line.endsWith(` ${outcome}`) && !line.includes(': Answer ')).length;
  expect({ refused: count('refused'), deadLetters: count('deadLetter') }).toEqual({
    refused: model.refused,
    deadLetters: model.deadLetters,
  });
}

/** One command: what it needs, what the model makes of it, what is done to the kernel. */
class Step implements fc.Command<KernelModel, Running> {
  readonly #text: string;
  readonly #needs: (model: KernelModel) => boolean;
  readonly #inModel: (model: KernelModel) => void;
  readonly #inKernel: (running: Running) => void;

  constructor(
    text: string,
    needs: (model: KernelModel) => boolean,
    inModel: (model: KernelModel) => void,
    inKernel: (running: Running) => void,
  ) {
    this.#text = text;
    this.#needs = needs;
    this.#inModel = inModel;
    this.#inKernel = inKernel;
  }

  check(model: KernelModel): boolean {
    if (!this.#needs(model)) return false;
    const tried = model.copy();
    this.#inModel(tried);
    tried.settle();
    return !tried.ambiguous;
  }

  run(model: KernelModel, running: Running): void {
    this.#inModel(model);
    model.settle();
    this.#inKernel(running);
    running.settle();
    compare(model, running);
  }

  toString = (): string => this.#text;
}

const always = (): boolean => true;
const told = (path: string, message: ModelMessage, needs: (model: KernelModel) => boolean = always, times = 1): Step =>
  new Step(
    `${times} ${JSON.stringify(message)} to ${path}`,
    needs,
    (model) => {
      for (let n = 0; n < times; n++) model.tell(path, message);
    },
    ({ queue }) => {
      for (let n = 0; n < times; n++) queue(path, { ...message });
    },
  );

const isUp = (path: string) => (model: KernelModel) => model.actors.get(path)?.lifecycle === 'Running';
/** It handles at once what it is told: nothing that others do comes in between. */
const isFree = (path: string) => (model: KernelModel) =>
  isUp(path)(model) && model.actors.get(path)?.suspended === false;
/** A second crash of one that others share could meet them before or after their new init. */
const mayCrash = (path: string) => (model: KernelModel) =>
  model.actors.get(path)?.kind.scope === 'oneForOne' ? isUp(path)(model) : isFree(path)(model);
const hasNoDoor = (path: string) => (model: KernelModel) =>
  model.actors.has(path) && model.actors.get(path)?.door.length === 0;
const root = (type: 'Stop' | 'Spawn', path: string) => (running: Running) => {
  running.queue('SupervisorActor', { type, path });
};

const path = fc.constantFrom(...PATHS);
const errorClass = fc.constantFrom<ErrorClass>('network', 'service', 'cascading', 'logic');
const command = fc.oneof(
  { weight: 2, arbitrary: path.map((to) => told(to, { type: 'Plain' })) },
  { weight: 2, arbitrary: path.map((to) => told(to, { type: 'Plain' }, always, BOUND + 2)) },
  { weight: 2, arbitrary: path.map((to) => told(to, { type: 'Timer' })) },
  // Commands whose outcome is the seed's choice are left out: the model says only what always holds.
  {
    weight: 6,
    arbitrary: fc.tuple(path, errorClass).map(([to, of]) => told(to, { type: 'Crash', errorClass: of }, mayCrash(to))),
  },
  {
    weight: 3,
    arbitrary: fc
      .tuple(path, fc.constantFrom(...ASKABLE))
      .filter(([from, to]) => from !== to)
      .map(([from, to]) => told(from, { type: 'Ask', to }, isFree(from))),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(path, path)
      .filter(([from, to]) => from !== to)
      .map(([from, to]) => told(from, { type: 'Watch', to }, isFree(from))),
  },
  {
    weight: 1,
    arbitrary: path.map(
      (of) =>
        new Step(
          `stop ${of}`,
          always,
          (model) => {
            model.stop(of);
          },
          root('Stop', of),
        ),
    ),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom(...LATER).map(
      (of) =>
        new Step(
          `spawn ${of}`,
          (model) => !model.alive(of),
          (model) => {
            model.spawn(of, LATER_KIND);
          },
          root('Spawn', of),
        ),
    ),
  },
  ...(['suspend', 'resume', 'restart'] as const).map((action) => ({
    weight: 2,
    arbitrary: path.map(
      (of) =>
        new Step(
          `${action} ${of}`,
          hasNoDoor(of),
          (model) => {
            model[action](of);
          },
          ({ system }) => {
            system[action](of);
          },
        ),
    ),
  })),
  {
    weight: 4,
    arbitrary: fc.integer({ min: 1, max: 1_200 }).map(
      (ms) =>
        new Step(
          `${ms} ms later`,
          always,
          (model) => {
            model.advance(ms);
          },
          ({ pump }) => {
            pump.runFor(ms);
          },
        ),
    ),
  },
);

describe('the kernel and its model', () => {
  it('agree on every actor after every command: state, generation, mailbox, drops, restarts, circuit', () => {
    fc.assert(
      fc.property(fc.commands([command], { maxCommands: 60, size: 'max' }), fc.nat(1_000_000), (commands, seed) => {
        fc.modelRun(() => {
          const model = new KernelModel();
          for (const [name, of] of Object.entries(FIRST)) model.spawn(name, of);
          return { model, real: start(seed) };
        }, commands);
      }),
      { numRuns: 200 },
    );
  });
});
