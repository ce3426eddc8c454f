import { describe, expect, it } from 'vitest';
import { CascadingError, NetworkError, ServiceError } from '../../../node-core/primitives/errors.ts';
import { ActorDown } from '../../../node-core/kernel/actor-down.ts';
import type { Ctx } from '../../../node-core/kernel/behaviour.ts';
import type { ReplyTo, Request } from '../../../node-core/kernel/ref.ts';
import type { SupervisionPolicy } from '../../../node-core/kernel/supervision.ts';
import { actor, policy, run, type Any, type Running } from '../../support/actors.ts';

interface Question extends Request<Any> {
  readonly type: 'Question';
}
const TIMEOUT = { timeoutMs: 1_000, onTimeout: { type: 'AskTimedOut' } };

const asker = (more: (message: Any, ctx: Ctx<Any>) => void = () => undefined) =>
  actor('AskerActor', (message, ctx) => {
    if (message.type === 'Go') ctx.ask(ctx.refOf<Question>('AnswererActor'), { type: 'Question' }, TIMEOUT);
    more(message, ctx);
  });

const answerer = actor('AnswererActor', (message, ctx) => {
  if (message.type === 'Question') ctx.reply(ctx.replyTo<Any>(message), { type: 'Answer' });
});

describe('an answer to what was told', () => {
  const asker = actor('AskerActor', (message, ctx) => {
    if (message.type === 'Go') ctx.tell(ctx.refOf<Any>('AnswererActor'), { type: 'Question' });
    if (message.type === 'Crash') throw new NetworkError('N', 'n');
  });
  const answerer = actor('AnswererActor', (message, ctx) => {
    if (message.type === 'Question') ctx.reply(ctx.replyTo<Any>(message as never), { type: 'Answer' });
  });

  it('reaches the generation that told it', () => {
    const { tell, system } = run([asker, answerer]);
    tell('AskerActor', { type: 'Crash' });
    tell('AskerActor', { type: 'Go' });
    expect(system.view('AskerActor')).toEqual(['Go', 'Answer']);
  });

  it('is discarded when that generation is gone (INV-26)', () => {
    const { tell, system, story, settle } = run([asker, answerer]);
    system.suspend('AnswererActor');
    tell('AskerActor', { type: 'Go' });
    tell('AskerActor', { type: 'Crash' });
    system.resume('AnswererActor');
    settle();
    expect(story().at(-1)).toBe('AnswererActor -> AskerActor: Answer staleGeneration');
    expect(system.view('AskerActor')).toEqual([]);
  });

  it('may itself be answered: what is not bound to a generation goes to whichever lives', () => {
    const back = actor('AskerActor', (message, ctx) => {
      if (message.type === 'Go') ctx.tell(ctx.refOf<Any>('AnswererActor'), { type: 'Question' });
      if (message.type === 'Answer') ctx.reply(ctx.replyTo<Any>(message as never), { type: 'Thanks' });
      if (message.type === 'Crash') throw new NetworkError('N', 'n');
    });
    const { tell, system } = run([back, answerer]);
    tell('AskerActor', { type: 'Crash' });
    tell('AskerActor', { type: 'Go' });
    expect(system.view('AnswererActor')).toEqual(['Question', 'Thanks']);
  });
});

describe('an ask', () => {
  it('is answered by one message, and its time-out never comes', () => {
    const { tell, pump, system } = run([answerer, asker()]);
    tell('AskerActor', { type: 'Go' });
    pump.runFor(5_000);
    expect(system.view('AskerActor')).toEqual(['Go', 'Answer']);
  });

  it('without an answer brings its time-out, once', () => {
    const { tell, pump, system } = run([actor('AnswererActor'), asker()]);
    tell('AskerActor', { type: 'Go' });
    pump.runFor(999);
    expect(system.view('AskerActor')).toEqual(['Go']);
    pump.runFor(5_000);
    expect(system.view('AskerActor')).toEqual(['Go', 'AskTimedOut']);
  });

  it('answered after its time-out brings nothing more: the answer is a dead letter', () => {
    const late: ReplyTo<Any>[] = [];
    const slow = actor('AnswererActor', (message, ctx) => {
      if (message.type === 'Question') {
        late.push(ctx.replyTo<Any>(message));
        ctx.timer('later', 2_000, { type: 'Now' });
      } else {
        for (const to of late) ctx.reply(to, { type: 'Answer' });
      }
    });
    const { tell, pump, system, story } = run([slow, asker()]);
    tell('AskerActor', { type: 'Go' });
    pump.runFor(5_000);
    expect(system.view('AskerActor')).toEqual(['Go', 'AskTimedOut']);
    expect(story()).toContain('AnswererActor -> AskerActor: Answer deadLetter');
  });

  it('ends with its generation: the answer to the old one is discarded and recorded (INV-26)', () => {
    const slow = actor('AnswererActor', (message, ctx) => {
      if (message.type === 'Question')
        ctx.timer('later', 500, { ...message, type: 'Now', to: ctx.replyTo<Any>(message) } as Any);
      else ctx.reply(message['to'] as ReplyTo<Any>, { type: 'Answer' });
    });
    const fragile = asker((message) => {
      if (message.type === 'Crash') throw new ServiceError('BROKEN', 'broken');
    });
    const { tell, pump, system, story } = run([slow, fragile]);
    tell('AskerActor', { type: 'Go' });
    tell('AskerActor', { type: 'Crash' });
    pump.runFor(5_000);
    expect(system.view('AskerActor'), 'neither the answer nor the time-out reaches the new generation').toEqual([]);
    expect(story()).toContain('AnswererActor -> AskerActor: Answer staleGeneration');
  });

  it('has its answer also when the mailbox of the asker is full (INV-21)', () => {
    const small = actor(
      'AskerActor',
      (message, ctx) => {
        if (message.type === 'Go') ctx.ask(ctx.refOf<Question>('AnswererActor'), { type: 'Question' }, TIMEOUT);
      },
      { mailbox: { bound: 3, overflow: 'returnError' } },
    );
    const { tell, queue, settle, pump, system } = run([answerer, small]);
    system.suspend('AnswererActor');
    tell('AskerActor', { type: 'Go' });
    system.suspend('AskerActor');
    for (let n = 0; n < 10; n++) queue('AskerActor', { type: 'Noise' });
    settle();
    expect(system.tree().find(({ path }) => path === 'AskerActor')?.mailbox.depth, 'one place is kept').toBe(2);
    system.resume('AnswererActor');
    settle();
    system.resume('AskerActor');
    settle();
    pump.runFor(5_000);
    expect(system.view('AskerActor')).toEqual(['Go', 'Noise', 'Noise', 'Answer']);
  });

  it('crashes an actor whose whole mailbox is reserved, before any effect (INV-21)', () => {
    const greedy = actor(
      'AskerActor',
      (message, ctx) => {
        if (message.type === 'Go')
          for (let n = 0; n < 3; n++) ctx.ask(ctx.refOf<Question>('AnswererActor'), { type: 'Question' }, TIMEOUT);
      },
      { mailbox: { bound: 2, overflow: 'returnError' } },
    );
    const { tell, system } = run([answerer, greedy]);
    tell('AskerActor', { type: 'Go' });
    expect(system.view('AnswererActor')).toEqual([]);
    expect(system.tree().find(({ path }) => path === 'AskerActor')?.lastError?.code).toBe('TOO_MANY_RESERVED');
  });
});

describe('an ask from outside', () => {
  it('resolves with the answer', async () => {
    const { system, settle } = run([answerer]);
    const answer = system.ask(
      system.refOf<Any>('AnswererActor'),
      { type: 'Question' },
      { from: 'User', timeoutMs: 1_000 },
    );
    settle();
    await expect(answer).resolves.toEqual({ type: 'Answer' });
  });

  it('rejects at its time-out, when nobody lives there, and when the system ends', async () => {
    const { system, pump, settle } = run([actor('SilentActor', undefined, { supervision: policy })]);
    const ask = (path: string, timeoutMs: number) =>
      system.ask(system.refOf<Question>(path), { type: 'Question' }, { from: 'User', timeoutMs });
    const late = ask('SilentActor', 100);
    const nobody = ask('NobodyActor', 100);
    const cut = ask('SilentActor', 100_000);
    pump.runFor(200);
    const stopped = system.stop();
    settle();
    await expect(late).rejects.toMatchObject({ code: 'ASK_TIMEOUT', errorClass: 'service' });
    await expect(nobody).rejects.toMatchObject({
      code: 'ACTOR_DOWN',
      detail: { path: 'NobodyActor', lifecycle: null },
    });
    await expect(cut).rejects.toMatchObject({ code: 'ASK_FAILED' });
    await stopped;
  });
});

describe('an ask from outside of an actor that is down', () => {
  const fragile = (name: string, more: Partial<SupervisionPolicy> = {}) =>
    actor(
      name,
      (message, ctx) => {
        if (message.type === 'Question') ctx.reply(ctx.replyTo<Any>(message), { type: 'Answer' });
        if (message.type === 'Bug') throw new TypeError('bug');
        if (message.type === 'Service') throw new ServiceError('S', 's');
        if (message.type === 'Cascade') throw new CascadingError('C', 'c');
      },
      {
        supervision: {
          ...policy,
          cascading: { kind: 'circuitBreaker', failures: 1, openMs: 60_000, probes: 1 },
          ...more,
        },
      },
    );
  const asks = ({ system }: Running, path: string) =>
    system.ask(system.refOf<Question>(path), { type: 'Question' }, { from: 'Operator', timeoutMs: 10_000 });

  it('fails at once when it has ended, and says so', async () => {
    const running = run([fragile('LeafActor')]);
    running.tell('LeafActor', { type: 'Bug' });
    const refused = await asks(running, 'LeafActor').catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(ActorDown);
    expect(refused).toMatchObject({
      code: 'ACTOR_DOWN',
      message: "LeafActor can't answer: it is Terminated",
      detail: { path: 'LeafActor', lifecycle: 'Terminated', restsWith: null },
    });
    expect(running.story().at(-1)).toBe('Operator -> LeafActor: Question deadLetter');
  });

  it('fails at once while its circuit breaker is open; told messages wait', async () => {
    const running = run([fragile('LeafActor')]);
    running.tell('LeafActor', { type: 'Cascade' });
    const asked = asks(running, 'LeafActor');
    running.tell('LeafActor', { type: 'Hello' });
    await expect(asked).rejects.toMatchObject({
      message: "LeafActor can't answer soon: it is Restarting while the circuit breaker of LeafActor is open",
      detail: { path: 'LeafActor', lifecycle: 'Restarting', restsWith: 'LeafActor' },
    });
    expect(running.story()).toContain('Operator -> LeafActor: Question deadLetter');
    running.pump.runFor(60_000);
    expect(running.system.view('LeafActor'), 'the question was never handed in').toEqual(['Hello']);
    const answered = asks(running, 'LeafActor');
    running.settle();
    await expect(answered, 'half-open, it answers').resolves.toEqual({ type: 'Answer' });
  });

  it('fails at once for a sibling that rests with it', async () => {
    const running = run([fragile('FirstActor', { scope: 'restForOne' }), fragile('SecondActor')]);
    running.tell('FirstActor', { type: 'Cascade' });
    await expect(asks(running, 'SecondActor')).rejects.toMatchObject({
      detail: { path: 'SecondActor', lifecycle: 'Terminated', restsWith: 'FirstActor' },
    });
    running.pump.runFor(60_000);
    const answered = asks(running, 'SecondActor');
    running.settle();
    await expect(answered).resolves.toEqual({ type: 'Answer' });
  });

  it('waits for one that restarts with backoff, and for the sibling that restarts with it', async () => {
    const running = run([fragile('FirstActor', { scope: 'restForOne' }), fragile('SecondActor')]);
    running.tell('FirstActor', { type: 'Service' });
    const both = ['FirstActor', 'SecondActor'].map((path) => asks(running, path));
    expect(running.system.tree().map(({ lifecycle }) => lifecycle)).toEqual(['Running', 'Restarting', 'Terminated']);
    running.pump.runFor(1_000);
    await expect(Promise.all(both)).resolves.toEqual([{ type: 'Answer' }, { type: 'Answer' }]);
  });

  it('fails as soon as the actor ends in whose mailbox it waits', async () => {
    const running = run([fragile('LeafActor')]);
    running.system.suspend('LeafActor');
    running.queue('LeafActor', { type: 'Bug' });
    const asked = asks(running, 'LeafActor');
    running.system.resume('LeafActor');
    running.settle();
    await expect(asked).rejects.toMatchObject({ code: 'ACTOR_DOWN', detail: { lifecycle: 'Terminated' } });
  });

  it('says what else became of it', async () => {
    const full = { bound: 1, overflow: 'dropOldest' } as const;
    const running = run([actor('FullActor', undefined, { mailbox: full })]);
    running.system.suspend('FullActor');
    const asked = asks(running, 'FullActor');
    running.tell('FullActor', { type: 'Newer' });
    await expect(asked).rejects.toMatchObject({
      code: 'ASK_FAILED',
      message: 'FullActor did not take Question: dropped',
    });
  });
});

describe('a reply to a message that was told', () => {
  it('is an ordinary message to its sender', () => {
    const teller = actor('AskerActor', (message, ctx) => {
      if (message.type === 'Go') ctx.tell(ctx.refOf<Any>('AnswererActor'), { type: 'Question' });
    });
    const { tell, system } = run([answerer, teller]);
    tell('AskerActor', { type: 'Go' });
    expect(system.view('AskerActor')).toEqual(['Go', 'Answer']);
  });

  it('leaves the system when an outside party sent it', () => {
    const { tell, story } = run([answerer]);
    tell('AnswererActor', { type: 'Question' });
    expect(story()).toContain('AnswererActor -> Operator: Answer sent');
  });
});
