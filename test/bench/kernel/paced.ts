import { setImmediate as eventLoopTurn, setTimeout as sleep } from 'node:timers/promises';
import type { Behaviour } from '../../../node-core/kernel/behaviour.ts';
import type { Ref, ReplyTo, Request } from '../../../node-core/kernel/ref.ts';
import type { ActorStatus } from '../../../node-core/kernel/record.ts';
import { collectGarbage, mailbox, startSystem, supervision } from './measure.ts';

/** Messages per second to each actor. Source: communication-flows.md, Message Throughput Targets. */
export const LOADS = {
  ChainActor: 1_000,
  NetworkActor: 10_000,
  BridgeActor: 100,
  SyncActor: 5_000,
  StorageActor: 2_000,
};
type Loaded = keyof typeof LOADS;
const NAMES = Object.keys(LOADS) as Loaded[];

/** Round trips per second. */
const PROBES = 100;
const PACE_MS = 1;
/** After a pause of the whole process at most so many messages to one actor at once: half of what its mailbox holds. */
const BURST = 500;

interface Work {
  readonly type: 'Work';
  readonly n: number;
}
interface Echo extends Request<Echoed> {
  readonly type: 'Echo';
}
interface Echoed {
  readonly type: 'Echoed';
}
interface Probe extends Request<Probed> {
  readonly type: 'Probe';
  readonly target: string;
}
interface Probed {
  readonly type: 'Probed';
}

const worker: Behaviour<number, Work | Echo> = {
  name: 'Worker',
  mailbox,
  supervision,
  init: () => 0,
  receive(state, message, ctx) {
    if (message.type === 'Work') return state + 1;
    ctx.reply(ctx.replyTo(message), { type: 'Echoed' });
    return state;
  },
  view: (state) => state,
};

/** Asks another actor and answers when that has answered; one probe at a time. */
const prober: Behaviour<ReplyTo<Probed> | undefined, Probe | Echoed> = {
  name: 'Prober',
  mailbox,
  supervision,
  init: () => undefined,
  receive(state, message, ctx) {
    if (message.type === 'Echoed') {
      if (state !== undefined) ctx.reply(state, { type: 'Probed' });
      return undefined;
    }
    ctx.ask(ctx.refOf<Echo>(message.target), { type: 'Echo' }, { timeoutMs: 10_000, onTimeout: { type: 'Echoed' } });
    return ctx.replyTo(message);
  },
};

export interface Distribution {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}
export interface Paced {
  readonly messagesPerSecond: number;
  /** The worst actor's, which is the one with the highest p99. */
  readonly queueWait: Distribution;
  readonly roundTrip: Distribution;
}

/** Sends all five loads, times `factor`, for `seconds`, and probes round trips meanwhile. */
export async function measurePaced(factor: number, seconds: number): Promise<Paced> {
  collectGarbage();
  const system = startSystem({ ...Object.fromEntries(NAMES.map((name) => [name, worker])), prober });
  const refs = Object.fromEntries(NAMES.map((name) => [name, system.refOf<Work>(name)])) as Record<Loaded, Ref<Work>>;
  const sent = Object.fromEntries(NAMES.map((name) => [name, 0])) as Record<Loaded, number>;
  const trips: number[] = [];
  const begun = performance.now();
  const elapsed = (): number => performance.now() - begun;
  const probing = (async () => {
    for (let n = 0; elapsed() < seconds * 1_000; n++) {
      const asked = performance.now();
      const target = NAMES[n % NAMES.length] as Loaded;
      await system.ask(system.refOf<Probe>('prober'), { type: 'Probe', target }, { from: 'Bench', timeoutMs: 10_000 });
      trips.push(performance.now() - asked);
      await sleep(1_000 / PROBES);
    }
  })();
  while (elapsed() < seconds * 1_000) {
    let behind = false;
    for (const name of NAMES) {
      const due = Math.floor((elapsed() / 1_000) * LOADS[name] * factor);
      const until = Math.min(due, sent[name] + BURST);
      for (; sent[name] < until; sent[name]++) {
        system.inject(refs[name], { type: 'Work', n: sent[name] }, { from: 'Bench' });
      }
      behind ||= until < due;
    }
    if (behind) await eventLoopTurn();
    else await sleep(PACE_MS);
  }
  await probing;
  await sleep(50);
  for (const name of NAMES) {
    if (system.view(name) !== sent[name])
      throw new Error(`${name} handled ${String(system.view(name))} of ${sent[name]}`);
  }
  const waits = system
    .tree()
    .filter(({ path }) => path in LOADS)
    .map(({ queueWait }: ActorStatus) => queueWait)
    .sort((a, b) => b.p99Us - a.p99Us);
  const [worst] = waits;
  if (worst === undefined) throw new Error('no actor has waited');
  await system.stop();
  trips.sort((a, b) => a - b);
  const trip = (q: number): number => trips[Math.max(0, Math.ceil(q * trips.length) - 1)] ?? NaN;
  return {
    messagesPerSecond: NAMES.reduce((sum, name) => sum + sent[name], 0) / seconds,
    queueWait: { p50Ms: worst.p50Us / 1_000, p99Ms: worst.p99Us / 1_000, maxMs: worst.maxUs / 1_000 },
    roundTrip: { p50Ms: trip(0.5), p99Ms: trip(0.99), maxMs: trip(1) },
  };
}
