import { concat, getBytes, toUtf8Bytes } from 'ethers';
import { assert, unreachable } from '../../primitives/assert.ts';
import { hexToBytes } from '../../primitives/hex.ts';
import { taggedHash } from '../federation/tagged-hash.ts';
import type { SignedGovernanceMessage } from './message.ts';

export const GOVERNANCE_MESSAGE_TAG = 'alys/governance-message/v1';

/** Stands for "none" where an integer may be absent: above every real value. */
const NONE = 0xffff_ffff_ffff_ffffn;

/** Never reused: an old signature must not fit a new kind. */
const KIND_BYTE: Readonly<Record<SignedGovernanceMessage['kind'], number>> = {
  blockProposal: 1,
  federationUpdate: 2,
  syncRequest: 3,
  emergencyHalt: 4,
  resume: 5,
  configUpdate: 6,
};

function uint(value: number | bigint | null, byteLength: 4 | 8): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, value === null ? NONE : BigInt(value));
  return bytes.subarray(8 - byteLength);
}

function text(value: string): Uint8Array {
  const bytes = toUtf8Bytes(value);
  return getBytes(concat([uint(bytes.length, 4), bytes]));
}

function body(message: SignedGovernanceMessage): Uint8Array[] {
  switch (message.kind) {
    case 'blockProposal':
      // The proposer's signature stands for the block: a BLS signature fits one root, and one that doesn't fit imports nothing.
      return [hexToBytes(message.signedBlock.signature)];
    case 'federationUpdate':
      return [text(message.update)];
    case 'syncRequest':
      return [text(message.requestId), uint(message.targetHeight, 8)];
    case 'emergencyHalt':
    case 'resume':
      return [uint(message.generation, 8), text(message.reason)];
    case 'configUpdate':
      return [text(message.config)];
    default:
      return unreachable(message);
  }
}

/**
 * The 32 bytes that members sign with their identity keys: the tagged hash (`GOVERNANCE_MESSAGE_TAG`) of the network
 * hash (32 bytes), kind (1, `KIND_BYTE`), message id (16), epoch (8), expiry in Unix ms (8) and the kind's body.
 * Integers are big-endian, absent ones all ones; a text is its length in bytes (4) and its UTF-8. Bodies:
 *
 * | kind | body |
 * |---|---|
 * | blockProposal | the proposer's signature (96) |
 * | federationUpdate | update, a text |
 * | syncRequest | request id, a text; target height (8) |
 * | emergencyHalt, resume | generation (8); reason, a text |
 * | configUpdate | config, a text |
 *
 * @throws LogicError unless the network hash is 32 bytes and the message id 16: the link's decoder has checked them.
 */
export function governanceMessageDigest(message: SignedGovernanceMessage, networkHash: string): Uint8Array {
  const [network, id] = [hexToBytes(networkHash), hexToBytes(message.authority.messageId)];
  assert(network.length === 32, 'a network hash is 32 bytes');
  assert(id.length === 16, 'a message id is 16 bytes');
  const { epoch, expiresAtMs } = message.authority;
  const layout = concat([
    network,
    Uint8Array.of(KIND_BYTE[message.kind]),
    id,
    uint(epoch, 8),
    uint(expiresAtMs, 8),
    ...body(message),
  ]);
  return taggedHash(GOVERNANCE_MESSAGE_TAG, getBytes(layout));
}
