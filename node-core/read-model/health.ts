import type { ActorStatus } from '../kernel/record.ts';
import type { BridgeView, ChainView, NetworkView, StreamView } from '../protocol/views.ts';
import type { NodeViews } from './node-views.ts';
import type { HealthReason, Overview } from './shapes.ts';

/** Finality is within 3 slots when all is well (protocol.md); twice that is worth a warning. */
const LATE_FINALITY_SLOTS = 6;
/** A mailbox this full is about to hold up its producers. */
const NEARLY_FULL = 0.8;

interface Running {
  readonly views: NodeViews;
  readonly tree: readonly ActorStatus[];
}

/** The one line of truth: the worst that is known, said first. */
export function healthOf(running: Running | null, nowMs: number): Overview['health'] {
  if (running === null) {
    return {
      level: 'stopped',
      headline: 'The node is stopped. It makes no blocks, casts no votes and moves no pegs.',
      reasons: [],
    };
  }
  const { chain, bridge, network, stream } = running.views;
  const reasons = [
    ...reserveReasons(bridge),
    ...actorReasons(running.tree),
    ...chainReasons(chain),
    ...networkReasons(network, chain),
    ...governanceReasons(stream),
    ...bitcoinReasons(bridge),
    ...pegReasons(bridge, nowMs),
  ].sort((a, b) => Number(b.severity === 'critical') - Number(a.severity === 'critical'));
  if (chain?.halted === true) {
    const causes = chain.haltCauses.map(({ source, reason }) => `${source}: ${reason}`).join('; ');
    return {
      level: 'halted',
      headline: `Halted by ${causes || 'an unknown cause'}. Nothing is proposed, voted for or signed.`,
      reasons,
    };
  }
  const [first] = reasons;
  if (first !== undefined) {
    const more = reasons.length > 1 ? ` (and ${reasons.length - 1} more)` : '';
    return { level: 'degraded', headline: `${first.text}${more}`, reasons };
  }
  return { level: 'healthy', headline: healthyLine(chain), reasons };
}

function healthyLine(chain: ChainView | undefined): string {
  if (chain === undefined) return 'Starting: the chain is being loaded.';
  return `All is well. Block ${chain.head.height} is the head, ${chain.finalized.height} is final.`;
}

const critical = (text: string, action: string, screen: HealthReason['screen']): HealthReason => ({
  severity: 'critical',
  text,
  action,
  screen,
});
const warning = (text: string, action: string, screen: HealthReason['screen']): HealthReason => ({
  severity: 'warning',
  text,
  action,
  screen,
});

function reserveReasons(bridge: BridgeView | undefined): readonly HealthReason[] {
  const reasons: HealthReason[] = [];
  const surplus = BigInt(bridge?.solvency?.surplusSats ?? '0');
  if (surplus < 0n) {
    reasons.push(
      critical(
        `The reserve is short by ${-surplus} sat.`,
        'Nothing is signed until it is resolved. Compare reserve and liabilities.',
        'overview',
      ),
    );
  }
  if (bridge?.frozen) {
    reasons.push(
      critical(`Signing is frozen: ${bridge.frozen.reason}.`, 'Check the Bitcoin node against a second one.', 'pegs'),
    );
  }
  return reasons;
}

function actorReasons(tree: readonly ActorStatus[]): readonly HealthReason[] {
  return tree.flatMap((actor) => {
    if (actor.suspended) return [warning(`${actor.path} is suspended.`, 'Resume it when you are done.', 'tree')];
    if (actor.lifecycle === 'Failed' || actor.lifecycle === 'Restarting') {
      return [
        critical(
          `${actor.path} is ${actor.lifecycle.toLowerCase()}: ${actor.lastError?.message ?? 'no reason recorded'}.`,
          'Read its errors.',
          'tree',
        ),
      ];
    }
    if (actor.lifecycle === 'Terminated' && !actor.path.includes('/')) {
      return [
        critical(
          `${actor.path} has ended: ${actor.lastError?.message ?? 'no reason recorded'}.`,
          'Restart it.',
          'tree',
        ),
      ];
    }
    const { depth, bound } = actor.mailbox;
    if (depth >= bound * NEARLY_FULL) {
      return [
        warning(`The mailbox of ${actor.path} is nearly full: ${depth} of ${bound}.`, 'See what it waits for.', 'tree'),
      ];
    }
    return [];
  });
}

function chainReasons(chain: ChainView | undefined): readonly HealthReason[] {
  if (chain === undefined || chain.halted) return [];
  const sinceHead = chain.slot - chain.head.slot;
  // One silent authority leaves a gap of one slot in each round; a whole round without a block is more than that.
  if (chain.head.height > 0 && sinceHead > chain.authorityCount + 1) {
    return [critical(`No block for ${sinceHead} slots.`, 'Check peers and the ChainActor.', 'chain')];
  }
  const behind = chain.head.slot - chain.finalized.slot;
  if (chain.finalized.height > 0 && behind > LATE_FINALITY_SLOTS) {
    return [
      critical(`Finality is ${behind} slots behind the head.`, 'Fewer than a quorum vote: check peers.', 'network'),
    ];
  }
  return [];
}

function networkReasons(network: NetworkView | undefined, chain: ChainView | undefined): readonly HealthReason[] {
  if (network === undefined || chain === undefined) return [];
  const missing = chain.authorityCount - 1 - network.peers.length;
  if (missing <= 0) return [];
  // Source: protocol.md, quorum = floor((2n + 2) / 3).
  const quorum = Math.floor((2 * chain.authorityCount + 2) / 3);
  const text = `${network.peers.length} of ${chain.authorityCount - 1} peers connected`;
  return network.peers.length + 1 < quorum
    ? [
        critical(
          `${text}: no quorum, nothing becomes final.`,
          'Check this host’s network and the other operators.',
          'network',
        ),
      ]
    : [warning(`${text}.`, 'See who is missing.', 'network')];
}

function governanceReasons(stream: StreamView | undefined): readonly HealthReason[] {
  if (stream === undefined || stream.link === 'connected') return [];
  const words = {
    connecting: 'is connecting',
    waiting: 'is down and tries again',
    circuitOpen: 'is down; its circuit is open',
  };
  return [
    warning(
      `The governance link ${words[stream.link]} (${stream.failures} failures).`,
      'Approvals and signatures wait; check its address.',
      'governance',
    ),
  ];
}

function bitcoinReasons(bridge: BridgeView | undefined): readonly HealthReason[] {
  if (bridge === undefined || bridge.bitcoinTip !== null) return [];
  return [warning('The Bitcoin node has not answered yet.', 'Check its address and credentials.', 'pegs')];
}

function pegReasons(bridge: BridgeView | undefined, nowMs: number): readonly HealthReason[] {
  const late =
    bridge?.operations.filter(({ terminal, deadlineMs }) => !terminal && deadlineMs !== null && deadlineMs < nowMs) ??
    [];
  const [first] = late;
  if (first === undefined) return [];
  return [
    warning(
      `${late.length} peg ${late.length === 1 ? 'operation is' : 'operations are'} past the deadline.`,
      `Open ${first.id.slice(0, 24)}… and see who is missing.`,
      'pegs',
    ),
  ];
}
