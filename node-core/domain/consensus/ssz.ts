import { setHasher } from '@chainsafe/persistent-merkle-tree';
import { hasher } from '@chainsafe/persistent-merkle-tree/hasher/as-sha256';
import {
  BooleanType,
  ByteListType,
  ByteVectorType,
  ContainerType,
  ListBasicType,
  ListCompositeType,
  UintBigintType,
  UintNumberType,
} from '@chainsafe/ssz';
import { MAX_UPDATE_BYTES } from '../federation/member-set.ts';
import { MAX_AUTHORITIES } from './schedule.ts';

/** The one table of what goes over the wire and under a signature. ENCODINGS.md gives it in words. */

// SHA-256 in WebAssembly: the library's default is JavaScript, and takes several times as long for a full block.
setHasher(hasher);

/** A frame's bytes at most, gossip and request alike. Source: protocol.md, Chain and consensus. */
export const MAX_FRAME_BYTES = 1_048_576;
/** A signed block in its encoding: a frame less room for gossip's envelope, and for what GossipSub announces with it. */
export const MAX_SIGNED_BLOCK_BYTES = MAX_FRAME_BYTES - 65_536;
/** Mints in a block. Source: protocol.md, Chain and consensus. */
export const MAX_PEG_INS = 16;
export const MAX_PEG_OUTS = 16;
/** Inputs and burns of one payout: with 15 members a transaction of 256 inputs is just inside the relay limit of 400,000 weight units. */
export const MAX_PAYOUT_INPUTS = 256;
export const MAX_PAYOUT_SHARES = 256;
/** Unsigned bytes of one payout: 256 inputs of 41 bytes, 257 outputs of at most 43, and what stands around them. */
export const MAX_UNSIGNED_TX_BYTES = 32_768;
/** A transaction takes 64 bytes of the frame at least, so no block that fits holds more. */
export const MAX_TRANSACTIONS = 16_384;
/** geth's and reth's pools refuse larger ones (128 KiB). */
export const MAX_TRANSACTION_BYTES = 131_072;
export const MAX_EXTRA_DATA_BYTES = 32;
export const MAX_MEMBERS = 15;
/** Blocks in a sync request. Source: protocol.md, Chain and consensus. */
export const MAX_BLOCKS_PER_REQUEST = 1024;

/** Fields of the network file that a handshake compares one by one. */
export const MAX_NETWORK_FIELDS = 32;
export const MAX_FIELD_NAME_BYTES = 64;

/** Member changes in a block. */
export const MAX_FEDERATION_UPDATES = 1;

const Bytes16 = new ByteVectorType(16);
const Bytes20 = new ByteVectorType(20);
const Bytes32 = new ByteVectorType(32);
const Bytes48 = new ByteVectorType(48);
const Bytes64 = new ByteVectorType(64);
const Bytes96 = new ByteVectorType(96);
const Bytes256 = new ByteVectorType(256);
const bool = new BooleanType();
const uint8 = new UintNumberType(1);
const uint16 = new UintNumberType(2);
const uint32 = new UintNumberType(4);
/** Counts (slots, heights, epochs, seconds): above 2^53 - 1 they are refused. */
const count64 = new UintNumberType(8);
const uint64 = new UintBigintType(8);
const uint256 = new UintBigintType(32);

export const WithdrawalSsz = new ContainerType({
  index: uint64,
  validatorIndex: uint64,
  address: Bytes20,
  amountGwei: uint64,
});

export const ExecutionPayloadSsz = new ContainerType({
  parentHash: Bytes32,
  feeRecipient: Bytes20,
  stateRoot: Bytes32,
  receiptsRoot: Bytes32,
  logsBloom: Bytes256,
  prevRandao: Bytes32,
  blockNumber: count64,
  gasLimit: uint64,
  gasUsed: uint64,
  timestampS: count64,
  extraData: new ByteListType(MAX_EXTRA_DATA_BYTES),
  baseFeePerGas: uint256,
  blockHash: Bytes32,
  transactions: new ListCompositeType(new ByteListType(MAX_TRANSACTION_BYTES), MAX_TRANSACTIONS),
  withdrawals: new ListCompositeType(WithdrawalSsz, MAX_PEG_INS),
  blobGasUsed: uint64,
  excessBlobGas: uint64,
});

/** Transaction ids are in the order in which Bitcoin Core prints them. */
export const OutpointSsz = new ContainerType({ txid: Bytes32, vout: uint32 });
export const BurnIdSsz = new ContainerType({ blockHash: Bytes32, logIndex: uint32 });
export const MemberSignatureSsz = new ContainerType({ member: uint8, signature: Bytes64 });

export const CertifiedPegInSsz = new ContainerType({
  outpoint: OutpointSsz,
  amountSats: uint64,
  recipient: Bytes20,
  epoch: count64,
  certificate: new ListCompositeType(MemberSignatureSsz, MAX_MEMBERS),
});

export const PayoutInputSsz = new ContainerType({ outpoint: OutpointSsz, amountSats: uint64, epoch: count64 });
export const PayoutShareSsz = new ContainerType({ burn: BurnIdSsz, outputSats: uint64, feeShareSats: uint64 });

/** `status`: 0 Proposed, 1 Replaced, 2 Confirmed, whose three last fields are empty. */
export const PegOutEntrySsz = new ContainerType({
  status: uint8,
  id: Bytes32,
  txid: Bytes32,
  unsignedTx: new ByteListType(MAX_UNSIGNED_TX_BYTES),
  inputs: new ListCompositeType(PayoutInputSsz, MAX_PAYOUT_INPUTS),
  shares: new ListCompositeType(PayoutShareSsz, MAX_PAYOUT_SHARES),
});

export const FederationUpdateSsz = new ContainerType({
  update: new ByteListType(MAX_UPDATE_BYTES),
  messageId: Bytes16,
  epoch: count64,
  expiresAtMs: count64,
  signatures: new ListCompositeType(MemberSignatureSsz, MAX_MEMBERS),
});

export const QuorumCertificateSsz = new ContainerType({
  blockRoot: Bytes32,
  slot: count64,
  cleanVoters: uint16,
  otherVoters: uint16,
  signature: Bytes96,
});

export const BlockSsz = new ContainerType({
  parentRoot: Bytes32,
  slot: count64,
  height: count64,
  proposer: uint8,
  payload: ExecutionPayloadSsz,
  pegIns: new ListCompositeType(CertifiedPegInSsz, MAX_PEG_INS),
  pegOuts: new ListCompositeType(PegOutEntrySsz, MAX_PEG_OUTS),
  federationUpdates: new ListCompositeType(FederationUpdateSsz, MAX_FEDERATION_UPDATES),
  certificate: QuorumCertificateSsz,
});

export const SignedBlockSsz = new ContainerType({ block: BlockSsz, signature: Bytes96 });

export const VoteSsz = new ContainerType({
  blockRoot: Bytes32,
  slot: count64,
  authority: uint8,
  clean: bool,
  signature: Bytes96,
});

export const PeerStatusSsz = new ContainerType({
  networkHash: Bytes32,
  headRoot: Bytes32,
  headHeight: count64,
  finalizedRoot: Bytes32,
  finalizedHeight: count64,
  highCertificate: QuorumCertificateSsz,
  lastSignedSlots: new ListBasicType(count64, MAX_AUTHORITIES),
});

/** Both ends included. */
export const BlocksRequestSsz = new ContainerType({ fromHeight: count64, toHeight: count64 });

/** What two nodes tell each other first: the network file's hash, and the SHA-256 of each of its fields to name a difference. */
export const HelloSsz = new ContainerType({
  networkHash: Bytes32,
  fields: new ListCompositeType(
    new ContainerType({ name: new ByteListType(MAX_FIELD_NAME_BYTES), digest: Bytes32 }),
    MAX_NETWORK_FIELDS,
  ),
});

/** What a proposer signs, by its hash-tree-root. */
export const BlockSigningDataSsz = new ContainerType({
  tag: Bytes32,
  networkHash: Bytes32,
  blockRoot: Bytes32,
  slot: count64,
});

/** What a voter signs, by its hash-tree-root. */
export const VoteSigningDataSsz = new ContainerType({
  tag: Bytes32,
  networkHash: Bytes32,
  blockRoot: Bytes32,
  slot: count64,
  clean: bool,
});

/** What a proof of possession signs, by its hash-tree-root. No network hash: the proof stands in the file that is hashed. */
export const PossessionDataSsz = new ContainerType({ tag: Bytes32, publicKey: Bytes48 });

/** What `prevRandao` is the hash-tree-root of. */
export const RandaoDataSsz = new ContainerType({ tag: Bytes32, parentRoot: Bytes32, slot: count64 });
