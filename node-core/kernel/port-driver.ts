import { AlysError, type ErrorClass, LogicError } from '../primitives/errors.ts';
import type { PortOutcome, Source } from './behaviour.ts';
import type { ActorCell, Ongoing, PendingCall } from './cell.ts';
import type { Core } from './core.ts';
import type { Delivery } from './delivery.ts';
import type { CallReaction, PortRequest, SourceReaction } from './effects.ts';
import type { CorrelationId, Message } from './envelope.ts';
import { type Settle, Task } from './pump/pump.ts';
import { ADMISSION, KIND, type Kind, OUTCOME, type QueuedEnvelope } from './queue.ts';

interface Labels {
  readonly correlate?: ((message: never) => CorrelationId | undefined) | undefined;
  readonly from?: ((message: never) => string | undefined) | undefined;
}

function failure(error: unknown): PortOutcome<never> {
  if (error instanceof AlysError) {
    const { code, message: reason, errorClass, detail } = error;
    return { ok: false, error: { code, reason, errorClass, detail } };
  }
  return refusal('PORT_FAILURE', error instanceof Error ? error.message : String(error), 'service');
}

const refusal = (code: string, reason: string, errorClass: ErrorClass): PortOutcome<never> => ({
  ok: false,
  error: { code, reason, errorClass },
});

/** What the kernel does with an error that a reaction (`done`, `item`, `correlate`) throws: it is the actor's own. */
export type Crash = (cell: ActorCell, error: unknown, cause: number, correlation: number) => void;

/** One call of a port: it ends once, by its answer, its time-out or the end of its generation. */
class PortCall extends Task implements PendingCall, Settle {
  readonly #driver: PortDriver;
  readonly #cell: ActorCell;
  readonly party: string;
  readonly #seq: number;
  readonly #correlation: number;
  readonly type: string;
  readonly sinceMs: number;
  readonly #generation: number;
  readonly #reaction: CallReaction;
  #settled = false;
  #stale = false;

  constructor(driver: PortDriver, cell: ActorCell, request: PortRequest, reaction: CallReaction) {
    super();
    this.#driver = driver;
    this.#cell = cell;
    this.party = request.party;
    this.#seq = request.envelope.seq;
    this.#correlation = request.envelope.story;
    this.type = request.envelope.payload.type;
    this.sinceMs = request.envelope.atMs;
    this.#generation = cell.generation;
    this.#reaction = reaction;
  }

  fire(): void {
    this.#driver.hangs(this.#cell, this.party, this.type, this.#reaction.timeoutMs);
    this.#finish(refusal('TIMEOUT', `${this.type} had no answer within ${this.#reaction.timeoutMs} ms`, 'network'));
  }

  ok(value: unknown): void {
    this.#finish({ ok: true, value: value as never });
  }

  failed(error: unknown): void {
    this.#finish(failure(error));
  }

  end(): void {
    this.#stale = true;
    this.cancelled = true;
  }

  #finish(outcome: PortOutcome<never>): void {
    if (this.#settled) {
      this.#driver.lateAnswer(this.#cell, this.party, this.type);
      return;
    }
    this.#settled = true;
    this.cancelled = true;
    if (!this.#stale) this.#cell.calls?.delete(this);
    this.#driver.react(
      this.#cell,
      this.#generation,
      this.#stale,
      this.party,
      this.#seq,
      this.#correlation,
      this.#reaction,
      () => this.#reaction.done(outcome),
    );
  }
}

/** One open source of a port; it delivers until it ends, is closed, or its generation ends. */
class OpenSource implements Ongoing {
  readonly #driver: PortDriver;
  readonly #cell: ActorCell;
  readonly #party: string;
  readonly #seq: number;
  readonly #correlation: number;
  readonly #reaction: SourceReaction;
  #close: (() => void) | undefined;
  #ended = false;

  constructor(driver: PortDriver, cell: ActorCell, request: PortRequest, reaction: SourceReaction) {
    this.#driver = driver;
    this.#cell = cell;
    this.#party = request.party;
    this.#seq = request.envelope.seq;
    this.#correlation = request.envelope.story;
    this.#reaction = reaction;
  }

  open(invoke: () => unknown): void {
    try {
      const close = (invoke() as Source<unknown>).open({
        item: (value) => this.#item(value),
        end: (error) => this.#finish(error),
      });
      if (this.#ended) close();
      else this.#close = close;
    } catch (error) {
      this.#finish(error);
    }
  }

  end(): void {
    this.#ended = true;
    const close = this.#close;
    this.#close = undefined;
    close?.();
  }

  #item(value: unknown): void {
    if (this.#ended) return;
    const taken = this.#driver.item(this.#cell, this.#party, this.#seq, this.#correlation, this.#reaction, value);
    if (!taken)
      this.#finish(
        new AlysError('service', 'SOURCE_OVERFLOW', `${this.#cell.path} fell too far behind ${this.#party}`),
      );
  }

  #finish(error: unknown): void {
    if (this.#ended) return;
    this.end();
    const cell = this.#cell;
    if (cell.sources?.get(this.#reaction.key) === this) cell.sources.delete(this.#reaction.key);
    const outcome: PortOutcome<undefined> = error === undefined ? { ok: true, value: undefined } : failure(error);
    this.#driver.react(cell, cell.generation, false, this.#party, this.#seq, this.#correlation, this.#reaction, () =>
      this.#reaction.end(outcome),
    );
  }
}

/** Performs what actors ask of ports, and turns what comes back into messages from the outside party. */
export class PortDriver {
  readonly #core: Core;
  readonly #delivery: Delivery;
  readonly #crash: Crash;

  constructor(core: Core, delivery: Delivery, crash: Crash) {
    this.#core = core;
    this.#delivery = delivery;
    this.#crash = crash;
  }

  /** The place of its outcome is reserved already. */
  call(cell: ActorCell, request: PortRequest, reaction: CallReaction): void {
    const call = new PortCall(this, cell, request, reaction);
    (cell.calls ??= new Set()).add(call);
    this.#core.delivered(request.envelope, OUTCOME.sent);
    this.#core.pump.schedule(reaction.timeoutMs, call);
    this.#core.pump.perform(request.invoke, call);
  }

  /** The place of its end is reserved already. A source under the same key is closed and gives its place back. */
  open(cell: ActorCell, request: PortRequest, reaction: SourceReaction): void {
    this.close(cell, reaction.key);
    const source = new OpenSource(this, cell, request, reaction);
    (cell.sources ??= new Map()).set(reaction.key, source);
    this.#core.delivered(request.envelope, OUTCOME.sent);
    source.open(request.invoke);
  }

  close(cell: ActorCell, key: string): void {
    const source = cell.sources?.get(key);
    if (source === undefined) return;
    cell.sources?.delete(key);
    source.end();
    this.#delivery.unreserve(cell);
  }

  closeSources(cell: ActorCell): void {
    for (const key of [...(cell.sources?.keys() ?? [])]) this.close(cell, key);
  }

  endGeneration(cell: ActorCell): void {
    for (const source of cell.sources?.values() ?? []) source.end();
    for (const call of cell.calls ?? []) call.end();
    cell.sources = undefined;
    cell.calls = undefined;
  }

  hangs(cell: ActorCell, party: string, type: string, timeoutMs: number): void {
    this.#core.clock.readClock();
    this.#core.log(cell.path, 'warn', `${party} has not answered ${type} within ${timeoutMs} ms`, { party, timeoutMs });
  }

  lateAnswer(cell: ActorCell, party: string, type: string): void {
    this.#core.clock.readClock();
    this.#core.log(cell.path, 'info', `${party} answered ${type} after its time-out`);
  }

  /** Makes the messages of an outcome and brings them: the first into the reserved place, all from the outside party. */
  react(
    cell: ActorCell,
    generation: number,
    stale: boolean,
    party: string,
    cause: number,
    correlation: number,
    labels: Labels,
    make: () => Message | readonly Message[],
  ): void {
    this.#core.clock.readClock();
    let envelopes: QueuedEnvelope[];
    try {
      const made = make();
      const messages = Array.isArray(made) ? (made as readonly Message[]) : [made as Message];
      const { bound } = cell.kind;
      if (messages.length > bound)
        throw new LogicError('TOO_MANY_MESSAGES', `${party} made ${messages.length} messages of one outcome`, {
          bound,
        });
      envelopes = messages.map((message) =>
        this.#envelope(cell, generation, party, cause, correlation, labels, message, KIND.outcome),
      );
    } catch (error) {
      if (!stale) {
        this.#delivery.unreserve(cell);
        this.#crash(cell, error, cause, correlation);
      }
      return;
    }
    if (stale) {
      for (const envelope of envelopes) this.#core.delivered(envelope, OUTCOME.staleGeneration);
      return;
    }
    if (envelopes.length === 0) this.#delivery.unreserve(cell);
    envelopes.forEach((envelope, index) => {
      // One place was kept; the others take theirs, and are let in as soon as there is room.
      if (index > 0) cell.reserved++;
      this.#delivery.deliverReserved(cell, envelope);
    });
  }

  /** Says whether the item was taken: a mailbox with `blockProducer` lets so many wait, then the source must end. */
  item(
    cell: ActorCell,
    party: string,
    cause: number,
    correlation: number,
    reaction: SourceReaction,
    value: unknown,
  ): boolean {
    this.#core.clock.readClock();
    let envelope: QueuedEnvelope;
    try {
      envelope = this.#envelope(
        cell,
        cell.generation,
        party,
        cause,
        correlation,
        reaction,
        reaction.item(value as never),
        KIND.item,
      );
    } catch (error) {
      this.#crash(cell, error, cause, correlation);
      return true;
    }
    const admission = this.#delivery.deliverFromOutside(cell, envelope);
    return admission !== ADMISSION.refuse || cell.kind.overflow !== 'blockProducer';
  }

  #envelope(
    cell: ActorCell,
    generation: number,
    party: string,
    cause: number,
    correlation: number,
    labels: Labels,
    message: Message,
    kind: Kind,
  ): QueuedEnvelope {
    const core = this.#core;
    const own = labels.correlate?.(message as never);
    const sender = core.names.pathId(labels.from?.(message as never) ?? party, core.seq);
    const story =
      own === undefined ? core.names.livingStory(correlation, cause, core.seq) : core.names.storyId(own, core.seq);
    return core.envelope(message, sender, cell.id, story, cause, kind, generation, 0);
  }
}
