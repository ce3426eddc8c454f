import { LogicError } from '../primitives/errors.ts';
import type { CorrelationId } from './envelope.ts';
import { FORGOTTEN, InternTable } from './interning.ts';
import type { KernelLimits } from './limits.ts';

/** In front of the correlation id that the kernel gives a message which begins a story: `#` and its seq in base 36. */
const OWN_STORY = '#';

/** The names behind the numbers of the event record: paths, message types, stories. `seq` is always the latest message id. */
export class Names {
  readonly #limits: KernelLimits;
  readonly #paths: InternTable;
  readonly #types: InternTable;
  readonly #stories: InternTable;
  readonly #pinnedTypes = new Set<number>();
  #lastType = '';
  #lastTypeId = 0;

  constructor(limits: KernelLimits, isActor: (pathId: number) => boolean) {
    this.#limits = limits;
    this.#paths = new InternTable(limits.paths, isActor);
    this.#types = new InternTable(limits.types, (id) => this.#pinnedTypes.has(id));
    this.#stories = new InternTable(limits.correlations);
  }

  /** @throws LogicError when every place of the table belongs to a living actor. */
  pathId(path: string, seq: number): number {
    const id = this.#paths.intern(path, seq);
    if (id === 0) throw new LogicError('TOO_MANY_ACTORS', `more than ${this.#limits.paths} living actors`);
    return id;
  }

  findPath(path: string): number | undefined {
    return this.#paths.find(path);
  }

  path(id: number, seq: number): string {
    return this.#paths.nameAt(id, seq);
  }

  /** Whether a path's id still means what it meant at message `at`. */
  holdsPath(id: number, at: number): boolean {
    return this.#paths.holds(id, at);
  }

  typeId(type: string, seq: number): number {
    if (type === this.#lastType) return this.#lastTypeId;
    this.#lastType = type;
    this.#lastTypeId = this.#types.intern(type, seq);
    return this.#lastTypeId;
  }

  /** A type whose id must last: the control lanes go by it. */
  pinnedTypeId(type: string, seq: number): number {
    const id = this.typeId(type, seq);
    this.#pinnedTypes.add(id);
    return id;
  }

  type(id: number, seq: number): string {
    return this.#types.nameAt(id, seq);
  }

  /** The number of a story: of a name that an actor chose above 0, of one that message `n` began `-n`. */
  storyId(correlationId: CorrelationId, seq: number): number {
    if (correlationId.startsWith(OWN_STORY)) {
      const began = Number.parseInt(correlationId.slice(OWN_STORY.length), 36);
      if (began > 0 && began <= seq) return -began;
    }
    return this.#stories.intern(correlationId, seq);
  }

  /** As `storyId`, but undefined for a story that nobody told of. */
  findStory(correlationId: CorrelationId, seq: number): number | undefined {
    return correlationId.startsWith(OWN_STORY) ? this.storyId(correlationId, seq) : this.#stories.find(correlationId);
  }

  story(id: number, seq: number): CorrelationId {
    return id < 0 ? OWN_STORY + (-id).toString(36) : this.#stories.nameAt(id, seq);
  }

  /** A story that was told of at message `at`: itself, unless its name had to make room since. */
  livingStory(id: number, at: number, seq: number): number {
    return id <= 0 || this.#stories.holds(id, at) ? id : this.#stories.intern(FORGOTTEN, seq);
  }
}
