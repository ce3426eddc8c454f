import type { ContainerType, Type } from '@chainsafe/ssz';
import { utf8ToBytes } from '@noble/hashes/utils.js';
import { type Checked, accept, refuse } from '../../primitives/errors.ts';
import { bytesToHex, hexToBytes } from '../../primitives/hex.ts';
import type { BlockHeight, BlockRoot } from '../../primitives/ids.ts';
import { MAX_AUTHORITIES } from './schedule.ts';
import {
  BlocksRequestSsz,
  BlockSsz,
  HelloSsz,
  MAX_SIGNED_BLOCK_BYTES,
  PeerStatusSsz,
  SignedBlockSsz,
  VoteSsz,
} from './ssz.ts';
import type { Block, PeerStatus, SignedBlock, Vote } from './types.ts';
import {
  bareHexFromWire,
  blockFromWire,
  blockToWire,
  certificateFromWire,
  certificateToWire,
  countFromWire,
  fieldsFromWire,
  hexFromWire,
  WireError,
} from './wire-values.ts';

export type DecodeCode = 'OVERSIZE' | 'MALFORMED';

/** Consecutive heights, both ends included. */
export interface BlocksRequest {
  readonly fromHeight: BlockHeight;
  readonly toHeight: BlockHeight;
}

/**
 * Reads any bytes at all. What is accepted encodes to the same bytes again, so that one value has one encoding and one
 * hash: SSZ has no two encodings of a value, and counts that its decoder would round are refused by `fromWire`.
 */
function decode<Fields extends Record<string, Type<unknown>>, T>(
  type: ContainerType<Fields>,
  bytes: Uint8Array,
  maxBytes: number,
  fromWire: (value: ReturnType<ContainerType<Fields>['deserialize']>) => T,
): Checked<T, DecodeCode> {
  if (bytes.length > maxBytes) return refuse('OVERSIZE', `${bytes.length} bytes are more than ${maxBytes}`);
  let value: ReturnType<ContainerType<Fields>['deserialize']>;
  try {
    value = type.deserialize(bytes);
  } catch (error) {
    return refuse('MALFORMED', error instanceof Error ? error.message : 'not an SSZ encoding');
  }
  try {
    return accept(fromWire(value));
  } catch (error) {
    if (error instanceof WireError) return refuse('MALFORMED', error.message);
    throw error;
  }
}

/** The block's identity: the SSZ hash-tree-root of `Block`. */
export const blockRootOf = (block: Block): BlockRoot =>
  bytesToHex(BlockSsz.hashTreeRoot(blockToWire(block))) as BlockRoot;

/** Bytes of the signed block's encoding, without encoding it. At most `MAX_SIGNED_BLOCK_BYTES` in a valid block. */
export const signedBlockSize = (block: Block): number =>
  BlockSsz.value_serializedSize(blockToWire(block)) + SIGNED_BLOCK_OVERHEAD_BYTES;
/** The signature and the offset of the block. */
const SIGNED_BLOCK_OVERHEAD_BYTES = 96 + 4;

export const encodeSignedBlock = ({ block, signature }: SignedBlock): Uint8Array =>
  SignedBlockSsz.serialize({ block: blockToWire(block), signature: hexToBytes(signature) });

export const decodeSignedBlock = (bytes: Uint8Array): Checked<SignedBlock, DecodeCode> =>
  decode(SignedBlockSsz, bytes, MAX_SIGNED_BLOCK_BYTES, ({ block, signature }) => ({
    block: blockFromWire(block),
    signature: hexFromWire(signature),
  }));

export const encodeVote = (vote: Vote): Uint8Array =>
  VoteSsz.serialize({ ...vote, blockRoot: hexToBytes(vote.blockRoot), signature: hexToBytes(vote.signature) });

export const decodeVote = (bytes: Uint8Array): Checked<Vote, DecodeCode> =>
  decode(VoteSsz, bytes, VoteSsz.maxSize, ({ blockRoot, slot, authority, clean, signature }) => ({
    blockRoot: hexFromWire(blockRoot),
    slot: countFromWire(slot),
    authority: countFromWire(authority, MAX_AUTHORITIES),
    clean,
    signature: hexFromWire(signature),
  }));

export const encodePeerStatus = (status: PeerStatus): Uint8Array =>
  PeerStatusSsz.serialize({
    networkHash: hexToBytes(status.networkHash),
    headRoot: hexToBytes(status.headRoot),
    headHeight: status.headHeight,
    finalizedRoot: hexToBytes(status.finalizedRoot),
    finalizedHeight: status.finalizedHeight,
    highCertificate: certificateToWire(status.highCertificate),
    lastSignedSlots: [...status.lastSignedSlots],
  });

export const decodePeerStatus = (bytes: Uint8Array): Checked<PeerStatus, DecodeCode> =>
  decode(PeerStatusSsz, bytes, PeerStatusSsz.maxSize, (value) => ({
    networkHash: bareHexFromWire(value.networkHash),
    headRoot: hexFromWire(value.headRoot),
    headHeight: countFromWire(value.headHeight),
    finalizedRoot: hexFromWire(value.finalizedRoot),
    finalizedHeight: countFromWire(value.finalizedHeight),
    highCertificate: certificateFromWire(value.highCertificate),
    lastSignedSlots: value.lastSignedSlots.map((each) => countFromWire(each)),
  }));

export const encodeBlocksRequest = (request: BlocksRequest): Uint8Array =>
  BlocksRequestSsz.serialize({ fromHeight: request.fromHeight, toHeight: request.toHeight });

export const decodeBlocksRequest = (bytes: Uint8Array): Checked<BlocksRequest, DecodeCode> =>
  decode(BlocksRequestSsz, bytes, BlocksRequestSsz.maxSize, ({ fromHeight, toHeight }) => ({
    fromHeight: countFromWire(fromHeight),
    toHeight: countFromWire(toHeight),
  }));

/** A node's introduction. Hashes are bare hex. */
export interface Hello {
  readonly networkHash: string;
  /** SHA-256 of each of the network file's fields, by its name; empty when a node doesn't say. */
  readonly fields: Readonly<Record<string, string>>;
}

export const encodeHello = ({ networkHash, fields }: Hello): Uint8Array =>
  HelloSsz.serialize({
    networkHash: hexToBytes(networkHash),
    fields: Object.entries(fields).map(([name, digest]) => ({ name: utf8ToBytes(name), digest: hexToBytes(digest) })),
  });

export const decodeHello = (bytes: Uint8Array): Checked<Hello, DecodeCode> =>
  decode(HelloSsz, bytes, HelloSsz.maxSize, ({ networkHash, fields }) => ({
    networkHash: bareHexFromWire(networkHash),
    fields: fieldsFromWire(fields),
  }));
