import type { RecordedMessage } from '../kernel/record.ts';
import { type Arrow, type FlowStep, type FoundingFlow, foundingFlows } from './flows.ts';
import { roleOf, topOf } from './names.ts';

/** More tries than this mean a trace too tangled to judge: it is reported as not conforming, never as conforming. */
const MAX_TRIES = 200_000;

/** A founding arrow and the recorded message that is it. */
export interface MatchedArrow {
  readonly arrow: Arrow;
  readonly message: RecordedMessage;
  /** Position in the play: what is drawn in parallel shares one. */
  readonly rank: number;
}

export interface Conformance {
  readonly passed: boolean;
  readonly detail: string;
  /** The longest run of the flow that was found, complete when passed. */
  readonly matched: readonly MatchedArrow[];
  /** The arrow that was not found next; null when passed. */
  readonly missing: Arrow | null;
  /** A later arrow was recorded although an earlier one was not: the trace has left the flow, it isn't just under way. */
  readonly departed: boolean;
}

type Match = readonly MatchedArrow[];

class Matcher {
  readonly #story: readonly RecordedMessage[];
  readonly #causes: ReadonlyMap<number, number | null>;
  #tries = 0;
  best: Match = [];
  missing: Arrow | null = null;

  constructor(story: readonly RecordedMessage[], all: readonly RecordedMessage[]) {
    this.#story = story;
    this.#causes = new Map(all.map(({ seq, cause }) => [seq, cause]));
  }

  get exhausted(): boolean {
    return this.#tries >= MAX_TRIES;
  }

  /** Every way to play `steps` from `index` on after `match`, the earliest messages first. */
  *play(steps: readonly FlowStep[], index: number, match: Match): Generator<Match> {
    const step = steps[index];
    if (step === undefined) {
      yield match;
      return;
    }
    for (const next of this.#step(step, match)) yield* this.play(steps, index + 1, next);
  }

  *#step(step: FlowStep, match: Match): Generator<Match> {
    if ('type' in step) yield* this.#one(step, match);
    else if ('par' in step) yield* this.#parallel(step.par, step.atLeast, match);
    else if ('alt' in step) for (const branch of step.alt) yield* this.#branch(branch.steps, match);
    else {
      const { each, more, done } = step.loop;
      yield* this.#branch([each, done], match);
      for (const round of this.#branch([each, more], match)) yield* this.#step(step, round);
    }
  }

  *#branch(arrows: readonly Arrow[], match: Match): Generator<Match> {
    const [first, ...rest] = arrows;
    if (first === undefined) yield match;
    else for (const next of this.#one(first, match)) yield* this.#branch(rest, next);
  }

  /** All messages of one shape side by side: what is drawn in parallel may come in any order. */
  *#parallel(arrow: Arrow, atLeast: number, match: Match): Generator<Match> {
    const found = [...this.#candidates(arrow, match)];
    if (found.length < atLeast) this.#note(match, arrow);
    // The whole group first; a part of it when the rest of the flow began before its last message.
    for (let size = found.length; size >= atLeast; size--) {
      yield [...match, ...found.slice(0, size).map((message) => ({ arrow, message, rank: nextRank(match) }))];
    }
  }

  *#one(arrow: Arrow, match: Match): Generator<Match> {
    let any = false;
    for (const message of this.#candidates(arrow, match)) {
      any = true;
      yield [...match, { arrow, message, rank: nextRank(match) }];
    }
    if (!any) this.#note(match, arrow);
  }

  *#candidates(arrow: Arrow, match: Match): Generator<RecordedMessage> {
    const after = match.at(-1)?.message.seq ?? 0;
    for (const message of this.#story) {
      if (this.exhausted) return;
      this.#tries += 1;
      if (message.seq > after && isArrow(arrow, message) && this.#isCaused(message, match)) yield message;
    }
  }

  #note(match: Match, arrow: Arrow): void {
    if (this.missing !== null && match.length <= this.best.length) return;
    this.best = match;
    this.missing = arrow;
  }

  /**
   * The arrow that should cause this one is the last that its sender received, of a parallel group any one;
   * a sender that received none answers to the flow's first.
   */
  #isCaused(message: RecordedMessage, match: Match): boolean {
    if (match.length === 0) return true;
    const sender = topOf(message.from);
    const received = match.filter((entry) => topOf(entry.message.to) === sender);
    const rank = received.at(-1)?.rank ?? 0;
    return this.#descends(
      message.seq,
      new Set(
        (received.length > 0 ? received : match)
          .filter((entry) => entry.rank === rank)
          .map((entry) => entry.message.seq),
      ),
    );
  }

  #descends(seq: number, ancestors: ReadonlySet<number>): boolean {
    let cause = this.#causes.get(seq) ?? null;
    // Causes come before their effects, so that the walk ends.
    while (cause !== null) {
      if (ancestors.has(cause)) return true;
      const next = this.#causes.get(cause) ?? null;
      if (next !== null && next >= cause) return false;
      cause = next;
    }
    return false;
  }
}

const nextRank = (match: Match): number => (match.at(-1)?.rank ?? -1) + 1;

const isArrow = (arrow: Arrow, { type, from, to }: RecordedMessage): boolean =>
  type === arrow.type && roleOf(from) === arrow.from && roleOf(to) === arrow.to;

export const describeArrow = ({ from, to, type }: Arrow): string => `${from} -> ${to}: ${type}`;

/**
 * Whether the messages of one story play a founding flow: its arrows in its order, each caused (directly or through
 * other messages) by the one that should cause it, `par` and `alt` as drawn, a child counting as its parent.
 * `messages` may hold other stories too: causes may run through them. Source: protocol.md, "A flow conforms".
 */
export function conforms(
  flow: FoundingFlow,
  messages: readonly RecordedMessage[],
  correlationId?: string,
): Conformance {
  const delivered = messages.filter(
    ({ outcome }) => outcome === 'handled' || outcome === 'sent' || outcome === 'crashed',
  );
  const id = correlationId ?? delivered[0]?.correlationId;
  const story = delivered.filter((message) => message.correlationId === id).sort((a, b) => a.seq - b.seq);
  const matcher = new Matcher(story, messages);
  for (const match of matcher.play(flow.steps, 0, [])) {
    return { passed: true, detail: `${match.length} arrows in order`, matched: match, missing: null, departed: false };
  }
  const { best, missing } = matcher;
  const after = best.at(-1);
  const where = after === undefined ? 'at its start' : `after ${describeArrow(after.arrow)} (seq ${after.message.seq})`;
  return {
    passed: false,
    detail: matcher.exhausted
      ? `too tangled to judge: no match in ${MAX_TRIES} tries`
      : `${missing === null ? 'no message' : `missing ${describeArrow(missing)}`} ${where}`,
    matched: best,
    missing,
    departed: missing !== null && playsLater(flow, missing, story, after?.message.seq ?? 0),
  };
}

const arrowsOf = (step: FlowStep): readonly Arrow[] => {
  if ('type' in step) return [step];
  if ('par' in step) return [step.par];
  if ('alt' in step) return step.alt.flatMap(({ steps }) => steps);
  return [step.loop.each, step.loop.more, step.loop.done];
};

/** Whether an arrow from behind `missing` was recorded after `seq`. */
function playsLater(flow: FoundingFlow, missing: Arrow, story: readonly RecordedMessage[], seq: number): boolean {
  const at = flow.steps.findIndex((step) => arrowsOf(step).includes(missing));
  const later = flow.steps.slice(at + 1).flatMap(arrowsOf);
  return story.some((message) => message.seq > seq && later.some((arrow) => isArrow(arrow, message)));
}

/** The founding flow that begins with this story's first message of a founding name. */
export function flowOf(story: readonly RecordedMessage[]): FoundingFlow | null {
  for (const { type } of story) {
    const flow = flowBegunBy(type);
    if (flow !== null) return flow;
  }
  return null;
}

/** The founding flow whose first arrow has this type. */
export const flowBegunBy = (type: string): FoundingFlow | null =>
  foundingFlows.find(({ steps: [first] }) => first !== undefined && arrowsOf(first)[0]?.type === type) ?? null;
