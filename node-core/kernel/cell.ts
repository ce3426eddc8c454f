import type { ActorKind, AnyBehaviour } from './actor-kind.ts';
import type { ActorPath, Message } from './envelope.ts';
import type { LossLog } from './losses.ts';
import type { Runnable, Task } from './pump/pump.ts';
import { EnvelopeQueue, type Producer, type QueuedEnvelope } from './queue.ts';
import type { ActorStatus } from './record.ts';
import type { FailureHistory } from './restart-policy.ts';
import type { Ref } from './ref.ts';
import type { ActorStatistics } from './statistics.ts';
import type { LifecycleState } from './supervision.ts';

/** A request of this generation that waits for its answer. */
export interface PendingAsk {
  readonly task: Task;
}

/** A source of this generation; ended with it. */
export interface Ongoing {
  end(): void;
}

/** A port call of this generation that has no answer yet. */
export interface PendingCall extends Ongoing {
  readonly party: string;
  readonly type: string;
  readonly sinceMs: number;
}

const NONE: ActorCell[] = [];

/** Who runs cells. */
export interface CellHost {
  run(cell: ActorCell, maxMessages: number, untilUs: number): void;
  wake(cell: ActorCell): void;
}

/** One actor as the kernel keeps it: what lives across generations, and what ends with each. Idle, it is small. */
export class ActorCell implements Runnable, Producer {
  readonly id: number;
  readonly path: ActorPath;
  readonly name: string;
  readonly parent: ActorCell | undefined;
  readonly kind: ActorKind;
  readonly args: unknown;
  readonly host: CellHost;

  #lifecycle: LifecycleState = 'Initializing';
  /** Whether messages may still reach a living or coming generation: what the lifecycle says, ready for every message. */
  alive = true;
  /** Terminated, to live again when the sibling whose failure it shares restarts: what is sent to it waits. */
  awaitsRebirth = false;
  /** Whether a told message is taken as long as there is room: nobody waits at the door, and it isn't stopping. */
  open = true;
  /** Whether it handles messages now. */
  receives = false;
  stopping = false;
  generation = 1;
  state: unknown = undefined;
  context: unknown = undefined;
  suspended = false;
  scheduled = false;
  /** Why init runs: the story of the message that spawned this actor or crashed it. */
  bornOf: number;
  bornIn: number;

  readonly mailbox = new EnvelopeQueue();
  control: EnvelopeQueue | undefined = undefined;
  /** Messages that found the mailbox full and wait for room, those with a reserved place first. */
  door: EnvelopeQueue | undefined = undefined;
  reservedDoor: EnvelopeQueue | undefined = undefined;
  /** Messages in the mailbox, those sent by the running handler included. */
  waiting = 0;
  /** Control messages, counted in the same way. */
  controlWaiting = 0;
  /** Places kept for answers, timers and outcomes. */
  reserved = 0;
  highWater = 0;
  /** The depth at which the next alarm is raised, and how many are. */
  alarmAt: number;
  alarms = 0;
  /** Own messages at other actors' doors, those sent by the running handler included. */
  atDoors = 0;
  /** Of these, the ones that hold this actor back; above 0 it handles control messages only. */
  holds = 0;
  /** Where those wait, by the ids of the actors, and how many at each. */
  heldAt: Map<number, { readonly at: ActorCell; count: number }> | undefined = undefined;

  children: Map<string, ActorCell> | undefined = undefined;
  timers: Map<string, Task> | undefined = undefined;
  asks: Map<number, PendingAsk> | undefined = undefined;
  sources: Map<string, Ongoing> | undefined = undefined;
  calls: Set<PendingCall> | undefined = undefined;
  watchers: { readonly cell: ActorCell; readonly generation: number; readonly message: Message }[] | undefined =
    undefined;

  /** The restart or stop deadline that is waited for. */
  pendingTask: Task | undefined = undefined;
  /** A stop was asked for before init had run. */
  pendingStop = false;
  /** What follows once a graceful stop is complete. */
  afterStop: 'end' | 'restart' = 'end';
  /** How many messages are still in the mailbox that waited there at the wish to stop. */
  leftToDrain = 0;
  /** The children that a stopping actor has still to stop, the first started first. */
  stopQueue: ActorCell[] = NONE;
  /** Those that restart together with this actor. */
  group: readonly ActorCell[] | undefined = undefined;
  failures: FailureHistory | undefined = undefined;
  /** Messages that a half-open circuit breaker still wants to see handled. */
  probesLeft = 0;

  handled = 0;
  /** Below 0 before the first message; not a whole number, so that writing it allocates nothing. */
  lastHandledAtMs = -0.5;
  dropped = 0;
  refused = 0;
  deadLetters = 0;
  losses: LossLog | undefined = undefined;
  deadlockLoggedMs = -Infinity;
  crashes = 0;
  restarts = 0;
  lastError: ActorStatus['lastError'] = null;
  statistics: ActorStatistics | undefined = undefined;

  constructor(
    host: CellHost,
    id: number,
    path: ActorPath,
    name: string,
    parent: ActorCell | undefined,
    kind: ActorKind,
    args: unknown,
    bornOf: number,
    bornIn: number,
  ) {
    this.host = host;
    this.id = id;
    this.path = path;
    this.name = name;
    this.parent = parent;
    this.kind = kind;
    this.alarmAt = kind.alarms[0] as number;
    this.args = args;
    this.bornOf = bornOf;
    this.bornIn = bornIn;
  }

  get behaviour(): AnyBehaviour {
    return this.kind.behaviour;
  }

  get ref(): Ref<never> {
    return { path: this.path, id: this.id };
  }

  get lifecycle(): LifecycleState {
    return this.#lifecycle;
  }

  set lifecycle(state: LifecycleState) {
    this.#lifecycle = state;
    this.alive = state !== 'Terminated';
    this.awaitsRebirth = false;
    this.stopping = state === 'Stopping';
    this.receives = state === 'Running' || state === 'Stopping';
    this.updateOpen();
  }

  /** It has ended together with a sibling that will restart, and will live again with it. */
  awaitRebirth(): void {
    this.alive = true;
    this.awaitsRebirth = true;
    this.updateOpen();
  }

  cancelRebirth(): void {
    this.alive = false;
    this.awaitsRebirth = false;
    this.updateOpen();
  }

  /** After its lifecycle or its door has changed. */
  updateOpen(): void {
    this.open = this.alive && !this.stopping && (this.door === undefined || this.door.count === 0);
  }

  /** Whether the mailbox has a place that isn't reserved. */
  get hasRoom(): boolean {
    return this.waiting + this.reserved < this.kind.bound;
  }

  get livingChildren(): ActorCell[] {
    return this.children === undefined ? [] : [...this.children.values()].filter((child) => child.alive);
  }

  run(maxMessages: number, untilUs: number): void {
    this.host.run(this, maxMessages, untilUs);
  }

  leftDoor({ holds, target }: QueuedEnvelope): void {
    this.atDoors--;
    if (!holds) return;
    this.holds--;
    const held = this.heldAt?.get(target);
    if (held !== undefined && --held.count === 0) this.heldAt?.delete(target);
    if (this.holds === 0) this.host.wake(this);
  }

  /** The next child to stop: the last started of those that still live. */
  nextToStop(): ActorCell | undefined {
    for (let last = this.stopQueue.at(-1); last !== undefined; last = this.stopQueue.at(-1)) {
      if (last.alive) return last;
      this.stopQueue.pop();
    }
    return undefined;
  }

  isBelow(ancestor: ActorCell): boolean {
    for (let cell = this.parent; cell !== undefined; cell = cell.parent) if (cell === ancestor) return true;
    return false;
  }
}
