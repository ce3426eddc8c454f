/** The operator's intervention, for the record: what was done to which actor and why. */
export interface OperatorAction {
  readonly type: 'OperatorAction';
  readonly action: string;
  readonly target: string;
  readonly reason: string;
}

export type SupervisorMessage = OperatorAction | { readonly type: 'AuditAppended'; readonly key: string } | { readonly type: 'StorageFailure'; readonly key: string; readonly code: string; readonly reason: string };
