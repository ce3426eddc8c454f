import {
  type GossipSub,
  type GossipSubComponents,
  gossipsub,
  StrictSign,
  TopicValidatorResult,
} from '@libp2p/gossipsub';
import { createTopicScoreParams } from '@libp2p/gossipsub/score';
import { MAX_FRAME_BYTES } from '../../domain/consensus/ssz.ts';
import type { PeerEvent, PeerId } from '../../ports/peers.ts';
import { isOversize } from './frames.ts';
import { type GossipScreen, readGossip, type Topics } from './topics.ts';

/** A peer that doesn't keep up loses its connection rather than fill this node's memory. */
const MAX_OUTBOUND_BUFFER_BYTES = 16 * MAX_FRAME_BYTES;
/** Each malformed message costs this times its square, halved each second or so: two are below the gossip threshold. */
const INVALID_MESSAGE_WEIGHT = -10;
const SCORE_THRESHOLDS = { gossipThreshold: -10, publishThreshold: -50, graylistThreshold: -80 };

/** Gossip of the three topics, signed by its authors, within frames of 1 MiB. */
export function createGossip(topics: Topics): (components: GossipSubComponents) => GossipSub {
  const names = Object.values(topics) as string[];
  const score = createTopicScoreParams({
    topicWeight: 1,
    // Topics are quiet by nature: who brings nothing is no worse for it.
    meshMessageDeliveriesWeight: 0,
    meshFailurePenaltyWeight: 0,
    invalidMessageDeliveriesWeight: INVALID_MESSAGE_WEIGHT,
    invalidMessageDeliveriesDecay: 0.5,
  });
  return gossipsub({
    globalSignaturePolicy: StrictSign,
    emitSelf: false,
    // With 15 authorities a message goes to all of them at once, not along the mesh: a vote is worth its slot alone.
    floodPublish: true,
    doPX: false,
    fallbackToFloodsub: false,
    allowPublishToZeroTopicPeers: true,
    ignoreDuplicatePublishError: true,
    allowedTopics: names,
    maxInboundDataLength: MAX_FRAME_BYTES,
    maxOutboundBufferSize: MAX_OUTBOUND_BUFFER_BYTES,
    maxInboundStreams: 2,
    maxOutboundStreams: 2,
    scoreParams: {
      topics: Object.fromEntries(names.map((name) => [name, score])),
      // A federation's nodes may share an address, behind a gateway or on one machine.
      IPColocationFactorWeight: 0,
    },
    scoreThresholds: SCORE_THRESHOLDS,
  });
}

/** What comes of gossip. */
export interface GossipOutcomes {
  readonly deliver: (event: PeerEvent) => void;
  readonly malformed: (peer: PeerId) => void;
  /** Nothing more will be read from this peer on its present connection. */
  readonly deaf: (peer: PeerId) => void;
}

/** GossipSub calls this when a peer's stream can't be read on, and then leaves it connected; its types don't show it. */
interface ReadErrorHook {
  handlePeerReadStreamError?: (error: Error, peer: { toString(): string }) => void;
}

/**
 * Reads each message once, before it is forwarded: what can be read is delivered and forwarded, what can't is refused
 * and counted against the peer that brought it. So is a frame that is too large, which also ends the connection.
 */
export function listenToGossip(
  gossip: GossipSub,
  topics: Topics,
  screen: GossipScreen,
  outcomes: GossipOutcomes,
): void {
  for (const topic of Object.values(topics) as string[]) {
    gossip.topicValidators.set(topic, (source, message) => {
      const peer = source.toString();
      const event = readGossip(topics, screen, topic, message.data, peer);
      if (event.ok) outcomes.deliver(event.value);
      else outcomes.malformed(peer);
      return event.ok ? TopicValidatorResult.Accept : TopicValidatorResult.Reject;
    });
    gossip.subscribe(topic);
  }
  const hooked: GossipSub & ReadErrorHook = gossip;
  hooked.handlePeerReadStreamError = (error, peer) => {
    if (isOversize(error)) outcomes.malformed(peer.toString());
    outcomes.deaf(peer.toString());
  };
}
