import type {
  ActorStatus,
  Durations,
  RecordBatch,
  RecordedLifecycle,
  RecordedLog,
  RecordedMessage,
  TypeTimes,
} from '../../../node-core/kernel/record.ts';
import type { ActorSystem } from '../../../node-core/kernel/system.ts';

type Draft = Pick<RecordedMessage, 'from' | 'to' | 'type'> & Partial<RecordedMessage>;

const quantile = (ascending: readonly number[], q: number): number =>
  ascending[Math.ceil(q * ascending.length) - 1] ?? 0;

function durationsOf(us: readonly number[]): Durations {
  const ascending = us.toSorted((a, b) => a - b);
  return { p50Us: quantile(ascending, 0.5), p99Us: quantile(ascending, 0.99), maxUs: quantile(ascending, 1) };
}

/** An actor system that only tells a story: what the console reads, without anything that runs. */
export class SampleSystem {
  readonly messages: RecordedMessage[] = [];
  readonly lifecycle: RecordedLifecycle[] = [];
  readonly logs: RecordedLog[] = [];
  readonly views = new Map<string, unknown>();
  readonly actors = new Map<string, ActorStatus>();
  #seq = 0;

  actor(path: string, parent: string | null, change: Partial<ActorStatus> = {}): void {
    const known = this.actors.get(path);
    const next: ActorStatus = {
      path,
      parent,
      behaviour: path.split('/').at(-1)?.split(':')[0] ?? path,
      lifecycle: 'Running',
      suspended: false,
      generation: 1,
      restarts: 0,
      breaker: 'closed',
      mailbox: { depth: 0, bound: 50_000, overflow: 'blockProducer', highWater: 4, reserved: 0, atDoor: 0 },
      handled: 0,
      dropped: 0,
      refused: 0,
      deadLetters: 0,
      crashes: 0,
      queueWait: { p50Us: 12, p99Us: 140, maxUs: 900 },
      handling: { p50Us: 40, p99Us: 420, maxUs: 3000 },
      machineState: null,
      lastError: null,
      ...known,
      ...change,
    };
    this.actors.set(path, next);
    if (known?.lifecycle === next.lifecycle) return;
    this.lifecycle.push({
      seq: ++this.#seq,
      atMs: Date.now(),
      path,
      from: known?.lifecycle ?? null,
      to: next.lifecycle,
      generation: next.generation,
      reason: next.lifecycle === 'Failed' ? (next.lastError?.message ?? null) : null,
    });
  }

  /** Records a message and returns its seq, the cause of what follows from it. */
  say(correlationId: string, cause: number | null, draft: Draft): number {
    const seq = ++this.#seq;
    this.messages.push({
      seq,
      atMs: Date.now(),
      correlationId,
      cause,
      queueWaitUs: 20 + (seq % 7) * 15,
      handlingUs: 60 + (seq % 11) * 40,
      outcome: 'handled',
      ...draft,
    });
    for (const path of [draft.to]) {
      const actor = this.actors.get(path);
      if (actor !== undefined) this.actors.set(path, { ...actor, handled: actor.handled + 1 });
    }
    return seq;
  }

  log(
    path: string,
    level: RecordedLog['level'],
    text: string,
    fields: Record<string, unknown> = {},
    correlationId = '',
  ): void {
    this.logs.push({ seq: ++this.#seq, atMs: Date.now(), path, level, text, fields, correlationId });
  }

  /** In the order of the types' first messages. */
  times(path: string): readonly TypeTimes[] {
    const byType = Map.groupBy(
      this.messages.filter(({ to }) => to === path),
      ({ type }) => type,
    );
    return [...byType].map(([type, messages]) => ({
      type,
      count: messages.length,
      queueWait: durationsOf(messages.map(({ queueWaitUs }) => queueWaitUs)),
      handling: durationsOf(messages.map(({ handlingUs }) => handlingUs)),
    }));
  }

  asSystem(): ActorSystem {
    return {
      tree: () => [...this.actors.values()],
      times: (path: string) => this.times(path),
      view: (path: string) => this.views.get(path),
      read: (from: 'now' | 'oldest') => {
        const start = from === 'oldest' ? [0, 0, 0] : [this.messages.length, this.lifecycle.length, this.logs.length];
        let [message = 0, change = 0, log = 0] = start;
        return {
          read: (max: number): RecordBatch => {
            const messages = this.messages.slice(message, message + max);
            const lifecycle = this.lifecycle.slice(change);
            const logs = this.logs.slice(log);
            message += messages.length;
            change += lifecycle.length;
            log += logs.length;
            return { messages, lifecycle, logs, missed: 0, missedLifecycle: 0, missedLogs: 0 };
          },
          close: () => undefined,
        };
      },
      trace: (id: string) => this.messages.filter(({ correlationId }) => correlationId === id),
      payload: (seq: number) => ({
        type: this.messages.find((message) => message.seq === seq)?.type ?? 'Unknown',
        slot: 123,
        amountSats: 5_000_000n,
      }),
    } as unknown as ActorSystem;
  }
}
