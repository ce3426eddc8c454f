import type { Behaviour } from '../../../node-core/kernel/behaviour.ts';
import type { ReplyTo, Request } from '../../../node-core/kernel/ref.ts';
import { mailbox, supervision, type Done, type Run } from './measure.ts';

export interface Add {
  readonly type: 'Add';
  readonly amount: number;
}
interface ReadTotal extends Request<Total> {
  readonly type: 'ReadTotal';
}
interface Total {
  readonly type: 'Total';
  readonly total: number;
}
type ConsumerMessage = Add | ReadTotal;
type ProducerMessage = Run | Total;

/** Messages that the producer sends before it asks how many have been counted: so few that the mailbox raises no alarm. */
const BATCH = 400;

/** Adds up, and says the sum when asked. */
export const consumer: Behaviour<number, ConsumerMessage> = {
  name: 'Consumer',
  mailbox,
  supervision,
  init: () => 0,
  receive(state, message, ctx) {
    if (message.type === 'Add') return state + message.amount;
    ctx.reply(ctx.replyTo(message), { type: 'Total', total: state });
    return state;
  },
};

interface ProducerState {
  readonly left: number;
  readonly before: number;
  readonly to: ReplyTo<Done>;
}

/** Tells its consumer `count` fresh messages, the next batch when the last has been counted. Answers with its own total. */
export const producer = (target: string): Behaviour<ProducerState | undefined, ProducerMessage> => ({
  name: 'Producer',
  mailbox,
  supervision,
  init: () => undefined,
  receive(state, message, ctx) {
    const consumer = ctx.refOf<ConsumerMessage>(target);
    const ask = (): unknown =>
      ctx.ask(consumer, { type: 'ReadTotal' }, { timeoutMs: 60_000, onTimeout: { type: 'Total', total: NaN } });
    if (message.type === 'Run') {
      ask();
      return { left: message.count, before: NaN, to: ctx.replyTo(message) };
    }
    if (state === undefined) return state;
    const before = Number.isNaN(state.before) ? message.total : state.before;
    if (state.left === 0) {
      ctx.reply(state.to, { type: 'Done', total: message.total - before });
      return undefined;
    }
    const batch = Math.min(state.left, BATCH);
    for (let index = 0; index < batch; index++) ctx.tell(consumer, { type: 'Add', amount: 1 });
    ask();
    return { ...state, before, left: state.left - batch };
  },
});

export const tellActors = { producer: producer('consumer'), consumer };
