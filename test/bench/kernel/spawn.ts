import type { Behaviour } from '../../../node-core/kernel/behaviour.ts';
import type { ReplyTo, Request } from '../../../node-core/kernel/ref.ts';
import { collectGarbage, mailbox, startSystem, supervision, timed, type Done, type Run } from './measure.ts';

/** Actors that are spawned, in batches of one handler call each. */
export const SPAWNED = 100_000;
const BATCH = 1_000;

interface SpawnBatch {
  readonly type: 'SpawnBatch';
}
interface Hello extends Request<HelloBack> {
  readonly type: 'Hello';
}
interface HelloBack {
  readonly type: 'HelloBack';
}

const idle: Behaviour<null, Hello> = {
  name: 'Idle',
  mailbox,
  supervision,
  init: () => null,
  receive(state, message, ctx) {
    ctx.reply(ctx.replyTo(message), { type: 'HelloBack' });
    return state;
  },
};

interface Spawning {
  readonly expected: number;
  readonly total: number;
  readonly to: ReplyTo<Done> | undefined;
}

const spawner: Behaviour<Spawning, Run | SpawnBatch | HelloBack> = {
  name: 'Spawner',
  mailbox,
  supervision,
  init: () => ({ expected: 0, total: 0, to: undefined }),
  receive(state, message, ctx) {
    if (message.type === 'HelloBack') {
      if (state.to !== undefined) ctx.reply(state.to, { type: 'Done', total: state.total });
      return state;
    }
    const began = message.type === 'Run' ? { expected: message.count, total: 0, to: ctx.replyTo(message) } : state;
    const total = began.total + BATCH;
    for (let index = began.total; index < total; index++) ctx.spawn(idle, `idle${index}`, undefined);
    if (total < began.expected) {
      ctx.tell(ctx.self, { type: 'SpawnBatch' });
    } else {
      // Inits run in the order of the spawns: when the last one answers all live.
      ctx.ask(
        ctx.refOf<Hello>(`${ctx.path}/idle${total - 1}`),
        { type: 'Hello' },
        { timeoutMs: 60_000, onTimeout: { type: 'SpawnBatch' } },
      );
    }
    return { ...began, total };
  },
};

function bytesInUse(): number {
  collectGarbage();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

/** Actors per second, and bytes of each while it is idle. */
export async function measureSpawn(): Promise<{ readonly perSecond: number; readonly bytes: number }> {
  const system = startSystem({ spawner });
  const before = bytesInUse();
  const perSecond = await timed(system, 'spawner', SPAWNED, SPAWNED, SPAWNED);
  const bytes = (bytesInUse() - before) / SPAWNED;
  await system.stop();
  return { perSecond, bytes };
}
