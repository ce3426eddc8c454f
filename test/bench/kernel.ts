import { chainActors, fanInActors, fanOutActors, LENGTH } from './kernel/fan.ts';
import { ROUNDS, WARM_UP_ROUNDS, startSystem, timed } from './kernel/measure.ts';
import { measurePaced, type Distribution } from './kernel/paced.ts';
import { loopTell, nactPingPong, nactTell, queueTell, xstateTell } from './kernel/peers.ts';
import { pingPongActors } from './kernel/ping-pong.ts';
import { measureSpawn } from './kernel/spawn.ts';
import { tellActors } from './kernel/tell.ts';
import { figure, median, type BenchResult, type Suite } from './result.ts';

const SUITE = 'kernel';
const PER_SECOND = 'messages/s';
const TOLD = 2_000_000;
const BALLS = 1_000_000;
const FANNED = 1_000_000;
const CHAINED = 1_000;
const PEER_MESSAGES = 200_000;
const PACED_SECONDS = 10;

async function tell(tracing: boolean): Promise<number> {
  const system = startSystem(tellActors, tracing);
  const rate = await timed(system, 'producer', TOLD, TOLD, TOLD);
  await system.stop();
  return rate;
}

async function once(
  actors: Parameters<typeof startSystem>[0],
  path: string,
  count: number,
  messages: number,
): Promise<number> {
  const system = startSystem(actors);
  const rate = await timed(system, path, count, messages, count);
  await system.stop();
  return rate;
}

/** Every contender once a round, so that what else the machine does falls on all alike. */
async function rounds(
  contenders: Readonly<Record<string, () => number | Promise<number>>>,
): Promise<Readonly<Record<string, readonly number[]>>> {
  const rates = Object.fromEntries(Object.keys(contenders).map((name) => [name, [] as number[]]));
  for (let round = -WARM_UP_ROUNDS; round < ROUNDS; round++) {
    for (const [name, measure] of Object.entries(contenders)) {
      const rate = await measure();
      if (round >= 0) rates[name]?.push(rate);
    }
  }
  return rates;
}

/** The ratio of two contenders is the median of the rounds' ratios. */
function versus(own: readonly number[], other: readonly number[]): number {
  return median(own.map((rate, round) => rate / (other[round] ?? NaN)));
}

function compared(
  name: string,
  own: readonly number[],
  peer: string,
  other: readonly number[],
  target: number,
): BenchResult {
  return figure({
    suite: SUITE,
    name,
    value: median(own),
    unit: PER_SECOND,
    baseline: { name: peer, value: median(other) },
    ratio: versus(own, other),
    target: { text: `ratio at least ${target}`, value: target },
  });
}

function distribution(name: string, { p50Ms, p99Ms, maxMs }: Distribution, targetMs: number): readonly BenchResult[] {
  return [
    figure({
      suite: SUITE,
      name,
      value: p99Ms,
      unit: 'ms',
      p50: p50Ms,
      p99: p99Ms,
      target: { text: `p99 below ${targetMs} ms`, value: targetMs },
    }),
    figure({ suite: SUITE, name: `${name} maximum`, value: maxMs, unit: 'ms' }),
  ];
}

/** The actor kernel against its peers. */
export const run: Suite = async (log) => {
  const results: BenchResult[] = [];
  log('kernel: tell, against nact, arrays with loops, XState and itself without tracing');
  const told = await rounds({
    own: () => tell(true),
    untraced: () => tell(false),
    nact: () => nactTell(PEER_MESSAGES),
    queue: () => queueTell(TOLD),
    loop: () => loopTell(TOLD),
    xstate: () => xstateTell(TOLD),
  });
  const { own = [], untraced = [], nact = [], queue = [], loop = [], xstate = [] } = told;
  results.push(
    compared('tell', own, 'nact', nact, 15),
    compared('tell against a queue', own, 'array and loop, first in first out', queue, 0.25),
    compared('tell against a batch', own, 'array walked and emptied at once', loop, 0.25),
    compared('tell against XState', own, 'fromTransition', xstate, 1),
    compared('tracing', own, 'without tracing', untraced, 0.5),
    figure({
      suite: SUITE,
      name: 'tracing cost',
      value: median(own.map((rate, round) => 1e9 / rate - 1e9 / (untraced[round] ?? NaN))),
      unit: 'ns/message',
    }),
  );
  log('kernel: ping-pong, against nact');
  const balls = await rounds({
    own: () => once(pingPongActors, 'ping', BALLS, BALLS),
    nact: () => nactPingPong(PEER_MESSAGES),
  });
  results.push(compared('ping-pong', balls['own'] ?? [], 'nact', balls['nact'] ?? [], 8));
  log('kernel: fan-in, fan-out, chain');
  const fans = await rounds({
    'fan-in': () => once(fanInActors, 'hub', FANNED, FANNED),
    'fan-out': () => once(fanOutActors, 'spreader', FANNED, FANNED),
    chain: () => once(chainActors, 'link0', CHAINED, CHAINED * LENGTH),
  });
  for (const [name, rates] of Object.entries(fans))
    results.push(figure({ suite: SUITE, name, value: median(rates), unit: PER_SECOND }));
  log('kernel: spawn');
  const spawned: Awaited<ReturnType<typeof measureSpawn>>[] = [];
  for (let round = 0; round < ROUNDS; round++) spawned.push(await measureSpawn());
  results.push(
    figure({ suite: SUITE, name: 'spawn', value: median(spawned.map(({ perSecond }) => perSecond)), unit: 'actors/s' }),
    figure({ suite: SUITE, name: 'idle actor', value: median(spawned.map(({ bytes }) => bytes)), unit: 'bytes' }),
  );
  for (const factor of [1, 10]) {
    log(`kernel: the five loads at once, times ${factor}, for ${PACED_SECONDS} s`);
    const paced = await measurePaced(factor, PACED_SECONDS);
    const name = factor === 1 ? 'paced' : `paced x${factor}`;
    results.push(
      figure({ suite: SUITE, name, value: paced.messagesPerSecond, unit: PER_SECOND }),
      ...distribution(`${name} queue wait`, paced.queueWait, 1),
      ...distribution(`${name} round trip`, paced.roundTrip, 5),
    );
  }
  return results;
};
