import { decodeSignedBlock, decodeVote } from '../../domain/consensus/encoding.ts';
import { MAX_TRANSACTION_BYTES } from '../../domain/consensus/ssz.ts';
import { accept, type Checked, refuse } from '../../primitives/errors.ts';
import { bytesToHex, type Hex } from '../../primitives/hex.ts';
import type { SignedBlock, Vote } from '../../domain/consensus/types.ts';
import type { PeerEvent, PeerId } from '../../ports/peers.ts';

/** Digits of the network's hash in a topic's name, so that networks never mix. */
const PREFIX_DIGITS = 16;

export interface Topics {
  readonly blocks: string;
  readonly votes: string;
  readonly transactions: string;
}

export function topicsOf(networkHash: string): Topics {
  const prefix = `alys/${networkHash.slice(0, PREFIX_DIGITS)}`;
  return { blocks: `${prefix}/blocks`, votes: `${prefix}/votes`, transactions: `${prefix}/transactions` };
}

/** What a block or a vote must be beyond readable, to be passed on: made by an authority. */
export interface GossipScreen {
  readonly block: (signedBlock: SignedBlock) => Checked<unknown>;
  readonly vote: (vote: Vote) => Checked<unknown>;
}

/** Reads a gossiped message of a topic: what is refused is neither delivered nor forwarded. */
export function readGossip(
  topics: Topics,
  screen: GossipScreen,
  topic: string,
  data: Uint8Array,
  peer: PeerId,
): Checked<PeerEvent> {
  switch (topic) {
    case topics.blocks: {
      const signedBlock = decodeSignedBlock(data);
      if (!signedBlock.ok) return signedBlock;
      const screened = screen.block(signedBlock.value);
      return screened.ok ? accept({ kind: 'block', peer, signedBlock: signedBlock.value }) : screened;
    }
    case topics.votes: {
      const vote = decodeVote(data);
      if (!vote.ok) return vote;
      const screened = screen.vote(vote.value);
      return screened.ok ? accept({ kind: 'vote', peer, vote: vote.value }) : screened;
    }
    case topics.transactions: {
      const raw = readTransaction(data);
      return raw.ok ? accept({ kind: 'transaction', peer, raw: raw.value }) : raw;
    }
    default:
      return refuse('UNKNOWN_TOPIC', `no topic ${topic}`);
  }
}

/** Lowest first byte of a legacy transaction: an RLP list (EIP-2718). */
const RLP_LIST = 0xc0;
/** The typed transactions of a chain up to Cancun without blobs: EIP-2930 and EIP-1559. */
const TRANSACTION_TYPES: readonly number[] = [1, 2];

function readTransaction(data: Uint8Array): Checked<Hex> {
  const [type] = data;
  if (type === undefined || data.length > MAX_TRANSACTION_BYTES)
    return refuse('MALFORMED', `a transaction of ${data.length} bytes`);
  if (type < RLP_LIST && !TRANSACTION_TYPES.includes(type))
    return refuse('MALFORMED', `no transaction begins with the byte ${type}`);
  return accept(bytesToHex(data));
}
