import { type Checked, accept, refuse } from '../../primitives/errors.ts';

/**
 * Who halted, and so who may end it: governance by quorum, the operator by a second confirmation. The node's own halt
 * ends by the operator too, the one party that it can authenticate, and only when what it halted over is gone.
 */
export type HaltSource = 'operator' | 'governance' | 'node';

export interface HaltCause {
  readonly source: HaltSource;
  readonly reason: string;
  /** Governance's count of its halts; null for the other sources. */
  readonly generation: number | null;
  /** Unix ms. */
  readonly sinceMs: number;
}

/** Why the chain is halted, if it is, and what governance last resumed. Plain data, kept on disk as JSON. */
export interface HaltLedger {
  /** In the order in which they came, at most `MAX_CAUSES_PER_SOURCE` of each source; halted while one is left. */
  readonly causes: readonly HaltCause[];
  /** A halt of this generation or a lower one has been resumed; 0 before the first. */
  readonly resumedGeneration: number;
}

export const noHalts: HaltLedger = { causes: [], resumedGeneration: 0 };

/** A source's causes end together, so a further reason of a source that has halted already may be left out. */
export const MAX_CAUSES_PER_SOURCE = 16;

/** How far a halt's generation may run ahead: else one member could use up all numbers, and no later halt would count. */
export const MAX_GENERATION_LEAD = 1_000_000;

export const isHalted = (ledger: HaltLedger): boolean => ledger.causes.length > 0;

export type HaltRefusal =
  'HALT_RESUMED' | 'HALT_GENERATION_TOO_FAR' | 'HALT_STANDS' | 'NO_SUCH_HALT' | 'RESUME_TOO_LOW' | 'HALT_CAUSE_HOLDS';

/**
 * Adds a cause. Governance's counts when its generation is above that of the last resume, and of several the highest
 * stands; the operator's and the node's count once for each reason. `HALT_STANDS`: nothing changed, the chain is halted by it already.
 */
export function addHalt(ledger: HaltLedger, cause: HaltCause): Checked<HaltLedger, HaltRefusal> {
  const { causes, resumedGeneration } = ledger;
  if (cause.source === 'governance') {
    const generation = cause.generation ?? 0;
    if (generation <= resumedGeneration) {
      return refuse('HALT_RESUMED', `halts up to generation ${resumedGeneration} have been resumed`, { generation });
    }
    if (generation > resumedGeneration + MAX_GENERATION_LEAD) {
      return refuse('HALT_GENERATION_TOO_FAR', 'the generation is too far above the last resume', { generation });
    }
    const standing = causes.find(({ source }) => source === 'governance');
    if (standing !== undefined && (standing.generation ?? 0) >= generation) {
      return refuse('HALT_STANDS', 'governance has halted already', { generation });
    }
    return accept({ ...ledger, causes: [...causes.filter((other) => other !== standing), cause] });
  }
  const own = causes.filter(({ source }) => source === cause.source);
  if (own.length >= MAX_CAUSES_PER_SOURCE || own.some(({ reason }) => reason === cause.reason)) {
    return refuse('HALT_STANDS', `the ${cause.source} has halted already`);
  }
  return accept({ ...ledger, causes: [...causes, cause] });
}

/**
 * Ends the causes of one source (INV-14); the caller has authenticated the request. Governance's resume ends halts up
 * to its generation, counts also for halts that this node never heard of, and makes their late arrival void.
 */
export function endHalt(
  ledger: HaltLedger,
  ending: { readonly source: HaltSource; readonly generation: number | null },
): Checked<HaltLedger, HaltRefusal> {
  const { causes, resumedGeneration } = ledger;
  const others = causes.filter(({ source }) => source !== ending.source);
  if (ending.source !== 'governance') {
    if (others.length === causes.length) return refuse('NO_SUCH_HALT', `there is no halt of the ${ending.source}`);
    return accept({ ...ledger, causes: others });
  }
  const generation = ending.generation ?? 0;
  const standing = causes.find(({ source }) => source === 'governance');
  if (generation <= resumedGeneration || (standing !== undefined && generation < (standing.generation ?? 0))) {
    return refuse('RESUME_TOO_LOW', 'the resume is of a lower generation than the halt or the last resume', {
      generation,
    });
  }
  return accept({ causes: others, resumedGeneration: generation });
}

/**
 * Ends the operator's causes, and the node's own unless `conflict` says that what it halted over still holds. Refuses
 * where that leaves every cause as it was.
 */
export function endByOperator(ledger: HaltLedger, conflict: string | null): Checked<HaltLedger, HaltRefusal> {
  const isEnded = ({ source }: HaltCause): boolean => source === 'operator' || (source === 'node' && conflict === null);
  const causes = ledger.causes.filter((cause) => !isEnded(cause));
  if (causes.length < ledger.causes.length) return accept({ ...ledger, causes });
  if (causes.some(({ source }) => source === 'node'))
    return refuse('HALT_CAUSE_HOLDS', `what the node halted over still holds: ${conflict ?? ''}`);
  return refuse('NO_SUCH_HALT', 'there is no halt that the operator may end');
}
