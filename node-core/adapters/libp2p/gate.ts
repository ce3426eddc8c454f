import type { PeerId } from '../../ports/peers.ts';
import type { PeersLimits } from './limits.ts';

/** Strangers' ids cost nothing to make, so that only so many are remembered; the oldest is forgotten first. */
const MAX_REMEMBERED = 1024;

/** Who may be connected: federation peers always, a few strangers, nobody who misbehaved of late or is cut off. */
export interface Gate {
  mayConnect(peer: PeerId): boolean;
  /** Counts a malformed message; true when it was one too many, and the peer is now banned. */
  strike(peer: PeerId): boolean;
  ban(peer: PeerId): void;
  setReachable(reachable: (peer: PeerId) => boolean): void;
}

export function createGate(
  allowedPeers: readonly PeerId[],
  limits: PeersLimits,
  connectedPeers: () => readonly PeerId[],
): Gate {
  const federation = new Set(allowedPeers);
  const strikes = new Map<PeerId, readonly number[]>();
  const bannedUntilMs = new Map<PeerId, number>();
  let isReachable = (_peer: PeerId): boolean => true;

  const hasPlace = (peer: PeerId): boolean => {
    if (federation.has(peer)) return true;
    const strangers = new Set(connectedPeers().filter((other) => other !== peer && !federation.has(other)));
    return strangers.size < limits.publicPlaces;
  };
  const mayConnect = (peer: PeerId): boolean =>
    isReachable(peer) && Date.now() >= (bannedUntilMs.get(peer) ?? 0) && hasPlace(peer);
  const ban = (peer: PeerId): void => {
    strikes.delete(peer);
    remember(bannedUntilMs, peer, Date.now() + limits.banMs);
  };

  return {
    mayConnect,
    ban,
    strike(peer) {
      const now = Date.now();
      const recent = (strikes.get(peer) ?? []).filter((atMs) => atMs > now - limits.banMs);
      remember(strikes, peer, [...recent, now]);
      if (recent.length + 1 < limits.strikes) return false;
      ban(peer);
      return true;
    },
    setReachable(reachable) {
      isReachable = reachable;
    },
  };
}

function remember<V>(map: Map<PeerId, V>, peer: PeerId, value: V): void {
  map.delete(peer);
  const oldest = map.keys().next();
  if (map.size >= MAX_REMEMBERED && !oldest.done) map.delete(oldest.value);
  map.set(peer, value);
}
