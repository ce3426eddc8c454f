import type { Source } from '../../kernel/behaviour.ts';
import type { PeerEvent, PeerId } from '../../ports/peers.ts';

type Connected = Extract<PeerEvent, { kind: 'connected' }>;

/** Gives out what happens, and first of all to each new listener who is connected: an actor that restarts misses nobody. */
export interface PeerEvents {
  readonly source: Source<PeerEvent>;
  emit(event: PeerEvent): void;
  connectedPeers(): readonly PeerId[];
  end(): void;
}

export function createPeerEvents(): PeerEvents {
  const sinks = new Set<Parameters<Source<PeerEvent>['open']>[0]>();
  const connected = new Map<PeerId, Connected>();
  return {
    source: {
      open(sink) {
        sinks.add(sink);
        for (const event of connected.values()) sink.item(event);
        return () => sinks.delete(sink);
      },
    },
    emit(event) {
      if (event.kind === 'connected') connected.set(event.peer, event);
      if (event.kind === 'disconnected') connected.delete(event.peer);
      for (const sink of sinks) sink.item(event);
    },
    connectedPeers: () => [...connected.keys()],
    end() {
      for (const sink of sinks) sink.end();
      sinks.clear();
    },
  };
}
