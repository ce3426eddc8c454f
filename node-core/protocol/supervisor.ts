import type { ActorPath } from '../kernel/envelope.ts';
import type { Request } from '../kernel/ref.ts';
import type { AuditEntry } from '../ports/store.ts';
import type { AuditAppended, StorageFailure } from './storage.ts';

/** An intervention of the operator, for the audit log: who, when, why, what changed. Answered once it is on disk. */
export interface RecordIntervention extends Request<InterventionRecorded> {
  readonly type: 'RecordIntervention';
  readonly entry: AuditEntry;
}
export interface InterventionRecorded {
  readonly type: 'InterventionRecorded';
  /** Why it could not be written; null when it is on disk. */
  readonly failure: string | null;
}

/** A child of the supervisor has ended for good. */
export interface ActorStopped {
  readonly type: 'ActorStopped';
  readonly path: ActorPath;
}
export interface InterventionTimeout {
  readonly type: 'InterventionTimeout';
  readonly key: string;
}

export type SupervisorMessage =
  RecordIntervention | AuditAppended | StorageFailure | ActorStopped | InterventionTimeout;
