import type { ActorStatus } from '../kernel/record.ts';
import type { ConsoleSource } from './console-source.ts';
import { healthOf, stoppedHealth } from './health.ts';
import { NO_VIEWS, type NodeViews } from './node-views.ts';
import { pegTotals } from './pegs.ts';
import type { Overview, ReserveSample } from './shapes.ts';

export interface OverviewInput {
  readonly source: Pick<
    ConsoleSource,
    'nodeName' | 'networkName' | 'chainId' | 'version' | 'authorityNames' | 'failure'
  >;
  /** Null while the node is stopped. */
  readonly running: {
    readonly views: NodeViews;
    readonly tree: readonly ActorStatus[];
    readonly rpcUrl: string;
    readonly messagesPerSecond: number;
  } | null;
  readonly reserveHistory: readonly ReserveSample[];
  readonly nowMs: number;
}

export function overview({ source, running, reserveHistory, nowMs }: OverviewInput): Overview {
  const { supervisor, chain, bridge, network, stream } = running?.views ?? NO_VIEWS;
  const authorities = chain === undefined ? [] : source.authorityNames(chain.head.height);
  return {
    health:
      running === null
        ? stoppedHealth(source.failure())
        : healthOf({ ...running, nodeName: source.nodeName, authorities }, nowMs),
    node: {
      name: source.nodeName,
      network: source.networkName,
      chainId: source.chainId,
      version: source.version,
      running: running !== null,
      startedAtMs: supervisor?.startedAtMs ?? null,
      rpcUrl: running?.rpcUrl ?? null,
    },
    haltCauses: chain?.haltCauses ?? [],
    frozen: bridge !== undefined && bridge.frozen !== null,
    slots:
      chain === undefined || chain.slot === 0
        ? null
        : {
            slot: chain.slot,
            slotDurationMs: chain.slotDurationMs,
            authorityIndex: chain.authorityIndex,
            authorityCount: chain.authorityCount,
            recentSlots: chain.recentSlots,
            authorities,
          },
    head: chain?.head ?? null,
    finalized: chain?.finalized ?? null,
    bitcoin: bridge?.bitcoinTip ? { ...bridge.bitcoinTip, scannedHeight: bridge.scannedHeight } : null,
    peers:
      network === undefined
        ? null
        : {
            connected: network.peers.length,
            expected: Math.max(0, (chain?.authorityCount ?? 1) - 1),
            names: network.peers.map(({ name, peer }) => name ?? peer),
          },
    governance:
      stream === undefined
        ? null
        : {
            link: stream.link,
            roundTripMs: stream.roundTripMs,
            failures: stream.failures,
            nextAttemptMs: stream.nextAttemptMs,
            endpoint: stream.endpoint,
            members: stream.members.length,
          },
    pegs: bridge === undefined ? null : pegTotals(bridge.operations),
    reserve: bridge?.solvency ?? null,
    reserveHistory,
    actors: {
      total: running?.tree.length ?? 0,
      running: running?.tree.filter(({ lifecycle }) => lifecycle === 'Running').length ?? 0,
      messagesPerSecond: running?.messagesPerSecond ?? 0,
    },
  };
}
