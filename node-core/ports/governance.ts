import type { Source } from '../kernel/behaviour.ts';
import type { PayoutInput, PayoutShare, SchnorrSignature } from '../domain/consensus/types.ts';
import type { GovernanceMessage } from '../domain/governance/message.ts';
import type { BlockHeight, BlockRoot, Epoch, EvmAddress, MemberIndex, Outpoint, Txid } from '../primitives/ids.ts';
import type { Sats } from '../primitives/units.ts';

export type { GovernanceAuthority, GovernanceMessage } from '../domain/governance/message.ts';

/** One deposit put before the federation's members. */
export interface ApprovalRequest {
  readonly outpoint: Outpoint;
  readonly amountSats: Sats;
  readonly recipient: EvmAddress;
  readonly epoch: Epoch;
  /** Bitcoin height of the deposit's block, so that members find it. */
  readonly bitcoinHeight: number;
}

/** One member's vote. `signature` is over the approval digest; null when `approved` is false. */
export interface ApprovalVote {
  readonly member: MemberIndex;
  readonly approved: boolean;
  readonly reason: string | null;
  readonly signature: SchnorrSignature | null;
}

/** A payout put before the members: it stands in a final block, and they check it again. */
export interface SignatureRequest {
  readonly payoutId: Txid;
  readonly txid: Txid;
  readonly unsignedTx: string;
  /** BIP-174/371 PSBT of the same transaction, base64. */
  readonly psbt: string;
  readonly inputs: readonly PayoutInput[];
  readonly shares: readonly (PayoutShare & { readonly destination: string; readonly burnSats: Sats })[];
  readonly epoch: Epoch;
  readonly blockRoot: BlockRoot;
  readonly height: BlockHeight;
}

/** One member's Schnorr signatures, one for each input in order; or its refusal. */
export interface MemberSignatures {
  readonly member: MemberIndex;
  readonly signatures: readonly SchnorrSignature[] | null;
  readonly reason: string | null;
}

export type GovernanceLinkEvent =
  | { readonly kind: 'registered'; readonly sessionId: string; readonly epoch: Epoch }
  | { readonly kind: 'heartbeatAcked'; readonly roundTripMs: number }
  | { readonly kind: 'message'; readonly message: GovernanceMessage };

export interface ChainStatusReport {
  readonly requestId: string | null;
  readonly headHeight: BlockHeight;
  readonly headRoot: BlockRoot;
  readonly finalizedHeight: BlockHeight;
  readonly finalizedRoot: BlockRoot;
  readonly halted: boolean;
}

/**
 * The gRPC link of package `governance.v1`; the node is the client of one bidirectional stream.
 * Errors: NetworkError (`GOVERNANCE_UNREACHABLE`, `GOVERNANCE_LINK_LOST`), ServiceError (`GOVERNANCE_REFUSED`, `GOVERNANCE_MALFORMED`).
 */
export interface GovernancePort {
  /** Opens the stream and registers. Ends when the link is lost; opening it again connects anew. */
  link(): Source<GovernanceLinkEvent>;
  heartbeat(): Promise<void>;
  /** One item for each member that answered, on the open link; ends when the link is lost or closed by the caller. */
  requestApproval(request: ApprovalRequest): Source<ApprovalVote>;
  requestSignatures(request: SignatureRequest): Source<MemberSignatures>;
  reportStatus(report: ChainStatusReport): Promise<void>;
  acknowledge(messageId: string, applied: boolean, reason: string | null): Promise<void>;
}
