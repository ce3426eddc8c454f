import {
  decodeBlocksRequest,
  decodeHello,
  decodePeerStatus,
  decodeSignedBlock,
  decodeVote,
  encodeBlocksRequest,
  encodeHello,
  encodePeerStatus,
  encodeSignedBlock,
  encodeVote,
} from '../../../node-core/domain/consensus/encoding.ts';
import { MAX_SIGNED_BLOCK_BYTES } from '../../../node-core/domain/consensus/ssz.ts';
import type { Checked } from '../../../node-core/primitives/errors.ts';
import { blockHeight, type BlockRoot, slot } from '../../../node-core/primitives/ids.ts';
import type { RootedBlock } from '../world/federation.ts';
import { NETWORK_HASH } from '../world/network.ts';
import type { FuzzWorld } from '../world/world.ts';
import { mutateBytes } from './mutate-bytes.ts';
import type { Target } from './target.ts';

const BATCH = 512;
const OVERSIZE_EVERY = 200;

/** A message of the wire: valid bytes of it, and how they are read. */
interface WireMessage {
  readonly name: string;
  readonly bytes: (world: FuzzWorld, bases: readonly RootedBlock[]) => Uint8Array;
  /** Encodes again what was decoded. */
  readonly read: (bytes: Uint8Array) => Checked<Uint8Array>;
}

const reader =
  <T>(decode: (bytes: Uint8Array) => Checked<T>, encode: (value: T) => Uint8Array) =>
  (bytes: Uint8Array): Checked<Uint8Array> => {
    const decoded = decode(bytes);
    return decoded.ok ? { ok: true, value: encode(decoded.value) } : decoded;
  };

const MESSAGES: readonly WireMessage[] = [
  {
    name: 'block',
    bytes: ({ random }, bases) => encodeSignedBlock(random.pick(bases).signedBlock),
    read: reader(decodeSignedBlock, encodeSignedBlock),
  },
  {
    name: 'vote',
    bytes: ({ federation, random }) =>
      encodeVote(federation.vote(random.integer(4), random.hex(32) as BlockRoot, slot(1 + random.integer(99)))),
    read: reader(decodeVote, encodeVote),
  },
  {
    name: 'status',
    bytes: ({ federation }) => encodePeerStatus(federation.status()),
    read: reader(decodePeerStatus, encodePeerStatus),
  },
  {
    name: 'blocks request',
    bytes: ({ random }) =>
      encodeBlocksRequest({ fromHeight: blockHeight(random.integer(99)), toHeight: blockHeight(random.integer(9999)) }),
    read: reader(decodeBlocksRequest, encodeBlocksRequest),
  },
  {
    name: 'hello',
    bytes: () => encodeHello({ networkHash: NETWORK_HASH, fields: { chainId: NETWORK_HASH, gasLimit: NETWORK_HASH } }),
    read: reader(decodeHello, encodeHello),
  },
];

/** Bytes that strangers send, block bytes most of all: decoded or refused, never thrown over; one value has one encoding. */
export const wire: Target = {
  name: 'wire',
  share: 0.1,
  stages: [
    ...MESSAGES.flatMap(({ name }) => [`${name}: MALFORMED`, `${name}: OVERSIZE`]),
    ...['status', 'blocks request', 'hello'].map((name) => `${name}: decoded, another one`),
    'gossip: BLOCK_SIGNATURE',
    'gossip: VOTE_SIGNATURE',
  ],
  async run(world, bases, count) {
    for (let i = 0; i < count; i++) {
      one(world, bases, i);
      // The event loop is the node's as well.
      if (i % BATCH === BATCH - 1) await new Promise(setImmediate);
    }
    await world.checkUnchanged('wire');
  },
};

function one(world: FuzzWorld, bases: readonly RootedBlock[], i: number): void {
  const { random, tally, node } = world;
  const message = MESSAGES[i % MESSAGES.length] as WireMessage;
  const valid = message.bytes(world, bases);
  const oversize = i % OVERSIZE_EVERY < MESSAGES.length;
  const bytes = oversize ? new Uint8Array(MAX_SIGNED_BLOCK_BYTES + 1 + random.integer(99)) : mutateBytes(valid, random);
  if (Buffer.compare(bytes, valid) === 0) {
    tally.count('wire', 'unchanged', false);
    return;
  }
  try {
    const read = message.read(bytes);
    if (!read.ok) {
      tally.count('wire', `${message.name}: ${read.refusal.code}`, false);
      return;
    }
    if (Buffer.compare(read.value, bytes) !== 0) tally.problem(`wire: two encodings of one ${message.name}`);
    // What can be read is gossiped on: nobody signed it so.
    const kind = message.name === 'block' ? 'blocks' : message.name === 'vote' ? 'votes' : null;
    const gossiped = kind === null ? null : node.gossip(kind, bytes);
    if (gossiped === null) tally.count('wire', `${message.name}: decoded, another one`, false);
    else if (gossiped.ok) {
      tally.count('wire', 'gossip: taken', false);
      tally.problem(`wire: gossip took a changed ${message.name}`);
    } else tally.count('wire', `gossip: ${gossiped.refusal.code}`, false);
  } catch (error) {
    tally.count('wire', 'thrown', false);
    tally.problem(`wire: ${message.name} throws: ${(error as Error).stack}`);
  }
}
