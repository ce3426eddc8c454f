import type { Behaviour } from '../../../node-core/kernel/behaviour.ts';
import type { Ref, ReplyTo } from '../../../node-core/kernel/ref.ts';
import { mailbox, supervision, type Done, type Run } from './measure.ts';

interface Ball {
  readonly type: 'Ball';
  readonly left: number;
}
interface Missed {
  readonly type: 'Missed';
  readonly seen: number;
}
interface PlayerState {
  readonly other: Ref<Ball | Missed>;
  readonly seen: number;
  readonly to: ReplyTo<Done> | undefined;
}

/** One of two actors that send a ball to and fro; both count. */
const player = (other: string): Behaviour<PlayerState, Run | Ball | Missed> => ({
  name: 'Player',
  mailbox,
  supervision,
  init: (_, ctx) => ({ other: ctx.refOf<Ball | Missed>(other), seen: 0, to: undefined }),
  receive(state, message, ctx) {
    switch (message.type) {
      case 'Run':
        ctx.tell(state.other, { type: 'Ball', left: message.count - 1 });
        return { ...state, seen: 0, to: ctx.replyTo(message) };
      case 'Ball':
        if (message.left === 0) {
          ctx.tell(state.other, { type: 'Missed', seen: state.seen + 1 });
          return { ...state, seen: 0 };
        }
        ctx.tell(state.other, { type: 'Ball', left: message.left - 1 });
        return { other: state.other, seen: state.seen + 1, to: state.to };
      case 'Missed': {
        const seen = state.seen + message.seen;
        if (state.to === undefined) ctx.tell(state.other, { type: 'Missed', seen });
        else ctx.reply(state.to, { type: 'Done', total: seen });
        return { ...state, seen: 0 };
      }
    }
  },
});

/** `Run` on `ping`; whoever misses the last ball tells the other, until the one that began answers. */
export const pingPongActors = { ping: player('pong'), pong: player('ping') };
