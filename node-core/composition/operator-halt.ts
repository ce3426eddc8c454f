import { ActorDown } from '../kernel/actor-down.ts';
import type { ActorSystem } from '../kernel/system.ts';
import { ServiceError } from '../primitives/errors.ts';
import { actorRef } from '../protocol/actors.ts';
import type { EmergencyHaltRequest, ResumeRequest } from '../protocol/chain.ts';

const TIMEOUT_MS = 10_000;
const FROM = { from: 'Operator' } as const;

async function askChain(system: ActorSystem, request: EmergencyHaltRequest | ResumeRequest): Promise<void> {
  const answer = await system.ask(actorRef(system, 'ChainActor'), request, { ...FROM, timeoutMs: TIMEOUT_MS });
  if (answer.failure !== null) throw new ServiceError('HALT_FAILED', answer.failure);
}

/**
 * Halts the node: null when it is halted, durably. While ChainActor rests it signs nothing and can't say so: then the
 * halt is left in its mailbox, as the first message of its next generation, and what is known of it is returned.
 * @throws ServiceError when it is not halted, and nothing waits.
 */
export async function haltNode(system: ActorSystem, reason: string): Promise<ActorDown | null> {
  const request: EmergencyHaltRequest = { type: 'EmergencyHaltRequest', source: 'operator', reason, generation: null };
  try {
    await askChain(system, request);
    return null;
  } catch (error) {
    if (!(error instanceof ActorDown) || error.restsWith === null) throw error;
    system.inject(actorRef(system, 'ChainActor'), request, FROM);
    return error;
  }
}

/** Ends the operator's halt. @throws ServiceError when it stands. */
export const resumeNode = (system: ActorSystem, reason: string): Promise<void> =>
  askChain(system, { type: 'ResumeRequest', source: 'operator', reason, generation: null });
