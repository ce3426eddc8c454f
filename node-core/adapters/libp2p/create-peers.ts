import { identify } from '@libp2p/identify';
import type { Connection } from '@libp2p/interface';
import { noise } from '@libp2p/noise';
import { tcp } from '@libp2p/tcp';
import { yamux } from '@libp2p/yamux';
import { multiaddr } from '@multiformats/multiaddr';
import { createLibp2p } from 'libp2p';
import { encodeSignedBlock, encodeVote } from '../../domain/consensus/encoding.ts';
import { accept, NetworkError } from '../../primitives/errors.ts';
import { hexToBytes } from '../../primitives/hex.ts';
import type { PeerId, PeersPort } from '../../ports/peers.ts';
import { createAnswers } from './answers.ts';
import { createPeerEvents } from './events.ts';
import { MalformedError } from './frames.ts';
import { createGate } from './gate.ts';
import { createGossip, listenToGossip } from './gossip.ts';
import { greetPeers } from './greeting.ts';
import { defaultPeersLimits, type PeersLimits } from './limits.ts';
import { peerKeyFrom } from './peer-key.ts';
import { createRedialer } from './redial.ts';
import { askBlocks, askStatus, serveRequests } from './requests.ts';
import { type GossipScreen, topicsOf } from './topics.ts';

export interface Libp2pPeersOptions {
  /** libp2p private key, protobuf form, base64. */
  readonly privateKey: string;
  /** Multiaddresses. */
  readonly listen: readonly string[];
  /** Multiaddresses with peer ids. */
  readonly bootstrap: readonly string[];
  /** The federation: they always have a place. */
  readonly allowedPeers: readonly PeerId[];
  /** Bare hex. */
  readonly networkHash: string;
  /** Hashes of the network file's fields, so that a mismatch can be named (`networkFieldHashes`). */
  readonly networkFields?: Readonly<Record<string, string>>;
  /** What of blocks and votes is passed on (`screenBlock`, `screenVote`); without it, what can be read. */
  readonly screen?: GossipScreen;
  readonly limits?: Partial<PeersLimits>;
}

const READABLE: GossipScreen = { block: accept, vote: accept };

export interface Libp2pPeers extends PeersPort {
  readonly peerId: PeerId;
  /** Multiaddresses with this node's peer id. */
  listenAddresses(): readonly string[];
  /** Cuts the links to all but these peers, and rejoins those that may be reached again. */
  setReachable(reachable: (peer: PeerId) => boolean): void;
  stop(): Promise<void>;
}

/** The IP addresses among multiaddresses, each as a multiaddress of its own. */
const hostsOf = (addresses: readonly string[]): string[] =>
  addresses.flatMap((address) =>
    multiaddr(address)
      .getComponents()
      .filter(({ name }) => name === 'ip4' || name === 'ip6')
      .map(({ name, value }) => `/${name}/${value}`),
  );

/** Starts this node's side of the libp2p network: TCP, Noise, Yamux, GossipSub and two request protocols. */
export async function createLibp2pPeers(options: Libp2pPeersOptions): Promise<Libp2pPeers> {
  const limits: PeersLimits = { ...defaultPeersLimits, ...options.limits };
  const { networkHash, networkFields = {}, screen = READABLE, allowedPeers } = options;
  const topics = topicsOf(networkHash);
  const events = createPeerEvents();
  const answers = createAnswers(limits.maxPendingRequests, limits.requestTimeoutMs);
  const places = new Set(allowedPeers).size + limits.publicPlaces;
  const node = await createLibp2p({
    start: false,
    privateKey: peerKeyFrom(options.privateKey),
    addresses: { listen: [...options.listen] },
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux({ maxInboundStreams: 64, maxOutboundStreams: 64 })],
    connectionManager: {
      // Two peers that dial each other at once have two connections for a while; the gate counts the peers.
      maxConnections: 2 * places,
      inboundConnectionThreshold: places,
      maxIncomingPendingConnections: places,
      // Who a connection comes from shows only after its encryption: until then a known address keeps its place in a flood.
      allow: hostsOf(options.bootstrap),
    },
    connectionGater: {
      denyDialPeer: (peer) => !gate.mayConnect(peer.toString()),
      denyInboundEncryptedConnection: (peer) => !gate.mayConnect(peer.toString()),
      denyOutboundEncryptedConnection: (peer) => !gate.mayConnect(peer.toString()),
    },
    services: { identify: identify(), gossip: createGossip(topics) },
  });
  const self = node.peerId.toString();
  const connectionsOf = (peer: PeerId): readonly Connection[] =>
    node.getConnections().filter(({ remotePeer, status }) => status === 'open' && remotePeer.toString() === peer);
  const gate = createGate(allowedPeers, limits, () => node.getPeers().map((peer) => peer.toString()));
  const redialer = createRedialer(options.bootstrap, self, limits, {
    dial: (address) => node.dial(address),
    isConnected: (peer) => events.connectedPeers().includes(peer),
  });

  const cut = (peer: PeerId, reason: string): void => {
    for (const connection of connectionsOf(peer)) connection.abort(new Error(reason));
  };
  const malformed = (peer: PeerId): void => {
    if (gate.strike(peer)) cut(peer, 'malformed messages');
  };
  const isGreeted = (peer: PeerId): boolean => events.connectedPeers().includes(peer);
  const peerOf = ({ remotePeer }: Connection): PeerId => remotePeer.toString();

  await greetPeers(node, { networkHash, fields: networkFields }, limits.helloTimeoutMs, {
    welcome(connection) {
      const peer = peerOf(connection);
      redialer.greeted(peer);
      if (isGreeted(peer) || connection.status !== 'open') return;
      const { direction, remoteAddr } = connection;
      events.emit({ kind: 'connected', peer, address: remoteAddr.toString(), direction });
    },
    refuse: (connection, reason) => events.emit({ kind: 'refused', peer: peerOf(connection), reason }),
    malformed: (connection) => malformed(peerOf(connection)),
  });
  await serveRequests(node, {
    limits,
    answers,
    emit: (event) => events.emit(event),
    isGreeted: (connection) => isGreeted(peerOf(connection)),
    malformed: (connection) => malformed(peerOf(connection)),
  });
  node.addEventListener('peer:disconnect', ({ detail }) => {
    const peer = detail.toString();
    if (isGreeted(peer)) events.emit({ kind: 'disconnected', peer });
    redialer.lost(peer);
  });
  await node.start();
  listenToGossip(node.services.gossip, topics, screen, {
    deliver: (event) => events.emit(event),
    malformed,
    deaf: (peer) => cut(peer, 'its gossip could not be read'),
  });
  redialer.start();

  const publish = async (topic: string, data: Uint8Array): Promise<{ readonly recipients: number }> => {
    const { recipients } = await node.services.gossip.publish(topic, data);
    return { recipients: recipients.length };
  };
  const ask = async <T>(peer: PeerId, question: (connection: Connection) => Promise<T>): Promise<T> => {
    const [connection] = connectionsOf(peer);
    if (connection === undefined || !isGreeted(peer))
      throw new NetworkError('PEER_UNREACHABLE', `${peer} is not connected`);
    try {
      return await question(connection);
    } catch (error) {
      if (error instanceof MalformedError) malformed(peer);
      throw error;
    }
  };

  return {
    peerId: self,
    listenAddresses: () => node.getMultiaddrs().map((address) => address.toString()),
    events: () => events.source,
    publishBlock: (signedBlock) => publish(topics.blocks, encodeSignedBlock(signedBlock)),
    publishVote: (vote) => publish(topics.votes, encodeVote(vote)),
    publishTransaction: (raw) => publish(topics.transactions, hexToBytes(raw)),
    requestStatus: (peer) => ask(peer, (connection) => askStatus(connection, limits)),
    requestBlocks: (peer, fromHeight, toHeight) =>
      ask(peer, (connection) => askBlocks(connection, fromHeight, toHeight, limits)),
    answerStatus: async (requestId, status) => answers.settle(requestId, status),
    answerBlocks: async (requestId, blocks) => answers.settle(requestId, blocks),
    async disconnect(peer) {
      gate.ban(peer);
      cut(peer, 'disconnected');
    },
    setReachable(reachable) {
      gate.setReachable(reachable);
      for (const peer of node.getPeers()) if (!reachable(peer.toString())) cut(peer.toString(), 'cut off');
      redialer.hurry();
    },
    async stop() {
      redialer.stop();
      answers.stop();
      await node.stop();
      events.end();
    },
  };
}
