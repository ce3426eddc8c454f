import { hexOf, sha256, utf8 } from '../bitcoin/hash.ts';
import { type Tx, buildTx } from '../bitcoin/transaction.ts';
import type { FaultPlan } from './plan.ts';

const SPIKE_RATE = 40;
const EVICTED_SHARE = 0.3;
const EVICTED_WITHIN_MS = 3000;
const SPIKE_AT_BROADCAST_SHARE = 0.2;
const ERROR_SHARE = 0.35;
const LOST_ANSWER_SHARE = 0.4;

/** What Bitcoin does to a federation: reorganisations, fees, forgetful mempools, and nodes that answer wrongly or late. */
export function planBitcoinFaults(plan: FaultPlan): void {
  const { world, durationMs } = plan;
  const { bitcoin, options, pump } = world;
  const doubleSpends = plan.has('doubleSpends');
  let others = 0;
  /** A user who takes a deposit back by paying the same coin to somebody else. */
  const instead = (tx: Tx): Tx | null => {
    if (!doubleSpends || tx.inputs.some(({ witness }) => witness.length > 0) || world.random() < 0.4) return null;
    plan.count('depositTakenBack');
    const script = `0014${hexOf(sha256(utf8(`somebody ${others++}`)).subarray(0, 20))}`;
    return buildTx(
      tx.inputs.map(({ outpoint }) => outpoint),
      [{ script, sats: 1_000_000n }],
    );
  };
  const reorganize = (depth: number): void => {
    const delayed = world.random() < 0.5;
    const change = bitcoin.reorganize(
      depth,
      Math.floor(world.nowMs / 1000),
      instead,
      () => delayed && world.random() < 0.6,
    );
    plan.injected('reorgs');
    plan.count(depth >= options.depth ? 'reorgBeyondDepth' : 'reorgBelowDepth');
    world.observe({ kind: 'bitcoinBlocks', ...change });
  };
  if (plan.has('reorgs'))
    world.sometime(4, durationMs, () => reorganize(1 + world.below(Math.max(1, options.depth - 1))));
  if (plan.has('deepReorgs')) world.sometime(1, durationMs, () => reorganize(options.depth + world.below(7)));
  if (plan.has('feeSpikes')) planFeeSpikes(plan);
  if (plan.has('evictions')) planEvictions(plan);
  for (const { bitcoinFaults } of world.nodes) {
    plan.onHeal(() => Object.assign(bitcoinFaults, { errorShare: 0, lostAnswerShare: 0, stalledAt: null }));
    if (plan.has('bitcoinErrors')) plan.windows(2, (begins) => (bitcoinFaults.errorShare = begins ? ERROR_SHARE : 0));
    if (plan.has('lostBroadcastAnswers')) bitcoinFaults.lostAnswerShare = LOST_ANSWER_SHARE;
    if (plan.has('stalledTips'))
      plan.windows(1, (begins) => (bitcoinFaults.stalledAt = begins ? bitcoin.chain.tip : null));
  }
  plan.onHeal(() => {
    bitcoin.minedRate = 1;
    bitcoin.feeRate = 2;
  });
  const mine = (): void => {
    const added = [bitcoin.mine(Math.floor(world.nowMs / 1000))];
    world.observe({ kind: 'bitcoinBlocks', undone: [], added });
    pump.after(options.bitcoinIntervalMs * (0.4 + 1.2 * world.random()), mine);
  };
  mine();
}

/** Blocks become dear for a while, more often than not just when a payout was broadcast. */
function planFeeSpikes(plan: FaultPlan): void {
  const { world, durationMs } = plan;
  const { bitcoin, options, pump } = world;
  let dear = false;
  const spike = (): void => {
    if (dear || plan.healed) return;
    dear = true;
    bitcoin.minedRate = SPIKE_RATE;
    bitcoin.feeRate = SPIKE_RATE + world.below(SPIKE_RATE);
    plan.injected('feeSpikes');
    pump.after(options.bitcoinIntervalMs * (3 + world.below(8)), () => {
      dear = false;
      if (plan.healed) return;
      bitcoin.minedRate = 1;
      bitcoin.feeRate = 2;
    });
  };
  world.sometime(2, durationMs, spike);
  world.observers.push(({ kind }) => {
    if (kind === 'broadcast' && world.random() < SPIKE_AT_BROADCAST_SHARE) spike();
  });
}

/** Mempools lose a payout a while after it came, as full ones do. */
function planEvictions(plan: FaultPlan): void {
  const { world } = plan;
  const { bitcoin } = world;
  world.observers.push((observation) => {
    if (observation.kind !== 'broadcast' || plan.healed || world.random() >= EVICTED_SHARE) return;
    const { txid } = observation.tx;
    world.pump.after(world.below(EVICTED_WITHIN_MS), () => {
      if (plan.healed || !bitcoin.mempool.has(txid)) return;
      bitcoin.evict(txid);
      plan.injected('evictions');
      plan.count('payoutEvicted');
    });
  });
}
