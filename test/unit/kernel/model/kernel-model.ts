import type { ErrorClass } from '../../../../node-core/primitives/errors.ts';
import {
  ASK_MS,
  BOUND,
  BREAKER,
  type Item,
  LIMIT,
  MAX_BACKOFF_MS,
  type ModelActor,
  type ModelKind,
  type ModelMessage,
  newActor,
  TIMER_MS,
} from './model-actor.ts';

/** What the kernel promises, as plain data and the fewest rules that say it: no pump, no envelopes, no effects. */
export class KernelModel {
  nowMs = 0;
  /** In the order of their start. An actor that never failed leaves with its end. */
  actors = new Map<string, ModelActor>();
  generations = new Map<string, number>();
  deadLetters = 0;
  refused = 0;
  stale = 0;
  /** Two things were due at one time: which comes first is the seed's choice. */
  ambiguous = false;
  nextAsk = 1;

  copy(): KernelModel {
    return Object.assign(new KernelModel(), structuredClone({ ...this }));
  }

  spawn(path: string, kind: ModelKind): void {
    this.actors.delete(path);
    this.actors.set(path, newActor(path, kind, this.#nextGeneration(path)));
  }

  alive(path: string): boolean {
    const actor = this.actors.get(path);
    return actor !== undefined && (actor.lifecycle !== 'Terminated' || actor.waits);
  }

  /** Told from outside; nobody runs before `settle`. */
  tell(path: string, message: ModelMessage): void {
    this.#admit(path, { message, generation: null, asker: null });
  }

  /** Everybody who can runs until nothing waits. */
  settle(): void {
    for (let ran = true; ran;) {
      ran = false;
      for (const actor of this.actors.values()) {
        while (this.#runs(actor) && actor.queue.length > 0) {
          this.#handle(actor);
          ran = true;
        }
        if (actor.lifecycle !== 'Stopping') continue;
        this.#end(actor);
        ran = true;
      }
    }
  }

  suspend(path: string): void {
    this.#known(path).suspended = true;
  }

  resume(path: string): void {
    this.#known(path).suspended = false;
  }

  stop(path: string): void {
    const actor = this.actors.get(path);
    if (actor === undefined) return;
    if (actor.lifecycle === 'Running') this.#shutDown(actor);
    else if (this.alive(path)) this.#end(actor);
  }

  restart(path: string): void {
    const actor = this.#known(path);
    if (actor.lifecycle === 'Running') {
      this.#shutDown(actor);
      actor.livesAgain = true;
      // What waited is handled first, unless it crashes the actor on the way: the rest is the new generation's.
      const { crashes } = actor;
      while (actor.crashes === crashes && actor.queue.length > 0) this.#handle(actor);
      this.#endGeneration(actor);
    }
    const { group } = actor;
    actor.group = [];
    this.#forgive(actor);
    this.#reborn(actor);
    for (const sibling of group) this.#revive(sibling);
  }

  advance(ms: number): void {
    const endMs = this.nowMs + ms;
    for (;;) {
      const due = [...this.actors.values()].flatMap((actor) => this.#due(actor)).sort((a, b) => a.atMs - b.atMs);
      const [first, second] = due;
      if (first === undefined || first.atMs > endMs) break;
      if (second?.atMs === first.atMs) this.ambiguous = true;
      this.nowMs = first.atMs;
      first.run();
      this.settle();
    }
    this.nowMs = endMs;
  }

  #due(actor: ModelActor): { readonly atMs: number; readonly run: () => void }[] {
    const due = actor.asks.map((ask) => ({
      atMs: ask.atMs,
      run: () => {
        actor.asks = actor.asks.filter((other) => other !== ask);
        this.#arrive(actor, { type: 'AskTimedOut' });
      },
    }));
    const { timerAtMs, restartAtMs } = actor;
    if (timerAtMs !== null)
      due.push({
        atMs: timerAtMs,
        run: () => {
          actor.timerAtMs = null;
          this.#arrive(actor, { type: 'TimerFired' });
        },
      });
    if (restartAtMs !== null)
      due.push({
        atMs: restartAtMs,
        run: () => {
          this.#attempt(actor);
        },
      });
    return due;
  }

  #known(path: string): ModelActor {
    const actor = this.actors.get(path);
    if (actor === undefined) throw new Error(`the model has no ${path}`);
    return actor;
  }

  #nextGeneration(path: string): number {
    const next = (this.generations.get(path) ?? 0) + 1;
    this.generations.set(path, next);
    return next;
  }

  #runs = (actor: ModelActor): boolean =>
    actor.lifecycle === 'Stopping' || (actor.lifecycle === 'Running' && !actor.suspended);

  #admit(path: string, item: Item): void {
    const actor = this.actors.get(path);
    if (actor === undefined || !this.alive(path)) {
      this.deadLetters++;
      return;
    }
    if (actor.queue.length + actor.reserved < BOUND && actor.door.length === 0) {
      actor.queue.push(item);
      return;
    }
    switch (actor.kind.overflow) {
      case 'dropOldest': {
        const oldest = actor.queue.findIndex(({ generation }) => generation === null);
        actor.dropped++;
        if (oldest < 0) return;
        actor.queue.splice(oldest, 1);
        actor.queue.push(item);
        return;
      }
      case 'dropNewest':
        actor.dropped++;
        return;
      case 'returnError':
        this.refused++;
        return;
      case 'blockProducer':
        actor.door.push(item);
    }
  }

  /** Into a place that was reserved for it. */
  #arrive(actor: ModelActor, message: ModelMessage): void {
    actor.reserved--;
    actor.queue.push({ message, generation: actor.generation, asker: null });
  }

  #roomCame(actor: ModelActor): void {
    while (actor.door.length > 0 && actor.queue.length + actor.reserved < BOUND)
      actor.queue.push(actor.door.shift() as Item);
  }

  #handle(actor: ModelActor): void {
    const { message, generation, asker } = actor.queue.shift() as Item;
    this.#roomCame(actor);
    if (generation !== null && generation !== actor.generation) {
      this.stale++;
      return;
    }
    actor.handled++;
    const failure = this.#react(actor, message, asker);
    if (failure !== null) {
      this.#fail(actor, failure);
      return;
    }
    actor.state.push(message.type);
    if (actor.probesLeft === 0) return;
    actor.probesLeft--;
    if (actor.probesLeft > 0) return;
    actor.breaker = 'closed';
    actor.breakerFailures = 0;
  }

  /** The class of the error with which the handler ends, if it does. */
  #react(actor: ModelActor, message: ModelMessage, asker: Item['asker']): ErrorClass | null {
    switch (message.type) {
      case 'Crash':
        return message.errorClass;
      case 'Question': {
        const waiting = asker === null ? undefined : this.actors.get(asker.path);
        const ask = waiting?.asks.find(({ id }) => id === asker?.id);
        if (waiting === undefined || ask === undefined) return null;
        waiting.asks = waiting.asks.filter((other) => other !== ask);
        this.#arrive(waiting, { type: 'Answer' });
        return null;
      }
      case 'Timer':
        if (actor.reserved >= BOUND) return 'service';
        if (actor.timerAtMs === null) actor.reserved++;
        else this.#roomCame(actor);
        actor.timerAtMs = this.nowMs + TIMER_MS;
        return null;
      case 'Ask': {
        if (actor.reserved >= BOUND) return 'service';
        actor.reserved++;
        const id = this.nextAsk++;
        actor.asks.push({ id, atMs: this.nowMs + ASK_MS });
        const { path, generation } = actor;
        this.#admit(message.to, { message: { type: 'Question' }, generation: null, asker: { path, generation, id } });
        return null;
      }
      case 'Watch': {
        if (actor.reserved >= BOUND) return 'service';
        actor.reserved++;
        const target = this.actors.get(message.to);
        if (target === undefined || !this.alive(message.to)) this.#arrive(actor, { type: 'Gone' });
        else target.watchers.push({ path: actor.path, generation: actor.generation });
        return null;
      }
      default:
        return null;
    }
  }

  #fail(actor: ModelActor, errorClass: ErrorClass): void {
    actor.crashes++;
    if (actor.lifecycle === 'Stopping') {
      if (!actor.livesAgain) this.#end(actor);
      return;
    }
    this.#endGeneration(actor);
    const delayMs = this.#judge(actor, errorClass);
    if (delayMs === null) {
      this.#end(actor);
      return;
    }
    actor.lifecycle = 'Restarting';
    actor.restartAtMs = this.nowMs + delayMs;
    for (const sibling of this.#sharers(actor)) {
      this.#endGeneration(sibling);
      sibling.lifecycle = 'Terminated';
      sibling.waits = true;
      actor.group.push(sibling.path);
    }
    if (delayMs === 0) this.#attempt(actor);
  }

  /** How long it waits for its restart; null for the end. */
  #judge(actor: ModelActor, errorClass: ErrorClass): number | null {
    if (errorClass === 'logic') return null;
    actor.restartsMs = actor.restartsMs.filter((at) => at > this.nowMs - LIMIT.windowMs);
    const earlier = actor.restartsMs.length;
    if (earlier >= LIMIT.restarts) return null;
    actor.restartsMs.push(this.nowMs);
    if (earlier === 0 && actor.breaker === 'closed') actor.breakerFailures = 0;
    actor.probesLeft = actor.breaker === 'halfOpen' ? BREAKER.probes : 0;
    if (errorClass === 'network') return 0;
    if (errorClass === 'service') return Math.min(MAX_BACKOFF_MS, actor.kind.backoffMs * 2 ** earlier);
    actor.breakerFailures++;
    if (actor.breaker === 'closed' && actor.breakerFailures < BREAKER.failures) return 0;
    actor.breaker = 'open';
    actor.probesLeft = BREAKER.probes;
    return BREAKER.openMs;
  }

  #sharers(actor: ModelActor): readonly ModelActor[] {
    const all = [...this.actors.values()];
    const { scope } = actor.kind;
    const from = scope === 'oneForOne' ? all.length : scope === 'restForOne' ? all.indexOf(actor) + 1 : 0;
    return all.slice(from).filter((sibling) => sibling !== actor && sibling.lifecycle === 'Running');
  }

  #attempt(actor: ModelActor): void {
    if (actor.breaker === 'open') actor.breaker = 'halfOpen';
    const { group } = actor;
    actor.group = [];
    this.#reborn(actor);
    for (const sibling of group) this.#revive(sibling);
  }

  #revive(path: string): void {
    const actor = this.actors.get(path);
    if (actor?.waits === true) this.#reborn(actor);
  }

  #reborn(actor: ModelActor): void {
    actor.restartAtMs = null;
    actor.waits = false;
    actor.livesAgain = false;
    actor.lifecycle = 'Running';
    actor.restarts++;
    actor.generation = this.#nextGeneration(actor.path);
    actor.state = [];
  }

  #forgive(actor: ModelActor): void {
    actor.restartsMs = [];
    actor.breaker = 'closed';
    actor.breakerFailures = 0;
    actor.probesLeft = 0;
  }

  #shutDown(actor: ModelActor): void {
    actor.suspended = false;
    actor.lifecycle = 'Stopping';
    this.#endTimers(actor);
  }

  #endTimers(actor: ModelActor): void {
    if (actor.timerAtMs === null) return;
    actor.timerAtMs = null;
    actor.reserved--;
    this.#roomCame(actor);
  }

  #endGeneration(actor: ModelActor): void {
    actor.timerAtMs = null;
    actor.restartAtMs = null;
    actor.asks = [];
    actor.reserved = 0;
    this.#roomCame(actor);
  }

  #end(actor: ModelActor): void {
    this.#endGeneration(actor);
    actor.lifecycle = 'Terminated';
    actor.waits = false;
    this.deadLetters += actor.queue.length + actor.door.length;
    actor.queue = [];
    actor.door = [];
    const { watchers, group } = actor;
    actor.watchers = [];
    actor.group = [];
    for (const sibling of group) this.#revive(sibling);
    if (actor.crashes === 0) this.actors.delete(actor.path);
    for (const { path, generation } of watchers) {
      const watcher = this.actors.get(path);
      if (watcher === undefined || watcher.generation !== generation) continue;
      // One that waits for its restart has lost what its last generation asked for.
      if (watcher.lifecycle === 'Running' || watcher.lifecycle === 'Stopping') this.#arrive(watcher, { type: 'Gone' });
    }
  }
}
