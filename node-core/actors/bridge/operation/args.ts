import type { FederationMember } from '../../../domain/federation/address.ts';
import type { Epoch } from '../../../primitives/ids.ts';
import type { OperationRecord } from '../../../ports/store.ts';
import type { BridgeTiming } from '../args.ts';

/** What an operation's actor is started with. */
export interface OperationArgs {
  /** As it is on disk. */
  readonly record: OperationRecord;
  readonly networkHash: string;
  /** The member set of the active epoch, by which a deposit is approved. */
  readonly epoch: Epoch;
  readonly members: readonly FederationMember[];
  readonly threshold: number;
  /** Of the deposit or the payout, at the start. */
  readonly confirmations: number;
  readonly confirmationsRequired: number;
  readonly halted: boolean;
  readonly bitcoinTimeoutMs: number;
  /** How long an answer of governance may take, StreamActor's own time-out included. */
  readonly governanceTimeoutMs: number;
  readonly timing: BridgeTiming;
}
