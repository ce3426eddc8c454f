import type { Connection } from '@libp2p/interface';
import type { Libp2p } from 'libp2p';
import {
  decodeBlocksRequest,
  decodePeerStatus,
  decodeSignedBlock,
  encodeBlocksRequest,
  encodePeerStatus,
  encodeSignedBlock,
} from '../../domain/consensus/encoding.ts';
import { MAX_BLOCKS_PER_REQUEST, MAX_FRAME_BYTES } from '../../domain/consensus/ssz.ts';
import type { PeerStatus, SignedBlock } from '../../domain/consensus/types.ts';
import type { BlockHeight } from '../../primitives/ids.ts';
import type { PeerEvent } from '../../ports/peers.ts';
import type { Answers } from './answers.ts';
import { converseOn, converseWith, decoded, type Frames, MalformedError } from './frames.ts';
import type { PeersLimits } from './limits.ts';

const STATUS_PROTOCOL = '/alys/status/1';
const BLOCKS_PROTOCOL = '/alys/blocks/1';
/** Requests of each kind under way on one connection, each way. */
const MAX_STREAMS = 4;

/** Asks for a peer's status: it speaks, in one frame. */
export const askStatus = (connection: Connection, { requestTimeoutMs }: PeersLimits): Promise<PeerStatus> =>
  converseWith(
    connection,
    STATUS_PROTOCOL,
    { timeoutMs: requestTimeoutMs, maxBytes: MAX_FRAME_BYTES },
    async (frames) => decoded(decodePeerStatus(await frames.read())),
  );

/** Asks for blocks: the range in a frame; then their number in a frame, and each in one. Both heights are included. */
export const askBlocks = (
  connection: Connection,
  fromHeight: BlockHeight,
  toHeight: BlockHeight,
  { requestTimeoutMs, maxResponseBytes }: PeersLimits,
): Promise<readonly SignedBlock[]> => {
  // Both sides have the time of a request: the peer's actors to find the blocks, then the network to carry them.
  const limits = { timeoutMs: 2 * requestTimeoutMs, maxBytes: maxResponseBytes + MAX_FRAME_BYTES };
  return converseWith(connection, BLOCKS_PROTOCOL, limits, async (frames) => {
    await frames.write(encodeBlocksRequest({ fromHeight, toHeight }));
    const count = readCount(await frames.read());
    if (count > toHeight - fromHeight + 1)
      throw new MalformedError(`${count} blocks for heights ${fromHeight} to ${toHeight}`);
    const blocks: SignedBlock[] = [];
    while (blocks.length < count) blocks.push(decoded(decodeSignedBlock(await frames.read())));
    return blocks;
  });
};

const writeCount = (count: number): Uint8Array => Uint8Array.of(count & 0xff, count >> 8);
function readCount(frame: Uint8Array): number {
  const [low, high] = frame;
  if (frame.length !== 2 || low === undefined || high === undefined) throw new MalformedError('not a number of blocks');
  return low | (high << 8);
}

/** What the answering side needs. */
export interface Serving {
  readonly limits: PeersLimits;
  readonly answers: Answers;
  readonly emit: (event: PeerEvent) => void;
  /** Whether a peer has greeted: nobody else is answered. */
  readonly isGreeted: (connection: Connection) => boolean;
  readonly malformed: (connection: Connection) => void;
}

/** Answers both protocols with what this node's actors say. */
export async function serveRequests(node: Libp2p, serving: Serving): Promise<void> {
  const { limits, answers, emit } = serving;
  await serve(node, STATUS_PROTOCOL, serving, async (frames, peer) => {
    const status = await answers.wait<PeerStatus>((requestId) => emit({ kind: 'statusRequest', peer, requestId }));
    await frames.write(encodePeerStatus(status));
  });
  await serve(node, BLOCKS_PROTOCOL, serving, async (frames, peer) => {
    const { fromHeight, toHeight } = decoded(decodeBlocksRequest(await frames.read()));
    if (toHeight < fromHeight || toHeight - fromHeight >= MAX_BLOCKS_PER_REQUEST)
      throw new MalformedError(`asked for heights ${fromHeight} to ${toHeight}, ${MAX_BLOCKS_PER_REQUEST} at most`);
    const blocks = await answers.wait<readonly SignedBlock[]>((requestId) =>
      emit({ kind: 'blocksRequest', peer, requestId, fromHeight, toHeight }),
    );
    const encoded = withinBudget(blocks, toHeight - fromHeight + 1, limits.maxResponseBytes);
    await frames.write(writeCount(encoded.length));
    for (const frame of encoded) await frames.write(frame);
  });
}

/** As many blocks from the beginning as were asked for and fit in an answer. */
function withinBudget(blocks: readonly SignedBlock[], most: number, maxBytes: number): readonly Uint8Array[] {
  const frames: Uint8Array[] = [];
  let bytes = 0;
  for (const block of blocks.slice(0, most)) {
    const frame = encodeSignedBlock(block);
    bytes += frame.length;
    if (bytes > maxBytes) break;
    frames.push(frame);
  }
  return frames;
}

async function serve(
  node: Libp2p,
  protocol: string,
  { limits, isGreeted, malformed }: Serving,
  respond: (frames: Frames, peer: string) => Promise<void>,
): Promise<void> {
  const bounds = { timeoutMs: 2 * limits.requestTimeoutMs, maxBytes: MAX_FRAME_BYTES };
  await node.handle(
    protocol,
    async (stream, connection) => {
      if (!isGreeted(connection)) return stream.abort(new Error('no hello'));
      // A conversation that fails has been ended; only what the peer did wrong has a consequence.
      await converseOn(stream, bounds, (frames) => respond(frames, connection.remotePeer.toString())).catch(
        (error: unknown) => {
          if (error instanceof MalformedError) malformed(connection);
        },
      );
    },
    { maxInboundStreams: MAX_STREAMS, maxOutboundStreams: 2 * MAX_STREAMS },
  );
}
