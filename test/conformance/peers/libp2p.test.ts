import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import {
  createLibp2pPeers,
  type Libp2pPeers,
  type Libp2pPeersOptions,
} from '../../../node-core/adapters/libp2p/create-peers.ts';
import { generatePeerKey, peerIdOf } from '../../../node-core/adapters/libp2p/peer-key.ts';
import { type GossipScreen, topicsOf } from '../../../node-core/adapters/libp2p/topics.ts';
import { encodeSignedBlock, encodeVote } from '../../../node-core/domain/consensus/encoding.ts';
import { MAX_SIGNED_BLOCK_BYTES, MAX_TRANSACTION_BYTES } from '../../../node-core/domain/consensus/ssz.ts';
import { screenBlock, screenVote } from '../../../node-core/domain/consensus/screen.ts';
import type { PeerStatus, SignedBlock } from '../../../node-core/domain/consensus/types.ts';
import type { Hex } from '../../../node-core/primitives/hex.ts';
import { blockHeight, slot } from '../../../node-core/primitives/ids.ts';
import type { PeerEvent } from '../../../node-core/ports/peers.ts';
import { createConsensusWorld, FORGED, NETWORK_HASH } from '../../support/consensus-world.ts';
import { listenTo, type Listener } from '../../support/listener.ts';
import { type RawPeer, startRawPeer } from '../../support/raw-peer.ts';

const world = createConsensusWorld(4);
const chain: SignedBlock[] = [];
let parent = world.facts(world.genesis.signed.block, world.genesis.root);
for (let at = 1; at <= 12; at++) {
  const { root, signed } = world.propose(
    parent,
    { ...world.genesis.certificate, blockRoot: parent.root, slot: parent.slot },
    at,
  );
  chain.push(signed);
  parent = world.facts(signed.block, root);
}
const [block] = chain as [SignedBlock];
const vote = world.vote(1, parent.root, slot(3), true);
const transaction: Hex = `0x02${'ab'.repeat(60)}`;
const status: PeerStatus = {
  networkHash: NETWORK_HASH,
  headRoot: parent.root,
  headHeight: blockHeight(12),
  finalizedRoot: world.genesis.root,
  finalizedHeight: blockHeight(0),
  highCertificate: world.genesis.certificate,
  lastSignedSlots: [],
};

interface TestNode extends Libp2pPeers {
  readonly heard: Listener<PeerEvent>;
}
const stops: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});
const FAST = { redialInitialMs: 50, redialMaxMs: 200, requestTimeoutMs: 2_000, helloTimeoutMs: 1_000 };

async function startNode(options: Partial<Libp2pPeersOptions> = {}): Promise<TestNode> {
  const peers = await createLibp2pPeers({
    privateKey: await generatePeerKey(),
    listen: ['/ip4/127.0.0.1/tcp/0'],
    bootstrap: [],
    allowedPeers: [],
    networkHash: NETWORK_HASH,
    ...options,
    limits: { ...FAST, ...options.limits },
  });
  const heard = listenTo(peers.events());
  stops.push(() => peers.stop());
  return Object.assign(peers, { heard });
}
const addressOf = (node: TestNode): string => node.listenAddresses()[0] as string;
const isKind =
  <K extends PeerEvent['kind']>(kind: K, peer?: string) =>
  (event: PeerEvent): event is Extract<PeerEvent, { kind: K }> =>
    event.kind === kind && (peer === undefined || event.peer === peer);
/** Publishes again and again until the topic's mesh carries it: subscriptions travel after the connection. */
async function publishUntil(publish: () => Promise<{ readonly recipients: number }>, least: number): Promise<void> {
  await expect
    .poll(async () => (await publish()).recipients, { timeout: 10_000, interval: 50 })
    .toBeGreaterThanOrEqual(least);
}
/** A chain of connections: each node knows the one before. */
async function startLine(count: number, options: Partial<Libp2pPeersOptions> = {}): Promise<TestNode[]> {
  const nodes: TestNode[] = [];
  for (let i = 0; i < count; i++) {
    const previous = nodes[i - 1];
    const node = await startNode({ ...options, bootstrap: previous === undefined ? [] : [addressOf(previous)] });
    nodes.push(node);
    if (previous === undefined) continue;
    await previous.heard.next(isKind('connected', node.peerId));
    await node.heard.next(isKind('connected', previous.peerId));
  }
  return nodes;
}

describe('gossip', () => {
  it('reaches a peer beyond the next one, each kind as what it is, and not its author', async () => {
    const [a, b, c] = (await startLine(3)) as [TestNode, TestNode, TestNode];
    await publishUntil(() => a.publishVote({ ...vote, clean: false }), 1);
    await publishUntil(() => b.publishVote({ ...vote, clean: false }), 2);
    await a.publishBlock(block);
    await a.publishVote(vote);
    await a.publishTransaction(transaction);
    for (const [node, from] of [
      [b, a],
      [c, b],
    ] as const) {
      expect(await node.heard.next(isKind('block'))).toEqual({ kind: 'block', peer: from.peerId, signedBlock: block });
      expect(await node.heard.next((event) => event.kind === 'vote' && event.vote.clean)).toMatchObject({ vote });
      expect(await node.heard.next(isKind('transaction'))).toMatchObject({ raw: transaction });
    }
    expect(a.heard.all.filter(isKind('block'))).toEqual([]);
  });

  it('carries a block as large as one may be', async () => {
    const [a, b] = (await startLine(2)) as [TestNode, TestNode];
    await publishUntil(() => a.publishVote(vote), 1);
    const room = MAX_SIGNED_BLOCK_BYTES - encodeSignedBlock(block).length;
    const transactions: Hex[] = [];
    for (let left = room; left > 5; left -= MAX_TRANSACTION_BYTES + 4)
      transactions.push(`0x02${'00'.repeat(Math.min(left - 4, MAX_TRANSACTION_BYTES) - 1)}`);
    const large = { ...block, block: { ...block.block, payload: { ...block.block.payload, transactions } } };
    expect(encodeSignedBlock(large)).toHaveLength(MAX_SIGNED_BLOCK_BYTES);
    await a.publishBlock(large);
    expect((await b.heard.next(isKind('block'))).signedBlock.block.payload.transactions).toEqual(transactions);
  });

  it('is published to nobody without failing when nobody is there', async () => {
    const alone = await startNode();
    expect(await alone.publishBlock(block)).toEqual({ recipients: 0 });
  });

  it('that is malformed is neither delivered nor forwarded, and ends the connection when it goes on', async () => {
    const a = await startNode();
    const topics = topicsOf(NETWORK_HASH);
    const [liar, witness] = (await Promise.all(
      [0, 1].map(() => startRawPeer({ networkHash: NETWORK_HASH, topics: Object.values(topics) })),
    )) as [RawPeer, RawPeer];
    for (const raw of [liar, witness]) {
      stops.push(() => raw.stop());
      await raw.connect(addressOf(a));
      await a.heard.next(isKind('connected', raw.peerId));
    }
    // The witness takes anything in: what a forwards reaches it. The first message shows that the way is open.
    await witness.publishTo(topics.votes, encodeVote(vote));
    await expect
      .poll(
        async () => {
          await liar.publishTo(topics.transactions, Uint8Array.of(2, 1));
          return witness.received.length;
        },
        { timeout: 10_000, interval: 100 },
      )
      .toBeGreaterThan(0);

    await liar.publishTo(topics.transactions, Uint8Array.of(3, 1));
    await liar.publishTo(topics.votes, new Uint8Array(138).fill(0xff));
    await liar.publishTo(topics.blocks, new Uint8Array(1000));
    await a.heard.next(isKind('disconnected', liar.peerId));
    expect(a.heard.all.filter(isKind('transaction')).every(({ raw }) => raw === '0x0201')).toBe(true);
    expect(a.heard.all.filter(isKind('vote'))).toHaveLength(1);
    expect(a.heard.all.filter(isKind('block'))).toEqual([]);
    // Once this arrives, whatever went before it has arrived.
    await a.publishBlock(block);
    await expect
      .poll(() => witness.received.some(({ topic }) => topic === topics.blocks), { timeout: 10_000 })
      .toBe(true);
    const forwarded = new Set(witness.received.map(({ topic, data }) => `${topic}:${data.length}`));
    expect(forwarded).toEqual(
      new Set([`${topics.transactions}:2`, `${topics.blocks}:${encodeSignedBlock(block).length}`]),
    );
    expect(witness.received.every(({ topic, data }) => topic !== topics.transactions || data[0] === 2)).toBe(true);
    await expect(liar.connect(addressOf(a))).rejects.toThrow();
  });

  it('that no authority signed is not passed on, and counts against who brings it', async () => {
    const context = {
      schedule: [{ activationHeight: 0, members: world.authorities }],
      scheme: world.scheme,
      networkHash: NETWORK_HASH,
    };
    const screen: GossipScreen = {
      block: (signed) => screenBlock(signed, context),
      vote: (one) => screenVote(one, context),
    };
    const a = await startNode({ screen, limits: { strikes: 2 } });
    const topics = topicsOf(NETWORK_HASH);
    const liar = await startRawPeer({ networkHash: NETWORK_HASH, topics: Object.values(topics) });
    stops.push(() => liar.stop());
    await liar.connect(addressOf(a));
    await liar.publishTo(topics.blocks, encodeSignedBlock(block));
    await a.heard.next(isKind('block'));
    await liar.publishTo(topics.blocks, encodeSignedBlock({ ...block, signature: FORGED }));
    await liar.publishTo(topics.votes, encodeVote({ ...vote, clean: !vote.clean }));
    await a.heard.next(isKind('disconnected', liar.peerId));
    expect(a.heard.all.map(({ kind }) => kind)).toEqual(['connected', 'block', 'disconnected']);
  });

  it('above a frame is not read, and ends the connection', async () => {
    const a = await startNode();
    const topics = topicsOf(NETWORK_HASH);
    const raw = await startRawPeer({ networkHash: NETWORK_HASH, topics: Object.values(topics) });
    stops.push(() => raw.stop());
    await raw.connect(addressOf(a));
    await raw.publishTo(topics.transactions, Uint8Array.of(2, 1));
    await a.heard.next(isKind('transaction'));
    await raw.publishTo(topics.blocks, new Uint8Array(1_048_577));
    await a.heard.next(isKind('disconnected', raw.peerId));
    expect(a.heard.all.filter(isKind('block'))).toEqual([]);
  });
});

describe('requests', () => {
  it('for a status are answered with what the other node says', async () => {
    const [a, b] = (await startLine(2)) as [TestNode, TestNode];
    const asked = b.requestStatus(a.peerId);
    const { requestId, peer } = await a.heard.next(isKind('statusRequest'));
    expect(peer).toBe(b.peerId);
    await a.answerStatus(requestId, status);
    expect(await asked).toEqual(status);
    await expect(a.answerStatus(requestId, status)).rejects.toMatchObject({ code: 'PEER_TIMEOUT' });
  });

  it('for blocks are answered in order, and with fewer from the beginning when an answer would be too large', async () => {
    const perBlock = 1_100;
    const [a, b] = (await startLine(2, { limits: { maxResponseBytes: 5 * perBlock } })) as [TestNode, TestNode];
    const asked = b.requestBlocks(a.peerId, blockHeight(1), blockHeight(12));
    const request = await a.heard.next(isKind('blocksRequest'));
    expect(request).toMatchObject({ fromHeight: 1, toHeight: 12, peer: b.peerId });
    await a.answerBlocks(request.requestId, chain);
    const blocks = await asked;
    expect(blocks.length).toBeGreaterThan(2);
    expect(blocks.length).toBeLessThan(12);
    expect(blocks).toEqual(chain.slice(0, blocks.length));

    const empty = b.requestBlocks(a.peerId, blockHeight(90), blockHeight(91));
    const second = await a.heard.next((event) => isKind('blocksRequest')(event) && event.fromHeight === 90);
    if (second.kind === 'blocksRequest') await a.answerBlocks(second.requestId, []);
    expect(await empty).toEqual([]);
  });

  it('that nobody answers, or for a peer that is not there, fail in time with their codes', async () => {
    const [a, b] = (await startLine(2, { limits: { requestTimeoutMs: 200 } })) as [TestNode, TestNode];
    await expect(b.requestStatus(a.peerId)).rejects.toMatchObject({ errorClass: 'network' });
    await expect(b.requestStatus(await peerIdOf(await generatePeerKey()))).rejects.toMatchObject({
      code: 'PEER_UNREACHABLE',
    });
  });

  it('that are malformed are refused, and so are answers', async () => {
    const a = await startNode({ limits: { strikes: 2 } });
    const raw = await startRawPeer({ networkHash: NETWORK_HASH, topics: [] });
    stops.push(() => raw.stop());
    await raw.answer('/alys/status/1', async ({ write }) => write(new Uint8Array(7)));
    await raw.connect(addressOf(a));
    await a.heard.next(isKind('connected', raw.peerId));
    await expect(a.requestStatus(raw.peerId)).rejects.toMatchObject({ code: 'PEER_MALFORMED' });
    // The second malformed message within the time is one too many: 1025 blocks at once.
    const tooMany = new Uint8Array(16);
    new DataView(tooMany.buffer).setUint32(8, 1024, true);
    await raw.say('/alys/blocks/1', async ({ write }) => write(tooMany)).catch(() => undefined);
    await a.heard.next(isKind('disconnected', raw.peerId));
    expect(a.heard.all.filter(isKind('blocksRequest'))).toEqual([]);
  });

  it('with a frame above 1 MiB end the connection at its announcement', async () => {
    const a = await startNode({ limits: { strikes: 1, requestTimeoutMs: 60_000 } });
    const raw = await startRawPeer({ networkHash: NETWORK_HASH, topics: [] });
    stops.push(() => raw.stop());
    await raw.connect(addressOf(a));
    await a.heard.next(isKind('connected', raw.peerId));
    // 2^20 + 1 as a varint, and nothing after it.
    await raw.say('/alys/blocks/1', async ({ send }) => send(Uint8Array.of(0x81, 0x80, 0x40))).catch(() => undefined);
    await a.heard.next(isKind('disconnected', raw.peerId));
  });
});

describe('a greeting', () => {
  it('of another network is refused on both sides, and names the fields that differ (HOLE-12)', async () => {
    const fields = { chainId: '01'.repeat(32), bitcoin: '02'.repeat(32), bridge: '03'.repeat(32) };
    const a = await startNode({ networkFields: fields });
    const b = await startNode({
      networkHash: '77'.repeat(32),
      networkFields: { ...fields, bridge: '04'.repeat(32) },
      bootstrap: [addressOf(a)],
    });
    for (const [node, other] of [
      [a, b],
      [b, a],
    ] as const) {
      const { reason } = await node.heard.next(isKind('refused', other.peerId));
      expect(reason).toMatch(/bridge differ$/);
      expect(node.heard.all.filter(isKind('connected'))).toEqual([]);
      await expect(node.requestStatus(other.peerId)).rejects.toMatchObject({ code: 'PEER_UNREACHABLE' });
    }
  });

  it('that never comes ends the connection, and nothing is answered before it', async () => {
    const a = await startNode({ limits: { helloTimeoutMs: 300 } });
    const mute = await startRawPeer({ networkHash: null, topics: [] });
    stops.push(() => mute.stop());
    await mute.connect(addressOf(a));
    await expect(mute.say('/alys/status/1', async ({ read }) => read())).rejects.toThrow();
    await mute.closed(a.peerId);
    expect(a.heard.all).toEqual([]);
  });
});

describe('places', () => {
  it('are few for strangers, and kept for the federation', async () => {
    const memberKey = await generatePeerKey();
    const a = await startNode({ allowedPeers: [await peerIdOf(memberKey)], limits: { publicPlaces: 1 } });
    const first = await startNode({ bootstrap: [addressOf(a)] });
    await a.heard.next(isKind('connected', first.peerId));
    const second = await startRawPeer({ networkHash: NETWORK_HASH, topics: [] });
    stops.push(() => second.stop());
    await second.connect(addressOf(a)).catch(() => undefined);
    await second.closed(a.peerId);
    const member = await startNode({ privateKey: memberKey, bootstrap: [addressOf(a)] });
    await a.heard.next(isKind('connected', member.peerId));
    expect(a.heard.all.filter(isKind('connected')).map(({ peer }) => peer)).toEqual([first.peerId, member.peerId]);
  });

  it('are reached by a known address through a flood of connections that never say who they are', async () => {
    const memberKey = await generatePeerKey();
    const memberId = await peerIdOf(memberKey);
    const a = await startNode({
      allowedPeers: [memberId],
      // Nobody listens there: the member has to get in by itself.
      bootstrap: [`/ip4/127.0.0.1/tcp/1/p2p/${memberId}`],
      limits: { publicPlaces: 2 },
    });
    const port = Number(addressOf(a).split('/')[4]);
    const flood = Array.from({ length: 40 }, () => connect({ host: '127.0.0.1', port, localAddress: '127.0.0.2' }));
    stops.push(() => flood.forEach((socket) => socket.destroy()));
    for (const socket of flood) socket.on('error', () => undefined);
    await Promise.all(flood.slice(0, 3).map((socket) => once(socket, 'connect')));
    const member = await startNode({
      privateKey: memberKey,
      bootstrap: [addressOf(a)],
      limits: { redialInitialMs: 20_000 },
    });
    await member.heard.next(isKind('connected', a.peerId));
  });

  it('are lost by a peer that is disconnected, for a while', async () => {
    const [a, b] = (await startLine(2, { limits: { banMs: 400 } })) as [TestNode, TestNode];
    await a.disconnect(b.peerId);
    await b.heard.next(isKind('disconnected', a.peerId));
    await expect.poll(() => b.heard.all.filter(isKind('connected')).length, { timeout: 10_000 }).toBe(2);
  });
});

describe('links', () => {
  it('can be cut and joined, and carry gossip again', async () => {
    const [a, b] = (await startLine(2)) as [TestNode, TestNode];
    await publishUntil(() => a.publishVote(vote), 1);
    for (const node of [a, b]) node.setReachable(() => false);
    await Promise.all([a.heard.next(isKind('disconnected', b.peerId)), b.heard.next(isKind('disconnected', a.peerId))]);
    expect((await a.publishBlock(block)).recipients).toBe(0);
    for (const node of [a, b]) node.setReachable(() => true);
    await expect.poll(() => a.heard.all.filter(isKind('connected', b.peerId)).length, { timeout: 10_000 }).toBe(2);
    await publishUntil(() => a.publishBlock(chain[5] as SignedBlock), 1);
    expect(await b.heard.next(isKind('block'))).toMatchObject({ signedBlock: chain[5] });
  });

  it('come back when a peer does', async () => {
    const key = await generatePeerKey();
    const a = await startNode({ privateKey: key });
    const listen = [addressOf(a).replace(/\/p2p\/.*$/, '')];
    const b = await startNode({ bootstrap: [addressOf(a)] });
    await b.heard.next(isKind('connected', a.peerId));
    await a.stop();
    await b.heard.next(isKind('disconnected', a.peerId));
    await startNode({ privateKey: key, listen });
    await expect.poll(() => b.heard.all.filter(isKind('connected', a.peerId)).length, { timeout: 10_000 }).toBe(2);
  });

  it('are told to a listener that comes later', async () => {
    const [a, b] = (await startLine(2)) as [TestNode, TestNode];
    const late = listenTo(a.events());
    expect(await late.next(isKind('connected'))).toMatchObject({ peer: b.peerId, direction: 'inbound' });
  });
});
