import { dispatch, spawn, start, stop, type Ref } from 'nact';
import { createActor, fromTransition } from 'xstate';

interface Add {
  readonly type: 'Add';
  readonly amount: number;
}

const add = (total: number, message: Add): number => (message.type === 'Add' ? total + message.amount : total);

function check(total: number, expected: number): void {
  if (total !== expected) throw new Error(`counted ${total} instead of ${expected}`);
}

/** Messages per second through an array, each taken off its front: no actor, no bound, no trace. Batches as large as a mailbox. */
export function queueTell(count: number): number {
  const begun = performance.now();
  const queue: Add[] = [];
  let total = 0;
  for (let sent = 0; sent < count;) {
    for (let batch = 0; batch < 1_000 && sent < count; batch++, sent++) queue.push({ type: 'Add', amount: 1 });
    for (let message = queue.shift(); message !== undefined; message = queue.shift()) total = add(total, message);
  }
  check(total, count);
  return (count * 1_000) / (performance.now() - begun);
}

/** As `queueTell`, but the loop walks the filled array and empties it at once, which no queue in use can do. */
export function loopTell(count: number): number {
  const begun = performance.now();
  const queue: Add[] = [];
  let total = 0;
  for (let sent = 0; sent < count;) {
    for (let batch = 0; batch < 1_000 && sent < count; batch++, sent++) queue.push({ type: 'Add', amount: 1 });
    for (const message of queue) total = add(total, message);
    queue.length = 0;
  }
  check(total, count);
  return (count * 1_000) / (performance.now() - begun);
}

/** Messages per second into XState's `fromTransition` actor: synchronous, unbounded, untraced. */
export function xstateTell(count: number): number {
  const actor = createActor(fromTransition(add, 0));
  actor.start();
  const begun = performance.now();
  for (let sent = 0; sent < count; sent++) actor.send({ type: 'Add', amount: 1 });
  const elapsedMs = performance.now() - begun;
  check(actor.getSnapshot().context, count);
  return (count * 1_000) / elapsedMs;
}

/** Messages per second to one nact actor, sent in batches as large as a mailbox by another. */
export async function nactTell(count: number): Promise<number> {
  const system = start();
  const { promise, resolve } = Promise.withResolvers<number>();
  const begun = performance.now();
  const consumer = spawn(
    system,
    (state: number | undefined, message: Add) => {
      const total = add(state ?? 0, message);
      if (total === count) resolve(total);
      return total;
    },
    'consumer',
  );
  let sent = 0;
  const producer = spawn(
    system,
    (state: null, _message: { readonly type: 'Continue' }, ctx): null => {
      for (let batch = 0; batch < 1_000 && sent < count; batch++, sent++)
        dispatch(consumer, { type: 'Add', amount: 1 });
      if (sent < count) dispatch(ctx.self, { type: 'Continue' });
      return state;
    },
    'producer',
  );
  dispatch(producer, { type: 'Continue' });
  check(await promise, count);
  const elapsedMs = performance.now() - begun;
  stop(system);
  return (count * 1_000) / elapsedMs;
}

interface Ball {
  readonly type: 'Ball';
  readonly left: number;
}

/** Messages per second of one ball between two nact actors. */
export async function nactPingPong(count: number): Promise<number> {
  const system = start();
  const { promise, resolve } = Promise.withResolvers<number>();
  const players: Ref<Ball>[] = [];
  const player = (other: number) => (state: number | undefined, message: Ball) => {
    const seen = (state ?? 0) + 1;
    const to = players[other];
    if (message.left === 0) resolve(seen);
    else if (to !== undefined) dispatch(to, { type: 'Ball', left: message.left - 1 });
    return seen;
  };
  players.push(spawn(system, player(1), 'ping'), spawn(system, player(0), 'pong'));
  const begun = performance.now();
  const [ping] = players;
  if (ping !== undefined) dispatch(ping, { type: 'Ball', left: count - 1 });
  check(await promise, count / 2);
  const elapsedMs = performance.now() - begun;
  stop(system);
  return (count * 1_000) / elapsedMs;
}
