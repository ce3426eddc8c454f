import type { ActorStatus } from '../kernel/record.ts';
import type { BridgeView, ChainView, EngineView, StreamView, SupervisorView, SyncView } from '../protocol/views.ts';
import type { NodeViews } from './node-views.ts';
import type { HealthReason, Overview } from './shapes.ts';

/** Finality is within 3 slots when all is well (protocol.md); twice that is worth a warning. */
const LATE_FINALITY_SLOTS = 6;
/** A mailbox this full is about to hold up its producers. */
const NEARLY_FULL = 0.8;
/** A scan this far behind Bitcoin's tip is no ground to sign on; the bridge itself refuses then. */
const LATE_SCAN_BLOCKS = 6;
/** So many early blocks in a minute or two are no chance. */
const EARLY_BLOCKS = 3;
/** Further behind than a block or two that are on their way. */
const LATE_SYNC_BLOCKS = 5;

interface Running {
  readonly nodeName: string;
  readonly views: NodeViews;
  readonly tree: readonly ActorStatus[];
  /** Names of the authorities who are due now, this node's among them. */
  readonly authorities: readonly string[];
}

const STOPPED_RISK = 'It makes no blocks, casts no votes and moves no pegs.';

/** Of a node that doesn't run. `failure` says why when it stopped by itself. */
export function stoppedHealth(failure: string | null): Overview['health'] {
  if (failure === null) {
    const headline = `The node is stopped. ${STOPPED_RISK} Start it when you know why it stopped.`;
    return { level: 'stopped', headline, reasons: [] };
  }
  const reason = critical({
    text: `The node stopped by itself: ${failure}.`,
    risk: STOPPED_RISK,
    action: 'Mend the cause, then end this program and start it again.',
    screen: 'overview',
  });
  return { level: 'stopped', headline: `${reason.text} ${reason.risk} ${reason.action}`, reasons: [reason] };
}

/** The one line of truth: the worst that is known, said first. */
export function healthOf(running: Running, nowMs: number): Overview['health'] {
  const { chain, bridge, stream, engine, sync } = running.views;
  const reasons = [
    ...haltReasons(chain),
    ...[
      ...reserveReasons(bridge),
      ...loadReasons(chain),
      ...actorReasons(running.tree),
      ...hangReasons(running.views.supervisor),
      // Causes before what they cause: blocks stop when peers or the execution client are gone.
      ...networkReasons(running),
      ...engineReasons(engine),
      ...bitcoinReasons(bridge),
      ...signingReasons(chain),
      ...clockReasons(running),
      ...chainReasons(chain),
      ...governanceReasons(stream),
      ...syncReasons(sync),
      ...pegReasons(bridge, nowMs),
    ].sort((a, b) => Number(b.severity === 'critical') - Number(a.severity === 'critical')),
  ];
  const [first] = reasons;
  if (chain?.halted === true) {
    const causes = chain.haltCauses.map(({ source, reason }) => `${source}: ${reason}`).join('; ');
    return {
      level: 'halted',
      headline: `Halted by ${causes || 'an unknown cause'}. ${HALT_RISK}`,
      reasons,
    };
  }
  if (first === undefined) return { level: 'healthy', headline: healthyLine(chain), reasons };
  const more = reasons.length > 1 ? ` (and ${reasons.length - 1} more)` : '';
  return { level: 'degraded', headline: `${first.text} ${first.risk}${more}`, reasons };
}

function healthyLine(chain: ChainView | undefined): string {
  if (chain === undefined) return 'Starting: the chain is being loaded.';
  return `All is well. Block ${chain.head.height} is the head, ${chain.finalized.height} is final.`;
}

type Words = Omit<HealthReason, 'severity' | 'sinceMs'>;
const critical = (words: Words): HealthReason => ({ severity: 'critical', sinceMs: null, ...words });
const warning = (words: Words): HealthReason => ({ severity: 'warning', sinceMs: null, ...words });

const HALT_RISK = 'Nothing is proposed, voted for or signed.';

const haltActions: Readonly<Record<ChainView['haltCauses'][number]['source'], string>> = {
  operator: 'Deposits and burns wait and lose nothing. Resume when the cause is gone.',
  governance: 'Only a quorum of governance’s members ends it: ask them for the cause.',
  node: 'Agree with the other operators on one chain. Restart, or restore a backup of before the conflict; then Resume.',
};

function haltReasons(chain: ChainView | undefined): readonly HealthReason[] {
  if (chain === undefined) return [];
  const unsaved = chain.haltUnsaved === null ? [] : [unsavedHalt(chain, chain.haltUnsaved)];
  if (!chain.halted) return unsaved;
  const causes = chain.haltCauses.map(({ source, reason, sinceMs }) => ({
    ...critical({
      text: `Halted by ${source === 'node' ? 'the node itself' : source}: ${reason}.`,
      risk: HALT_RISK,
      action: haltActions[source],
      screen: source === 'governance' ? 'governance' : 'chain',
    }),
    sinceMs,
  }));
  return [...causes, ...unsaved];
}

function unsavedHalt({ halted }: ChainView, reason: string): HealthReason {
  const what = halted ? 'The halt' : 'The end of the halt';
  return critical({
    text: `${what} is not on disk yet: ${reason}.`,
    risk: `A restart would forget ${halted ? 'it and sign again' : 'it and halt again'}.`,
    action: 'It is written again every second: make room on the disk, and don’t restart before.',
    screen: 'chain',
  });
}

function reserveReasons(bridge: BridgeView | undefined): readonly HealthReason[] {
  const surplus = BigInt(bridge?.solvency?.surplusSats ?? '0');
  const frozen = bridge?.frozen ?? null;
  return [
    ...(surplus < 0n
      ? [
          critical({
            text: `The reserve is short by ${-surplus} sat of what is owed.`,
            risk: 'Bitcoin may have left the federation; this node signs nothing.',
            action: 'Halt, then compare reserve and payouts with the other operators.',
            screen: 'overview',
          }),
        ]
      : []),
    ...(frozen === null
      ? []
      : [
          critical({
            text: `Signing is frozen: ${frozen.reason}.`,
            risk: 'No mint is approved and no payout is signed by this node.',
            action: 'Check the Bitcoin node against a second one; end the freeze when its cause is explained.',
            screen: 'pegs',
          }),
        ]),
  ];
}

function loadReasons(chain: ChainView | undefined): readonly HealthReason[] {
  if (chain === undefined || chain.loadFailure === null) return [];
  const ended = chain.state === 'Terminal';
  return [
    critical({
      text: `The chain can’t be loaded: ${chain.loadFailure}.`,
      risk: 'This node imports, serves and signs nothing.',
      action: ended ? 'Restore the newest backup.' : 'It is tried again with each slot; check the disk.',
      screen: 'chain',
    }),
  ];
}

/** What stands still while an actor of the tree does. */
const losses: Readonly<Record<string, string>> = {
  SupervisorActor: 'Nothing restarts what crashes.',
  StorageActor: 'Nothing can be written: the whole node waits.',
  EngineActor: 'No block is built or executed.',
  ChainActor: 'No block is made, no vote is cast.',
  BridgeActor: 'Deposits are not seen and payouts not signed.',
  StreamActor: 'Approvals and signatures don’t reach governance.',
  SyncActor: 'A node that falls behind does not catch up.',
  NetworkActor: 'Blocks and votes reach nobody.',
};

function actorReasons(tree: readonly ActorStatus[]): readonly HealthReason[] {
  return tree.flatMap((actor) => {
    const [top = actor.path] = actor.path.split('/');
    const name = actor.path.replace(/[0-9a-f]{16,}/g, (digits) => `${digits.slice(0, 6)}…`);
    const risk = top === actor.path ? (losses[top] ?? 'Its work waits.') : 'This one operation waits.';
    const error = actor.lastError?.message ?? 'no reason recorded';
    const screen = 'tree' as const;
    if (actor.suspended) {
      return [warning({ text: `${name} is suspended.`, risk, action: 'Resume it when you are done.', screen })];
    }
    if (actor.lifecycle === 'Failed' || actor.lifecycle === 'Restarting') {
      const text = `${name} is ${actor.lifecycle.toLowerCase()}: ${error}.`;
      return [critical({ text, risk, action: 'It is restarted by itself; read its errors if it stays.', screen })];
    }
    if (actor.lifecycle === 'Terminated' && top === actor.path) {
      const text = `${name} has ended: ${error}.`;
      return [critical({ text, risk, action: 'Export the support bundle, then stop and start the node.', screen })];
    }
    const { depth, bound } = actor.mailbox;
    if (depth >= bound * NEARLY_FULL) {
      const text = `The mailbox of ${name} is nearly full: ${depth} of ${bound}.`;
      return [warning({ text, risk: 'Its senders are about to wait.', action: 'See what it waits for.', screen })];
    }
    return [];
  });
}

/** Children that hang or don't answer their health checks: SupervisorActor says which, and what they do. */
function hangReasons(supervisor: SupervisorView | undefined): readonly HealthReason[] {
  return (supervisor?.children ?? []).flatMap(({ path, trouble, sinceMs }) => {
    if (trouble === null) return [];
    const words = {
      text: `${trouble}.`,
      risk: losses[path] ?? 'Its work waits.',
      action: 'See whom it waits for; restart it if nothing changes.',
      screen: 'tree' as const,
    };
    return [{ ...warning(words), sinceMs }];
  });
}

/** Why this node's key signs nothing, where it isn't for a halt. */
function signingReasons(chain: ChainView | undefined): readonly HealthReason[] {
  const risk = 'This node makes no block and casts no vote: its slots stay empty.';
  const screen = 'network' as const;
  if (chain !== undefined && chain.guardFailure !== null) {
    const text = `The signing key is disarmed: the record of what it signed can’t be read (${chain.guardFailure}).`;
    const action = 'Stop the node and check its disk; restore the newest backup if the record is damaged.';
    return [critical({ text, risk, action, screen })];
  }
  if (chain === undefined || chain.disarmed === null) return [];
  return [
    warning({
      text: `The signing key is disarmed, because this store was restored from a backup: ${chain.disarmed}.`,
      risk,
      action: 'Wait: it is armed by itself. Check that the peers are connected and that this host’s clock is right.',
      screen,
    }),
  ];
}

/** Blocks before their slot: one authority's clock is ahead, or, where several's seem so, this host's is behind. */
function clockReasons({ views: { chain }, authorities }: Running): readonly HealthReason[] {
  if (chain === undefined || chain.earlyBlocks.length < EARLY_BLOCKS) return [];
  const early = [...new Set(chain.earlyBlocks.map(({ authority }) => authority))];
  const leastMs = Math.min(...chain.earlyBlocks.map(({ earlyMs }) => earlyMs));
  const others = chain.authorityIndex === null ? chain.authorityCount : chain.authorityCount - 1;
  const screen = 'network' as const;
  if (early.length > others / 2) {
    return [
      critical({
        text: `This host’s clock is behind: the others’ blocks come ${leastMs} ms or more before their slots.`,
        risk: 'They are imported late; this node’s own come late for the others.',
        action: 'Set the clock, and see that its time service runs.',
        screen,
      }),
    ];
  }
  const names = early.map((authority) => authorities[authority] ?? `authority ${authority}`).join(', ');
  return [
    warning({
      text: `The clock of ${names} is ahead: its blocks come ${leastMs} ms or more before their slots.`,
      risk: 'They wait here for their slot; nodes whose clocks are behind refuse them.',
      action: 'Tell the operator.',
      screen,
    }),
  ];
}

function chainReasons(chain: ChainView | undefined): readonly HealthReason[] {
  if (chain === undefined || chain.halted) return [];
  const sinceHead = chain.slot - chain.head.slot;
  // One silent authority leaves a gap of one slot in each round; a whole round without a block is more than that.
  if (chain.head.height > 0 && sinceHead > chain.authorityCount + 1) {
    return [
      critical({
        text: `No block for ${sinceHead} slots.`,
        risk: 'Transactions, mints and payouts wait.',
        action: 'Check the peers, then ChainActor and EngineActor.',
        screen: 'chain',
      }),
    ];
  }
  const behind = chain.head.slot - chain.finalized.slot;
  if (chain.finalized.height > 0 && behind > LATE_FINALITY_SLOTS) {
    return [
      critical({
        text: `Finality is ${behind} slots behind the head.`,
        risk: 'Fewer than a quorum vote: no mint and no payout becomes final.',
        action: 'See which authorities are missing and call their operators.',
        screen: 'network',
      }),
    ];
  }
  return [];
}

function networkReasons({ views: { network, chain }, authorities, nodeName }: Running): readonly HealthReason[] {
  if (network === undefined || chain === undefined) return [];
  const expected = chain.authorityIndex === null ? chain.authorityCount : chain.authorityCount - 1;
  // Peers of an earlier or a later set, and strangers in public places, don't make up for one who is due now.
  const connected = new Set(network.peers.map(({ name }) => name));
  const absent = authorities.filter((name) => name !== nodeName && !connected.has(name));
  if (absent.length === 0) return [];
  const here = expected - absent.length;
  const text = `${here} of ${expected} peers connected: ${absent.join(', ')} missing.`;
  // Source: protocol.md, quorum = floor((2n + 2) / 3).
  const quorum = Math.floor((2 * chain.authorityCount + 2) / 3);
  const present = here + (chain.authorityIndex === null ? 0 : 1);
  return present < quorum
    ? [
        critical({
          text,
          risk: 'No quorum: nothing becomes final.',
          action: 'Check this host’s network, then call the other operators.',
          screen: 'network',
        }),
      ]
    : [
        warning({
          text,
          risk: 'A quorum is left; each further loss may end it.',
          action: 'Call the operator who is missing.',
          screen: 'network',
        }),
      ];
}

function engineReasons(engine: EngineView | undefined): readonly HealthReason[] {
  if (engine === undefined || engine.trouble === null) return [];
  return [
    critical({
      text: `The execution client is not ready: ${engine.trouble}.`,
      risk: 'This authority makes and checks no blocks until it is.',
      action: 'It is tried again by itself; check that it runs and that its secret is right.',
      screen: 'tree',
    }),
  ];
}

function bitcoinReasons(bridge: BridgeView | undefined): readonly HealthReason[] {
  if (bridge === undefined) return [];
  const action = 'Check that the Bitcoin node runs, its address and its credentials.';
  if (bridge.state === 'Failed') {
    return [
      critical({
        text: 'Bitcoin can’t be reached.',
        risk: 'This node sees no deposit, approves no mint and signs no payout.',
        action,
        screen: 'pegs',
      }),
    ];
  }
  if (bridge.bitcoinTip === null) {
    return [
      warning({
        text: 'The Bitcoin node has not answered yet.',
        risk: 'Deposits are not seen until it does.',
        action,
        screen: 'pegs',
      }),
    ];
  }
  const behind = bridge.bitcoinTip.height - (bridge.scannedHeight ?? 0);
  if (bridge.scannedHeight === null || behind <= LATE_SCAN_BLOCKS) return [];
  return [
    warning({
      text: `The scan is ${behind} blocks behind Bitcoin’s tip.`,
      risk: 'This node signs nothing until it has caught up.',
      action: 'Wait; if the number doesn’t fall, read the logs of BridgeActor.',
      screen: 'pegs',
    }),
  ];
}

function governanceReasons(stream: StreamView | undefined): readonly HealthReason[] {
  if (stream === undefined || stream.link === 'connected') return [];
  const words = {
    connecting: 'is connecting',
    waiting: 'is down and is tried again',
    circuitOpen: 'is down; its circuit is open',
  };
  return [
    warning({
      text: `The governance link ${words[stream.link]} (${stream.failures} failures).`,
      risk: 'Deposits wait for approval and payouts for signatures; blocks go on.',
      action: `Check that ${stream.endpoint} answers.`,
      screen: 'governance',
    }),
  ];
}

function syncReasons(sync: SyncView | undefined): readonly HealthReason[] {
  if (sync?.state !== 'Syncing' || sync.targetHeight === null) return [];
  const behind = sync.targetHeight - (sync.importedHeight ?? 0);
  if (behind <= LATE_SYNC_BLOCKS) return [];
  return [
    warning({
      text: `Catching up: ${behind} blocks to go.`,
      risk: 'This authority makes no blocks until it is in step.',
      action: 'Wait; see its progress.',
      screen: 'network',
    }),
  ];
}

function pegReasons(bridge: BridgeView | undefined, nowMs: number): readonly HealthReason[] {
  const late =
    bridge?.operations.filter(({ terminal, deadlineMs }) => !terminal && deadlineMs !== null && deadlineMs < nowMs) ??
    [];
  const [first] = late;
  if (first === undefined) return [];
  return [
    warning({
      text: `${late.length} peg ${late.length === 1 ? 'operation is' : 'operations are'} past the deadline.`,
      risk: `Owners wait for ${late.reduce((sum, { amountSats }) => sum + BigInt(amountSats), 0n)} sat.`,
      action: `Open ${first.id.slice(0, 24)}… and see who is missing.`,
      screen: 'pegs',
    }),
  ];
}
