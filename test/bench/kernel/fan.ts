import type { AnyBehaviour } from '../../../node-core/kernel/actor-kind.ts';
import type { Behaviour } from '../../../node-core/kernel/behaviour.ts';
import type { Ref, ReplyTo } from '../../../node-core/kernel/ref.ts';
import { mailbox, supervision, type Done, type Run } from './measure.ts';

/** Senders, receivers: the width of a fan. */
export const WIDTH = 100;
/** Actors of the chain. */
export const LENGTH = 1_000;

interface Item {
  readonly type: 'Item';
}
interface Batch {
  readonly type: 'Batch';
  readonly size: number;
}
interface Counted {
  readonly type: 'Counted';
  readonly total: number;
}
const ITEM_ROUND = 10;

interface Collecting {
  readonly expected: number;
  readonly total: number;
  readonly to: ReplyTo<Done> | undefined;
}

/** Receives from all senders and answers the run when the last item has come. */
const hub: Behaviour<Collecting, Run | Item> = {
  name: 'Hub',
  mailbox,
  supervision,
  init: () => ({ expected: 0, total: 0, to: undefined }),
  receive(state, message, ctx) {
    if (message.type === 'Run') {
      for (let index = 0; index < WIDTH; index++) {
        ctx.tell(ctx.refOf<Batch>(`sender${index}`), { type: 'Batch', size: message.count / WIDTH });
      }
      return { expected: message.count, total: 0, to: ctx.replyTo(message) };
    }
    const total = state.total + 1;
    if (total === state.expected && state.to !== undefined) ctx.reply(state.to, { type: 'Done', total });
    return { expected: state.expected, total, to: state.to };
  },
};

const sender: Behaviour<Ref<Item> | undefined, Batch> = {
  name: 'Sender',
  mailbox,
  supervision,
  init: (_, ctx) => ctx.refOf<Item>('hub'),
  receive(state, message, ctx) {
    const size = Math.min(message.size, ITEM_ROUND);
    if (state !== undefined) for (let index = 0; index < size; index++) ctx.tell(state, { type: 'Item' });
    if (message.size > size) ctx.tell(ctx.self, { type: 'Batch', size: message.size - size });
    return state;
  },
};

const numbered = (
  name: string,
  count: number,
  behaviour: (index: number) => AnyBehaviour,
): Record<string, AnyBehaviour> =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`${name}${index}`, behaviour(index)]));

/** `Run` on `hub`: a hundred senders, one receiver. The hub's full mailbox holds the senders back. */
export const fanInActors = { hub, ...numbered('sender', WIDTH, () => sender) };

interface Spreading {
  readonly receivers: readonly Ref<Item | Batch>[];
  readonly left: number;
  readonly reports: number;
  readonly total: number;
  readonly to: ReplyTo<Done> | undefined;
}

/** Sends to all receivers in turn; at the end each reports how many it has counted. */
const spreader: Behaviour<Spreading, Run | Batch | Counted> = {
  name: 'Spreader',
  mailbox,
  supervision,
  init: (_, ctx) => ({
    receivers: Array.from({ length: WIDTH }, (_none, index) => ctx.refOf<Item | Batch>(`receiver${index}`)),
    left: 0,
    reports: 0,
    total: 0,
    to: undefined,
  }),
  receive(state, message, ctx) {
    if (message.type === 'Counted') {
      const reports = state.reports + 1;
      const total = state.total + message.total;
      if (reports === WIDTH && state.to !== undefined) ctx.reply(state.to, { type: 'Done', total });
      return { ...state, reports, total };
    }
    const began =
      message.type === 'Run'
        ? { ...state, left: message.count, reports: 0, total: 0, to: ctx.replyTo(message) }
        : state;
    for (const receiver of began.receivers) ctx.tell(receiver, { type: 'Item' });
    const left = began.left - WIDTH;
    if (left > 0) ctx.tell(ctx.self, { type: 'Batch', size: left });
    else for (const receiver of began.receivers) ctx.tell(receiver, { type: 'Batch', size: 0 });
    return { ...began, left };
  },
};

const receiver: Behaviour<number, Item | Batch> = {
  name: 'Receiver',
  mailbox,
  supervision,
  init: () => 0,
  receive(state, message, ctx) {
    if (message.type === 'Item') return state + 1;
    ctx.tell(ctx.refOf<Counted>('spreader'), { type: 'Counted', total: state });
    return 0;
  },
};

/** `Run` on `spreader`: one sender, a hundred receivers. */
export const fanOutActors = { spreader, ...numbered('receiver', WIDTH, () => receiver) };

interface Passing {
  readonly next: Ref<Item> | undefined;
  readonly expected: number;
  readonly total: number;
  readonly to: ReplyTo<Done> | undefined;
}

/** A link passes every item to the next; the last one hands it back to the first, which counts. */
const link = (index: number): Behaviour<Passing, Run | Item> => ({
  name: 'Link',
  mailbox,
  supervision,
  init: (_, ctx) => ({ next: ctx.refOf<Item>(`link${(index + 1) % LENGTH}`), expected: 0, total: 0, to: undefined }),
  receive(state, message, ctx) {
    if (state.next === undefined) return state;
    if (message.type === 'Run') {
      for (let sent = 0; sent < message.count; sent++) ctx.tell(state.next, { type: 'Item' });
      return { ...state, expected: message.count, total: 0, to: ctx.replyTo(message) };
    }
    if (index !== 0) {
      ctx.tell(state.next, message);
      return state;
    }
    const total = state.total + 1;
    if (total === state.expected && state.to !== undefined) ctx.reply(state.to, { type: 'Done', total });
    return { ...state, total };
  },
});

/** `Run` at most a mailbox of items on `link0`: each goes once around the chain of a thousand actors. */
export const chainActors = numbered('link', LENGTH, link);
