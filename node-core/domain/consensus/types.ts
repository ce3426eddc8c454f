import type { Brand } from '../../primitives/brand.ts';
import type { Hex } from '../../primitives/hex.ts';
import type {
  AuthorityIndex,
  BlockHeight,
  BlockRoot,
  BurnId,
  EvmAddress,
  EvmBlockHash,
  EvmTxHash,
  Epoch,
  MemberIndex,
  Outpoint,
  Slot,
  Txid,
} from '../../primitives/ids.ts';
import type { Gwei, Sats, Wei } from '../../primitives/units.ts';

/** BLS12-381 signature in G2, compressed: `0x` and 192 digits. */
export type BlsSignature = Brand<Hex, 'BlsSignature'>;
/** BLS12-381 public key in G1, compressed: `0x` and 96 digits. */
export type BlsPublicKey = Brand<Hex, 'BlsPublicKey'>;
/** BIP-340 signature: 128 bare hex digits. */
export type SchnorrSignature = Brand<string, 'SchnorrSignature'>;
/** BIP-340 x-only public key: 64 bare hex digits. */
export type XOnlyPublicKey = Brand<string, 'XOnlyPublicKey'>;
/** A set of authorities as bits of an integer, bit i for authority i, 15 at most. */
export type AuthoritySet = Brand<number, 'AuthoritySet'>;

/** One mint. Source: EIP-4895; `index` is the running count of mints, `validatorIndex` is 0. */
export interface Withdrawal {
  readonly index: bigint;
  readonly validatorIndex: bigint;
  readonly address: EvmAddress;
  readonly amountGwei: Gwei;
}

/** The Engine API's ExecutionPayloadV3, quantities as numbers, in the order of its definition. */
export interface ExecutionPayload {
  readonly parentHash: EvmBlockHash;
  readonly feeRecipient: EvmAddress;
  readonly stateRoot: Hex;
  readonly receiptsRoot: Hex;
  /** 256 bytes. */
  readonly logsBloom: Hex;
  readonly prevRandao: Hex;
  readonly blockNumber: BlockHeight;
  readonly gasLimit: bigint;
  readonly gasUsed: bigint;
  /** Unix seconds: `floor(slot * slotDurationMs / 1000)`. */
  readonly timestampS: number;
  /** At most 32 bytes. */
  readonly extraData: Hex;
  readonly baseFeePerGas: Wei;
  readonly blockHash: EvmBlockHash;
  /** Each in its EIP-2718 form; never of type 3. */
  readonly transactions: readonly Hex[];
  readonly withdrawals: readonly Withdrawal[];
  readonly blobGasUsed: bigint;
  readonly excessBlobGas: bigint;
}

/** One governance member's identity signature under an approval. */
export interface MemberSignature {
  readonly member: MemberIndex;
  readonly signature: SchnorrSignature;
}

/** A deposit that governance approved: what the certificate's signatures cover, and the certificate. */
export interface CertifiedPegIn {
  readonly outpoint: Outpoint;
  readonly amountSats: Sats;
  readonly recipient: EvmAddress;
  readonly epoch: Epoch;
  /** At least the threshold, in ascending member order, each member once. */
  readonly certificate: readonly MemberSignature[];
}

/** Governance's word that other members follow, as a block holds it: what a quorum of the present ones signed (domain/governance). */
export interface FederationUpdate {
  /** JSON text of the next epoch's member set. */
  readonly update: string;
  /** 32 lower-case hex digits. */
  readonly messageId: string;
  /** In which it was signed. */
  readonly epoch: Epoch;
  /** Unix ms. */
  readonly expiresAtMs: number;
  /** In ascending member order, each member once. */
  readonly signatures: readonly MemberSignature[];
}

/** A federation output that a payout spends. */
export interface PayoutInput {
  readonly outpoint: Outpoint;
  readonly amountSats: Sats;
  /** Epoch of the federation whose address holds it. */
  readonly epoch: Epoch;
}

/** A burn's share in a payout. `outputSats = burn - feeShareSats`. */
export interface PayoutShare {
  readonly burn: BurnId;
  readonly outputSats: Sats;
  readonly feeShareSats: Sats;
}

/** What a block says of a payout. Identity: `id`, the txid of its first version. */
export type PegOutEntry =
  | {
      /** First version of a payout of the burns in `shares`, in log order, outputs in that order, change last. */
      readonly status: 'Proposed';
      readonly id: Txid;
      readonly txid: Txid;
      /** Unsigned transaction, BIP-144 without witness, bare hex. */
      readonly unsignedTx: string;
      /** In the transaction's order; the first is the anchor that is in every version. */
      readonly inputs: readonly PayoutInput[];
      readonly shares: readonly PayoutShare[];
    }
  | {
      /** A fee bump (BIP-125) of payout `id`. */
      readonly status: 'Replaced';
      readonly id: Txid;
      readonly txid: Txid;
      readonly unsignedTx: string;
      readonly inputs: readonly PayoutInput[];
      readonly shares: readonly PayoutShare[];
    }
  | {
      /** Version `txid` of payout `id` is deep on Bitcoin: the payout is no longer live. */
      readonly status: 'Confirmed';
      readonly id: Txid;
      readonly txid: Txid;
    };

/**
 * A quorum's votes for one block. A clean vote says that its authority voted in no slot
 * between the block's certificate's slot and the block's; the two kinds sign different roots.
 */
export interface QuorumCertificate {
  readonly blockRoot: BlockRoot;
  readonly slot: Slot;
  readonly cleanVoters: AuthoritySet;
  readonly otherVoters: AuthoritySet;
  /** Aggregate of both kinds; the genesis certificate, for the genesis root at slot 0, has no voters and all zero bytes. */
  readonly signature: BlsSignature;
}

export interface Block {
  readonly parentRoot: BlockRoot;
  readonly slot: Slot;
  /** EVM block number; genesis is 0. */
  readonly height: BlockHeight;
  readonly proposer: AuthorityIndex;
  readonly payload: ExecutionPayload;
  /** One for each withdrawal of the payload, in the same order (by outpoint). At most 16. */
  readonly pegIns: readonly CertifiedPegIn[];
  /** At most 16. */
  readonly pegOuts: readonly PegOutEntry[];
  /** At most one. From the block on it is part of who the members are (domain/federation/succession.ts). */
  readonly federationUpdates: readonly FederationUpdate[];
  /** Certifies the parent: `certificate.blockRoot = parentRoot`. */
  readonly certificate: QuorumCertificate;
}

export interface SignedBlock {
  readonly block: Block;
  /** The proposer's, over root and domain tag. */
  readonly signature: BlsSignature;
}

export interface Vote {
  readonly blockRoot: BlockRoot;
  readonly slot: Slot;
  readonly authority: AuthorityIndex;
  readonly clean: boolean;
  readonly signature: BlsSignature;
}

/**
 * Two blocks or two votes of one authority for one slot. Anybody who has the network's hash can check it: each signature
 * is the key's, over a root of that kind and slot.
 */
export interface EquivocationEvidence {
  readonly kind: 'block' | 'vote';
  readonly slot: Slot;
  /** The key's place where it signed first. */
  readonly authority: AuthorityIndex;
  readonly publicKey: BlsPublicKey;
  readonly firstRoot: BlockRoot;
  readonly secondRoot: BlockRoot;
  readonly firstSignature: BlsSignature;
  readonly secondSignature: BlsSignature;
  /** Whether each vote said that it was clean; null for blocks. */
  readonly firstClean: boolean | null;
  readonly secondClean: boolean | null;
}

/** The guard's record of one key: slots strictly increase, heights may repeat. */
export interface GuardRecord {
  readonly lastProposedSlot: Slot | null;
  readonly lastVotedSlot: Slot | null;
  readonly lastVotedRoot: BlockRoot | null;
  /** The certificate that this key is locked on. */
  readonly lockedRoot: BlockRoot | null;
  readonly lockedSlot: Slot | null;
}

/** What peers tell each other of themselves at the handshake and on request. */
export interface PeerStatus {
  /** SHA-256 of the network file's RFC 8785 form, bare hex: a mismatch refuses to peg (HOLE-12). */
  readonly networkHash: string;
  readonly headRoot: BlockRoot;
  readonly headHeight: BlockHeight;
  readonly finalizedRoot: BlockRoot;
  readonly finalizedHeight: BlockHeight;
  readonly highCertificate: QuorumCertificate;
  /** The last slot in which this peer saw each authority sign a block or a vote, by index; 0 for none. */
  readonly lastSignedSlots: readonly Slot[];
}

/** A burn as the chain records it: only from the bridge's own log, in a successful receipt, of a final block. */
export interface Burn {
  readonly id: BurnId;
  readonly blockHash: EvmBlockHash;
  readonly height: BlockHeight;
  readonly logIndex: number;
  readonly evmTxHash: EvmTxHash;
  readonly sender: EvmAddress;
  /** UTF-8 text of the `_bitcoinAddress` bytes; not checked yet. Undecodable bytes appear as U+FFFD. */
  readonly destination: string;
  readonly amountWei: Wei;
}
