/** What the node puts before the members, as it came over the link. Hashes are bare hex unless said otherwise. */

export interface DepositClaim {
  readonly txid: string;
  readonly vout: number;
  readonly amountSats: bigint;
  /** `0x` and 40 digits. */
  readonly recipient: string;
  readonly epoch: number;
  readonly bitcoinHeight: number;
}

export interface PayoutClaim {
  /** txid of the payout's first version. */
  readonly payoutId: string;
  readonly txid: string;
  readonly unsignedTx: Uint8Array;
  readonly psbt: Uint8Array;
  readonly inputs: readonly {
    readonly txid: string;
    readonly vout: number;
    readonly amountSats: bigint;
    readonly epoch: number;
  }[];
  readonly shares: readonly {
    /** `0x` and 64 digits. */
    readonly burnBlockHash: string;
    readonly burnLogIndex: number;
    readonly burnSats: bigint;
    readonly outputSats: bigint;
    readonly feeShareSats: bigint;
    readonly destination: string;
  }[];
  readonly epoch: number;
}

/** `NOT_YET`: may be true later, so it is checked again. `FALSE`: refused for good. */
export type ClaimRefusal = 'NOT_YET' | 'FALSE';
