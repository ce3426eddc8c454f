import type { ConfigProblem } from './problems.ts';
import { type ActorName, actorNames, type SupervisionSettings } from './supervision-settings.ts';

/** What it is told, it asks for again: every other actor is told of money, of consensus or of what must reach the disk. */
const MAY_DROP: ReadonlySet<ActorName> = new Set(['SyncActor']);
/** One of many: whatever becomes of it, the others and BridgeActor go on. */
const OPERATIONS: ReadonlySet<ActorName> = new Set(['PegIn', 'PegOut']);
const DROPPING: ReadonlySet<string> = new Set(['dropOldest', 'dropNewest']);

/** What the schema can't say of the settings of supervision. */
export function supervisionProblems(supervision: SupervisionSettings): readonly ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  const { everyMs, answerWithinMs } = supervision.healthCheck;
  if (answerWithinMs >= everyMs)
    problems.push({ path: 'supervision.healthCheck.answerWithinMs', message: `less than everyMs (${everyMs})` });
  for (const name of actorNames) {
    const settings = supervision.actors[name];
    const path = `supervision.actors.${name}`;
    const overflow = settings?.mailbox?.overflow;
    if (overflow !== undefined && DROPPING.has(overflow) && !MAY_DROP.has(name))
      problems.push({
        path: `${path}.mailbox.overflow`,
        message: `blockProducer or returnError: ${name} is told of money or consensus, which is never dropped`,
      });
    if (settings?.exceeded === 'escalate' && OPERATIONS.has(name))
      problems.push({
        path: `${path}.exceeded`,
        message: 'terminate: an operation that fails too often harms no other',
      });
    for (const errorClass of ['network', 'service', 'cascading'] as const) {
      const strategy = settings?.[errorClass];
      if (strategy?.kind === 'backoff' && strategy.maxMs < strategy.initialMs)
        problems.push({ path: `${path}.${errorClass}.maxMs`, message: `not below initialMs (${strategy.initialMs})` });
    }
  }
  return problems;
}
