import type { ActorPath } from '../kernel/envelope.ts';
import type { Request } from '../kernel/ref.ts';
import type { ActorStarted, ActorStopped, HealthReport } from '../kernel/system-messages.ts';
import type { AuditEntry } from '../ports/store.ts';
import type { ExecutionConfigured } from './engine.ts';
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

/** The operator's new execution settings, which EngineActor gets as `ConfigUpdate`; answered with the client's verdict. */
export interface ConfigureExecution extends Request<ExecutionConfigured> {
  readonly type: 'ConfigureExecution';
  /** JSON text with the settings to change. */
  readonly settings: string;
  readonly who: string;
  readonly reason: string;
}
/** EngineActor did not say what became of new settings. */
export interface ConfigureTimeout {
  readonly type: 'ConfigureTimeout';
  readonly key: string;
}

/** The children are to be asked again how they are. */
export interface HealthCheckDue {
  readonly type: 'HealthCheckDue';
}
/** A child did not answer its health check in time. */
export interface HealthCheckTimeout {
  readonly type: 'HealthCheckTimeout';
  readonly path: ActorPath;
}
export interface InterventionTimeout {
  readonly type: 'InterventionTimeout';
  readonly key: string;
}

export type SupervisorMessage =
  | RecordIntervention
  | ConfigureExecution
  | ExecutionConfigured
  | ConfigureTimeout
  | AuditAppended
  | StorageFailure
  | InterventionTimeout
  | ActorStarted
  | ActorStopped
  | HealthCheckDue
  | HealthReport
  | HealthCheckTimeout;
