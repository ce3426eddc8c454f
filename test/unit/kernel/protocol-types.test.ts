import { describe, expect, it } from 'vitest';
import type { Behaviour, Source } from '../../../node-core/kernel/behaviour.ts';
import type { Ref, Request } from '../../../node-core/kernel/ref.ts';
import { mailbox, policy, root } from '../../support/actors.ts';

interface Deposit {
  readonly type: 'Deposit';
  readonly amountSats: bigint;
}
interface ReadBalance extends Request<Balance> {
  readonly type: 'ReadBalance';
}
interface Balance {
  readonly type: 'Balance';
  readonly amountSats: bigint;
}
interface Tick {
  readonly type: 'Tick';
}
type AccountMessage = Deposit | ReadBalance;
type TellerMessage = Tick | Balance;
interface Ports {
  readonly bitcoin: { getTip(height: number): Promise<string>; blocks(): Source<number> };
}

/** Never run: the type checker is the test, and a line that should not compile but does is its failure. */
const teller: Behaviour<null, TellerMessage, undefined, Ports> = {
  name: 'TellerActor',
  mailbox,
  supervision: policy,
  init: () => null,
  receive(state, message, ctx) {
    const account = ctx.refOf<AccountMessage>('AccountActor');
    // @ts-expect-error what an actor knows is not taken from where its address goes
    const inferred: Ref<AccountMessage> = ctx.refOf('AccountActor');
    // @ts-expect-error nothing can be sent to an address of whose actor nothing is known
    ctx.tell(ctx.refOf('AccountActor'), { type: 'Deposit', amountSats: 1n });
    ctx.tell(account, { type: 'Deposit', amountSats: 1n });
    // @ts-expect-error an amount is a bigint
    ctx.tell(account, { type: 'Deposit', amountSats: 1 });
    // @ts-expect-error an account doesn't know ticks
    ctx.tell(account, { type: 'Tick' });
    // @ts-expect-error a ref for more messages than the actor knows
    const wider: Ref<AccountMessage | Tick> = account;
    const narrower: Ref<Deposit> = account;
    ctx.tell(narrower, { type: 'Deposit', amountSats: 2n });

    ctx.ask(account, { type: 'ReadBalance' }, { timeoutMs: 1, onTimeout: { type: 'Tick' } });
    // @ts-expect-error the time-out's message is one of the asker's own
    ctx.ask(account, { type: 'ReadBalance' }, { timeoutMs: 1, onTimeout: { type: 'Deposit', amountSats: 1n } });
    // @ts-expect-error no request
    ctx.ask(account, { type: 'Tick' }, { timeoutMs: 1, onTimeout: { type: 'Tick' } });

    ctx.timer('tick', 1, { type: 'Tick' });
    // @ts-expect-error a timer brings one of the actor's own messages
    ctx.timer('tick', 1, { type: 'Deposit', amountSats: 1n });

    ctx.call('bitcoin', 'getTip', [1], { timeoutMs: 1, done: () => ({ type: 'Tick' }) });
    // @ts-expect-error a height is a number
    ctx.call('bitcoin', 'getTip', ['1'], { timeoutMs: 1, done: () => ({ type: 'Tick' }) });
    // @ts-expect-error a source is opened, not called
    ctx.call('bitcoin', 'blocks', [], { timeoutMs: 1, done: () => ({ type: 'Tick' }) });
    // @ts-expect-error no port that the behaviour declares
    ctx.call('engine', 'getTip', [1], { timeoutMs: 1, done: () => ({ type: 'Tick' }) });
    // @ts-expect-error the outcome becomes one of the actor's own messages
    ctx.call('bitcoin', 'getTip', [1], { timeoutMs: 1, done: () => ({ type: 'Deposit', amountSats: 1n }) });

    // @ts-expect-error a discriminated union has no other member
    if (message.type === 'Deposit') return state;
    return wider === undefined || inferred === undefined ? null : state;
  },
};

/** Answers what it is asked, and nothing else. */
const account: Behaviour<bigint, AccountMessage> = {
  name: 'AccountActor',
  mailbox,
  supervision: policy,
  init: () => 0n,
  receive(state, message, ctx) {
    if (message.type === 'Deposit') return state + message.amountSats;
    const to = ctx.replyTo(message);
    ctx.reply(to, { type: 'Balance', amountSats: state });
    // @ts-expect-error a balance is asked for, not a tick
    ctx.reply(to, { type: 'Tick' });
    return state;
  },
};

describe('protocols', () => {
  it('are checked when they are compiled', () => {
    expect(root([teller, account]).name).toBe('SupervisorActor');
  });
});
