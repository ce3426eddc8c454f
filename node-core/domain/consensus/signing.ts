import { sha256 } from '@noble/hashes/sha2.js';
import { utf8ToBytes } from '@noble/hashes/utils.js';
import { bytesToHex, type Hex, hexToBytes } from '../../primitives/hex.ts';
import type { BlockRoot, Slot } from '../../primitives/ids.ts';
import { BlockSigningDataSsz, PossessionDataSsz, RandaoDataSsz, VoteSigningDataSsz } from './ssz.ts';
import type { BlsPublicKey } from './types.ts';

/** Separates what one key signs by purpose: a domain tag is the SHA-256 of its name. */
const domainTag = (name: string): Uint8Array => sha256(utf8ToBytes(name));
const BLOCK_TAG = domainTag('alys/block/1');
const VOTE_TAG = domainTag('alys/vote/1');
const POSSESSION_TAG = domainTag('alys/proof-of-possession/1');
const RANDAO_TAG = domainTag('alys/prev-randao/1');

/** The 32 bytes that a proposer signs. `networkHash` is bare hex. */
export const blockSigningRoot = (networkHash: string, root: BlockRoot, slot: Slot): Uint8Array =>
  BlockSigningDataSsz.hashTreeRoot({
    tag: BLOCK_TAG,
    networkHash: hexToBytes(networkHash),
    blockRoot: hexToBytes(root),
    slot,
  });

/** The 32 bytes that a voter signs; clean votes and others sign different ones. `networkHash` is bare hex. */
export const voteSigningRoot = (networkHash: string, root: BlockRoot, slot: Slot, clean: boolean): Uint8Array =>
  VoteSigningDataSsz.hashTreeRoot({
    tag: VOTE_TAG,
    networkHash: hexToBytes(networkHash),
    blockRoot: hexToBytes(root),
    slot,
    clean,
  });

/** The 32 bytes that an authority signs once, to show that it holds its key: without it aggregates could be forged. */
export const possessionSigningRoot = (publicKey: BlsPublicKey): Uint8Array =>
  PossessionDataSsz.hashTreeRoot({ tag: POSSESSION_TAG, publicKey: hexToBytes(publicKey) });

/** The EVM's `prevRandao` of a block: known to all beforehand, and so no source of chance for contracts. */
export const prevRandaoOf = (parentRoot: BlockRoot, slot: Slot): Hex =>
  bytesToHex(RandaoDataSsz.hashTreeRoot({ tag: RANDAO_TAG, parentRoot: hexToBytes(parentRoot), slot }));
