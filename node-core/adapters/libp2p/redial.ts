import { multiaddr, type Multiaddr } from '@multiformats/multiaddr';
import type { PeerId } from '../../ports/peers.ts';
import type { PeersLimits } from './limits.ts';

/** Keeps the bootstrap peers connected: dials each again and again, more and more slowly, until it has greeted. */
export interface Redialer {
  start(): void;
  /** A peer has greeted: the next loss is answered fast again. */
  greeted(peer: PeerId): void;
  /** A peer is gone. */
  lost(peer: PeerId): void;
  /** Dials everybody who is missing at once: links were joined. */
  hurry(): void;
  stop(): void;
}

interface Target {
  readonly address: Multiaddr;
  readonly peer: PeerId;
  delayMs: number;
  timer: NodeJS.Timeout | null;
  dialling: boolean;
}

export function createRedialer(
  bootstrap: readonly string[],
  self: PeerId,
  limits: PeersLimits,
  network: { dial(address: Multiaddr): Promise<unknown>; isConnected(peer: PeerId): boolean },
): Redialer {
  const targets = bootstrap
    .map((text): Target => {
      const address = multiaddr(text);
      const peer = address.getComponents().findLast(({ name }) => name === 'p2p')?.value;
      if (peer === undefined) throw new TypeError(`a bootstrap address names its peer by /p2p/: ${text}`);
      return { address, peer, delayMs: limits.redialInitialMs, timer: null, dialling: false };
    })
    .filter(({ peer }) => peer !== self);
  let running = false;

  const schedule = (target: Target, delayMs: number): void => {
    if (!running) return;
    if (target.timer !== null) clearTimeout(target.timer);
    target.timer = setTimeout(() => void dial(target), delayMs);
    target.timer.unref();
  };
  const dial = async (target: Target): Promise<void> => {
    target.timer = null;
    if (!running || target.dialling || network.isConnected(target.peer)) return;
    target.dialling = true;
    // A failure is answered like a connection that doesn't come to a greeting: by the next try.
    await network.dial(target.address).catch(() => undefined);
    target.dialling = false;
    const delayMs = target.delayMs * (0.9 + 0.2 * Math.random());
    target.delayMs = Math.min(limits.redialMaxMs, 2 * target.delayMs);
    schedule(target, delayMs);
  };

  return {
    start() {
      running = true;
      for (const target of targets) schedule(target, 0);
    },
    greeted(peer) {
      for (const target of targets) if (target.peer === peer) target.delayMs = limits.redialInitialMs;
    },
    lost(peer) {
      for (const target of targets) if (target.peer === peer) schedule(target, target.delayMs * Math.random());
    },
    hurry() {
      for (const target of targets) {
        target.delayMs = limits.redialInitialMs;
        schedule(target, 0);
      }
    },
    stop() {
      running = false;
      for (const { timer } of targets) if (timer !== null) clearTimeout(timer);
    },
  };
}
