import type { SchnorrSignature, SignedBlock } from '../consensus/types.ts';
import type { BlockHeight, Epoch, MemberIndex } from '../../primitives/ids.ts';

/** What authenticates a message that changes state: signed by members over its canonical digest (`digest.ts`). */
export interface GovernanceAuthority {
  /** 32 lower-case hex digits, random. */
  readonly messageId: string;
  readonly epoch: Epoch;
  /** Unix ms; null for an emergency halt, which has none. */
  readonly expiresAtMs: number | null;
  /** In ascending member order, each member once. */
  readonly signatures: readonly { readonly member: MemberIndex; readonly signature: SchnorrSignature }[];
}

/** What governance sends of itself. Source: protocol.md, Governance link; communication-flows.md, flow 5. */
export type GovernanceMessage =
  | { readonly kind: 'blockProposal'; readonly signedBlock: SignedBlock; readonly authority: GovernanceAuthority }
  | { readonly kind: 'federationUpdate'; readonly update: string; readonly authority: GovernanceAuthority }
  | { readonly kind: 'chainStatusRequest'; readonly requestId: string }
  | {
      readonly kind: 'syncRequest';
      readonly requestId: string;
      readonly targetHeight: BlockHeight | null;
      readonly authority: GovernanceAuthority;
    }
  | {
      readonly kind: 'emergencyHalt';
      readonly generation: number;
      readonly reason: string;
      readonly authority: GovernanceAuthority;
    }
  | {
      readonly kind: 'resume';
      readonly generation: number;
      readonly reason: string;
      readonly authority: GovernanceAuthority;
    }
  | { readonly kind: 'configUpdate'; readonly config: string; readonly authority: GovernanceAuthority }
  | { readonly kind: 'error'; readonly code: string; readonly reason: string };

/** The messages that change state; the others only ask or tell. */
export type SignedGovernanceMessage = Extract<GovernanceMessage, { readonly authority: GovernanceAuthority }>;
