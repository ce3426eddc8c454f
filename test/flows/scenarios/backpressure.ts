import type { OverflowStrategy, SendOutcome } from '../../../node-core/kernel/behaviour.ts';
import { actor, run, type Any } from '../../support/actors.ts';
import type { Check, Scenario } from './scenario-result.ts';

const BOUND = 4;
const SENT = 6;

/** What each strategy makes of six messages to a mailbox with room for four. Source: communication-flows.md, Backpressure Management. */
const EXPECTED: Readonly<
  Record<OverflowStrategy, { readonly told: SendOutcome; readonly handled: readonly number[] }>
> = {
  dropOldest: { told: 'queued', handled: [3, 4, 5, 6] },
  dropNewest: { told: 'dropped', handled: [1, 2, 3, 4] },
  blockProducer: { told: 'held', handled: [1, 2, 3, 4, 5, 6] },
  returnError: { told: 'refused', handled: [1, 2, 3, 4] },
};
const STRATEGIES = Object.keys(EXPECTED) as OverflowStrategy[];
const nameOf = (strategy: OverflowStrategy): string => `${strategy.charAt(0).toUpperCase()}${strategy.slice(1)}Actor`;

/** Every overflow strategy, the control lane and the way out of a deadlock, in virtual time. */
export const backpressure: Scenario = ({ seed }) => {
  const begun = performance.now();
  const checks: Check[] = [];
  const check = (name: string, passed: boolean, detail: string): void => void checks.push({ name, passed, detail });
  const outcomes: SendOutcome[] = [];
  const producer = actor('ProducerActor', (message, ctx) => {
    if (message.type !== 'Flood') return;
    for (let n = 1; n <= SENT; n++) outcomes.push(ctx.tell(ctx.refOf<Any>(String(message['to'])), { type: 'Item', n }));
  });
  const consumers = STRATEGIES.map((overflow) =>
    actor(nameOf(overflow), undefined, {
      mailbox: { bound: BOUND, overflow },
      control: ['EmergencyHaltRequest'],
      receive: (state, message) => [...state, message.type === 'Item' ? String(message['n']) : message.type],
    }),
  );
  const blocking = (name: string, other: string) =>
    actor(
      name,
      (message, ctx) => {
        if (message.type === 'Flood')
          for (let n = 1; n <= SENT; n++) ctx.tell(ctx.refOf<Any>(other), { type: 'Item', n });
      },
      { mailbox: { bound: BOUND, overflow: 'blockProducer' } },
    );
  const stage = run(
    [producer, ...consumers, blocking('LeftActor', 'RightActor'), blocking('RightActor', 'LeftActor')],
    {
      simulation: { seed },
    },
  );
  const { tell, queue, settle, system } = stage;
  const statusOf = (path: string) => system.tree().find((status) => status.path === path);
  const handledBy = (path: string): readonly string[] => system.view(path) as readonly string[];

  for (const strategy of STRATEGIES) {
    const path = nameOf(strategy);
    const { told, handled } = EXPECTED[strategy];
    outcomes.length = 0;
    system.suspend(path);
    tell('ProducerActor', { type: 'Flood', to: path }, `backpressure:${strategy}`);
    queue('ProducerActor', { type: 'NextJob' });
    settle();
    const depth = statusOf(path)?.mailbox.depth;
    check(`${strategy}: the mailbox is at its bound and not above it`, depth === BOUND, `${depth} of ${BOUND} waiting`);
    const last = outcomes.at(-1);
    check(`${strategy}: the producer is told`, last === told, `the sixth message was ${last ?? 'not sent'}`);
    const waits = handledBy('ProducerActor').at(-1) === 'Flood';
    check(
      `${strategy}: the producer ${strategy === 'blockProducer' ? 'is held back' : 'goes on'}`,
      waits === (strategy === 'blockProducer'),
      `its last message handled was ${handledBy('ProducerActor').at(-1) ?? 'none'}`,
    );
    queue(path, { type: 'EmergencyHaltRequest' });
    settle();
    const halted = handledBy(path);
    check(
      `${strategy}: a control message passes the full mailbox`,
      halted.at(-1) === 'EmergencyHaltRequest',
      halted.join(', '),
    );
    system.resume(path);
    settle();
    const items = handledBy(path).filter((item) => item !== 'EmergencyHaltRequest');
    check(`${strategy}: what is handled in the end`, items.join() === handled.join(), items.join(', '));
    const lost = SENT - handled.length;
    const recorded = system
      .trace(`backpressure:${strategy}`)
      .filter(({ outcome }) => outcome === 'dropped' || outcome === 'refused');
    check(`${strategy}: each loss is in the record`, recorded.length === lost, `${recorded.length} of ${lost}`);
  }

  queue('LeftActor', { type: 'Flood' });
  queue('RightActor', { type: 'Flood' });
  settle();
  const deadlocks = stage.logs().filter((line) => line.includes('deadlock of blocked producers'));
  check('two actors that block on each other are reported', deadlocks.length > 0, deadlocks[0] ?? 'no line in the log');
  const passed = ['LeftActor', 'RightActor'].map((path) => handledBy(path).filter((item) => item === 'Item').length);
  check(
    'and both go on without a loss',
    passed.every((count) => count === SENT),
    `handled ${passed.join(' and ')} of ${SENT}`,
  );

  return Promise.resolve({
    scenario: 'backpressure',
    passed: checks.every((one) => one.passed),
    durationMs: performance.now() - begun,
    messages: stage.recorded(),
    checks,
  });
};
