import { gossipsub } from '@libp2p/gossipsub';
import { identify } from '@libp2p/identify';
import { noise } from '@libp2p/noise';
import { tcp } from '@libp2p/tcp';
import { lpStream } from '@libp2p/utils';
import { yamux } from '@libp2p/yamux';
import { multiaddr } from '@multiformats/multiaddr';
import { createLibp2p } from 'libp2p';
import { expect } from 'vitest';
import { encodeHello } from '../../node-core/domain/consensus/encoding.ts';

interface Talk {
  readonly read: () => Promise<Uint8Array>;
  readonly write: (frame: Uint8Array) => Promise<void>;
  /** Bytes as they are, without a frame's length. */
  readonly send: (bytes: Uint8Array) => void;
}

/** A stranger built of libp2p alone, which says whatever a test wants. */
export interface RawPeer {
  readonly peerId: string;
  /** Connects and says hello, if it has a network. */
  connect(address: string): Promise<void>;
  /** Topic and data of every gossiped message that reached it, unread. */
  readonly received: readonly { readonly topic: string; readonly data: Uint8Array }[];
  /** Gossips any bytes; waits until somebody listens to the topic. */
  publishTo(topic: string, data: Uint8Array): Promise<void>;
  /** Opens a stream to the peer it is connected to. */
  say(protocol: string, talk: (talk: Talk) => Promise<unknown>): Promise<unknown>;
  /** Answers a protocol. */
  answer(protocol: string, talk: (talk: Talk) => Promise<unknown>): Promise<void>;
  /** Resolves when the other side has closed the connection. */
  closed(peerId: string): Promise<void>;
  stop(): Promise<void>;
}

const HELLO = '/alys/hello/1';

export async function startRawPeer(options: {
  /** Null: it never says hello. */
  readonly networkHash: string | null;
  readonly topics: readonly string[];
}): Promise<RawPeer> {
  const node = await createLibp2p({
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    services: {
      identify: identify(),
      gossip: gossipsub({ allowPublishToZeroTopicPeers: true, floodPublish: true, fallbackToFloodsub: false }),
    },
  });
  const talkOn = (stream: Parameters<typeof lpStream>[0]): Talk => {
    const framed = lpStream(stream);
    return {
      read: async () => (await framed.read({ signal: AbortSignal.timeout(5_000) })).subarray(),
      write: (frame) => framed.write(frame),
      send: (bytes) => void stream.send(bytes),
    };
  };
  const open = async (protocol: string, talk: (talk: Talk) => Promise<unknown>): Promise<unknown> => {
    const [connection] = node.getConnections();
    if (connection === undefined) throw new Error('not connected');
    const stream = await connection.newStream(protocol);
    const said = await talk(talkOn(stream));
    await stream.close();
    return said;
  };
  const received: { topic: string; data: Uint8Array }[] = [];
  node.services.gossip.addEventListener('message', ({ detail: { topic, data } }) => received.push({ topic, data }));
  for (const topic of options.topics) node.services.gossip.subscribe(topic);
  return {
    peerId: node.peerId.toString(),
    received,
    async connect(address) {
      await node.dial(multiaddr(address));
      if (options.networkHash === null) return;
      const hello = encodeHello({ networkHash: options.networkHash, fields: {} });
      await open(HELLO, async ({ read, write }) => {
        await write(hello);
        await read();
      });
    },
    async publishTo(topic, data) {
      const publish = async () => (await node.services.gossip.publish(topic, data)).recipients.length;
      await expect.poll(publish, { timeout: 10_000, interval: 20 }).toBeGreaterThan(0);
    },
    say: open,
    async answer(protocol, talk) {
      await node.handle(protocol, async (stream) => {
        await talk(talkOn(stream));
        await stream.close();
      });
    },
    async closed(peerId) {
      await expect
        .poll(() => node.getConnections().filter(({ remotePeer }) => remotePeer.toString() === peerId).length, {
          timeout: 10_000,
          interval: 20,
        })
        .toBe(0);
    },
    stop: async () => node.stop(),
  };
}
