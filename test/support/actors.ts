import { createActorSystem, type ActorSystemOptions } from '../../node-core/kernel/actor-system.ts';
import type { Behaviour, Ctx, MailboxOptions, PortMap } from '../../node-core/kernel/behaviour.ts';
import type { AnyBehaviour } from '../../node-core/kernel/actor-kind.ts';
import type { Message } from '../../node-core/kernel/envelope.ts';
import { SimulationPump, type SimulationOptions } from '../../node-core/kernel/pump/simulation.ts';
import type { RecordedLifecycle, RecordedMessage } from '../../node-core/kernel/record.ts';
import type { SupervisionPolicy } from '../../node-core/kernel/supervision.ts';
import type { ActorSystem } from '../../node-core/kernel/system.ts';

export const policy: SupervisionPolicy = {
  network: { kind: 'immediate' },
  service: { kind: 'backoff', initialMs: 100, maxMs: 1_000, factor: 2, jitter: 0 },
  cascading: { kind: 'circuitBreaker', failures: 3, openMs: 5_000, probes: 2 },
  logic: { kind: 'terminate' },
  scope: 'oneForOne',
  limit: { restarts: 5, windowMs: 60_000 },
  exceeded: 'terminate',
  stopDeadlineMs: 1_000,
};

export const mailbox: MailboxOptions = { bound: 100, overflow: 'returnError' };

/** A message of any shape, for actors whose protocol is not what is tested. */
export interface Any extends Message {
  readonly [field: string]: unknown;
}

type Receive<P extends PortMap> = (message: Any, ctx: Ctx<Any, P>) => void;

/** An actor that runs `receive` and keeps the types of the messages it has handled as its state and view. */
export function actor<P extends PortMap = Record<never, never>>(
  name: string,
  receive: Receive<P> = () => undefined,
  more: Partial<Behaviour<readonly string[], Any, undefined, P>> = {},
): Behaviour<readonly string[], Any, undefined, P> {
  return {
    name,
    mailbox,
    supervision: policy,
    init: () => [],
    receive: (state, message, ctx) => {
      receive(message, ctx);
      return [...state, message.type];
    },
    view: (state) => state,
    ...more,
  };
}

/** A root that starts `children` in their order, by their behaviours' names. */
export function root(
  children: readonly AnyBehaviour[],
  more: Partial<Behaviour<null, Any>> = {},
): Behaviour<null, Any> {
  return {
    name: 'SupervisorActor',
    mailbox,
    supervision: policy,
    init: (_, ctx) => {
      for (const child of children) ctx.spawn(child, child.name, undefined);
      return null;
    },
    receive: (state) => state,
    ...more,
  };
}

export interface Running {
  readonly pump: SimulationPump;
  readonly system: ActorSystem;
  /** Hands a message in from `Operator` and runs until nothing waits at the present time. */
  tell(path: string, message: Any, correlationId?: string): void;
  /** As `tell`, without running. */
  queue(path: string, message: Any): void;
  settle(): void;
  recorded(): readonly RecordedMessage[];
  /** `FROM -> TO: TYPE outcome`, in the order in which they ended. */
  story(): readonly string[];
  states(path: string): readonly string[];
  changes(): readonly RecordedLifecycle[];
  logs(): readonly string[];
}

/** A system in virtual time under a root with `children`, started and at rest. */
export function run(
  children: readonly AnyBehaviour[],
  options: Partial<ActorSystemOptions> & {
    readonly simulation?: Partial<SimulationOptions>;
    readonly rootMore?: Partial<Behaviour<null, Any>>;
  } = {},
): Running {
  const pump = new SimulationPump({ seed: 1, ...options.simulation });
  const { simulation: _, rootMore, ...system } = options;
  const actors = createActorSystem({
    ports: {},
    environment: pump.environment,
    pump,
    ...system,
    // A small record: thousands of short runs would spend their time on clearing its memory.
    limits: { recordEntries: 8_192, ...system.limits },
  });
  const lines = actors.read('oldest');
  const kept = {
    messages: [] as RecordedMessage[],
    states: [] as RecordedLifecycle[],
    logs: [] as string[],
  };
  const collect = (): void => {
    const { messages, lifecycle, logs } = lines.read(1_000_000);
    kept.messages.push(...messages);
    kept.states.push(...lifecycle);
    kept.logs.push(...logs.map(({ path, level, text }) => `${level} ${path}: ${text}`));
  };
  actors.start(root(children, rootMore), undefined);
  pump.runFor(0);
  return {
    pump,
    system: actors,
    tell(path, message, correlationId) {
      actors.inject(
        actors.refOf<Any>(path),
        message,
        correlationId === undefined ? { from: 'Operator' } : { from: 'Operator', correlationId },
      );
      pump.runFor(0);
    },
    queue: (path, message) => actors.inject(actors.refOf<Any>(path), message, { from: 'Operator' }),
    settle: () => pump.runFor(0),
    recorded() {
      collect();
      return kept.messages;
    },
    story() {
      collect();
      return kept.messages.map(({ from, to, type, outcome }) => `${from} -> ${to}: ${type} ${outcome}`);
    },
    states(path) {
      collect();
      return kept.states.filter((change) => change.path === path).map(({ to }) => to);
    },
    changes() {
      collect();
      return kept.states;
    },
    logs() {
      collect();
      return kept.logs;
    },
  };
}
