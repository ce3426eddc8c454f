import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { systemEnvironment } from '../../../node-core/adapters/system/environment.ts';
import { createActorSystem } from '../../../node-core/kernel/actor-system.ts';
import type { Behaviour, MailboxOptions } from '../../../node-core/kernel/behaviour.ts';
import type { AnyBehaviour } from '../../../node-core/kernel/actor-kind.ts';
import type { Message } from '../../../node-core/kernel/envelope.ts';
import { ProductionPump } from '../../../node-core/kernel/pump/production.ts';
import type { Request } from '../../../node-core/kernel/ref.ts';
import type { SupervisionPolicy } from '../../../node-core/kernel/supervision.ts';
import type { ActorSystem } from '../../../node-core/kernel/system.ts';

setFlagsFromString('--expose-gc');
/** What an earlier measurement left behind is not the next one's to clear. */
export const collectGarbage = runInNewContext('gc') as () => void;

/** Every figure is a median of so many rounds, after some in which the compiler learns: a node runs for months. */
export const ROUNDS = 7;
export const WARM_UP_ROUNDS = 5;

/** The bound of every mailbox that is measured. */
export const mailbox: MailboxOptions = { bound: 1_000, overflow: 'blockProducer' };

export const supervision: SupervisionPolicy = {
  network: { kind: 'immediate' },
  service: { kind: 'immediate' },
  cascading: { kind: 'immediate' },
  logic: { kind: 'terminate' },
  scope: 'oneForOne',
  limit: { restarts: 1, windowMs: 1_000 },
  exceeded: 'terminate',
  stopDeadlineMs: 1_000,
};

/** Begins a measured run; answered when it is complete. */
export interface Run extends Request<Done> {
  readonly type: 'Run';
  readonly count: number;
}
/** The end of a run with what was counted on the way, to be checked. */
export interface Done {
  readonly type: 'Done';
  readonly total: number;
}

/** Starts a production system whose root has `children` under their names. */
export function startSystem(children: Readonly<Record<string, AnyBehaviour>>, tracing = true): ActorSystem {
  const system = createActorSystem({ ports: {}, environment: systemEnvironment, pump: new ProductionPump(), tracing });
  const root: Behaviour<null, Message> = {
    name: 'Root',
    mailbox,
    supervision,
    init: (_, ctx) => {
      for (const [name, child] of Object.entries(children)) ctx.spawn(child, name, undefined);
      return null;
    },
    receive: (state) => state,
  };
  system.start(root, undefined);
  return system;
}

/** Runs `count` on the actor at `path` and returns messages per second of `messages` messages, after checking the total. */
export async function timed(
  system: ActorSystem,
  path: string,
  count: number,
  messages: number,
  expected: number,
): Promise<number> {
  const begun = performance.now();
  const { total } = await system.ask(
    system.refOf<Run>(path),
    { type: 'Run', count },
    { from: 'Bench', timeoutMs: 30_000 },
  );
  const elapsedMs = performance.now() - begun;
  if (total !== expected) throw new Error(`${path} counted ${total} instead of ${expected}`);
  return (messages * 1_000) / elapsedMs;
}
