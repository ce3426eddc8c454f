import type { LocalConfig } from '../../config/local.ts';
import type { Network } from '../../config/network.ts';

/** What a bridge waits for and how often it tries again, in ms unless named otherwise. */
export interface BridgeTiming {
  /** A request to another actor. */
  readonly storageTimeoutMs: number;
  /** What waits for the world is looked at again this often. */
  readonly resubmitMs: number;
  /** Longer than StreamActor's own request time-out, which is shorter by this. */
  readonly governanceGraceMs: number;
  /**
   * Governance is asked so often about one deposit before its denial is final: with pauses that double from `resubmitMs`
   * to `maxDenialPauseMs`, since members may have seen less of Bitcoin than this node.
   */
  readonly approvalAttempts: number;
  readonly maxDenialPauseMs: number;
  /** A payout that Bitcoin hasn't taken after so many blocks is bumped. */
  readonly bumpAfterBlocks: number;
  /** `estimatesmartfee`'s target. */
  readonly feeTargetBlocks: number;
}

export const defaultBridgeTiming: BridgeTiming = {
  storageTimeoutMs: 40_000,
  resubmitMs: 5000,
  governanceGraceMs: 5000,
  approvalAttempts: 10,
  maxDenialPauseMs: 600_000,
  bumpAfterBlocks: 6,
  feeTargetBlocks: 6,
};

export interface BridgeArgs {
  readonly network: Network;
  /** SHA-256 of the network file's RFC 8785 form, bare hex. */
  readonly networkHash: string;
  readonly local: Pick<LocalConfig, 'bitcoin' | 'governance' | 'payoutCapSatsPerDay' | 'supervision'>;
  readonly timing?: Partial<BridgeTiming>;
}

export const timingOf = ({ timing }: BridgeArgs): BridgeTiming => ({ ...defaultBridgeTiming, ...timing });
