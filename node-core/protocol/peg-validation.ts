import type { CertifiedPegIn, FederationUpdate, PegOutEntry } from '../domain/consensus/types.ts';
import type { Request } from '../kernel/ref.ts';
import type { BlockHeight, Epoch, Outpoint, Slot } from '../primitives/ids.ts';

/**
 * ChainActor asks whether this node may propose or vote for these peg operations, by its own Bitcoin view.
 * To propose, the answer names what to leave out; to vote, it accepts all or refuses.
 */
export interface ValidatePegOperations extends Request<PegValidationResult> {
  readonly type: 'ValidatePegOperations';
  readonly purpose: 'propose' | 'vote';
  readonly requestId: string;
  readonly slot: Slot;
  readonly height: BlockHeight;
  /** Of the members at this height, by the blocks before it: change goes to their address. */
  readonly epoch: Epoch;
  /**
   * Final by the certificates that stand in the block and its ancestors: whoever imports it knows so much. To vote, the
   * block's own height.
   */
  readonly provenHeight: BlockHeight;
  /** The bridge was told of the final blocks up to here: unless its books have them all, it stands for nothing. */
  readonly toldHeight: BlockHeight;
  readonly pegIns: readonly CertifiedPegIn[];
  /** To propose: this node's candidates. Entries that conflict with an unfinal ancestor are ChainActor's to leave out. */
  readonly pegOuts: readonly PegOutEntry[];
  /** To propose: none. */
  readonly federationUpdates: readonly FederationUpdate[];
}
export interface PegValidationResult {
  readonly type: 'PegValidationResult';
  readonly requestId: string;
  /** For a vote: whether to vote. For a proposal: true, with what may stay below. */
  readonly accepted: boolean;
  readonly reason: string | null;
  /** Deposits to leave out of this proposal. */
  readonly contested: readonly Outpoint[];
  /** The peg-out entries to put into this proposal. */
  readonly pegOuts: readonly PegOutEntry[];
  /** Member changes that wait for a block, for ChainActor to judge: at most one. */
  readonly federationUpdates: readonly FederationUpdate[];
}
