import type { FaultPlan } from './faults/plan.ts';
import type { ReferenceLedger } from './reference/ledger.ts';
import type { World } from './world.ts';

/** States that a good simulation reaches now and then: a suite of enough seeds fails when one is never reached. */
export const INTERESTING = [
  'reorgBelowDepth',
  'reorgBeyondDepth',
  'depositReorganized',
  'depositTakenBack',
  'rejectedDeposit',
  'twoOutputsInOneDeposit',
  'payoutReplaced',
  'payoutOfSeveralBurns',
  'payoutEvicted',
  'haltDuringSigning',
  'crashBetweenIntentAndEffect',
  'crashAfterEffect',
  'unacknowledgedWriteLost',
  'disarmedBackupArmed',
  'equivocation',
  'partition',
  'clientForgot',
  'clockStep',
  'bridgeFroze',
  'forgedAnswer',
  'operationActorCrash',
  'newMembersApproved',
  'formerMembersPaid',
] as const;

/** Counts, at each slot and each observation that tells, where a run has been. */
export function noteStates(world: World, plan: FaultPlan, ledger: ReferenceLedger): void {
  const once = new Set<string>();
  const first = (key: string, state: string): void => {
    if (once.has(key)) return;
    once.add(key);
    plan.count(state);
  };
  world.observers.push((observation) => {
    switch (observation.kind) {
      case 'rearmed':
        plan.count('disarmedBackupArmed');
        return;
      case 'bitcoinBlocks':
        for (const { txs } of observation.undone)
          if (txs.some(({ outputs }) => outputs.some(({ script }) => world.bitcoin.federationOf(script) !== undefined)))
            plan.count('depositReorganized');
        return;
      case 'died': {
        const { disk } = world.nodes[observation.node] ?? {};
        if (disk !== undefined && disk.lostWrites > 0) plan.count('unacknowledgedWriteLost');
        return;
      }
      case 'slot':
        for (const { id, versions } of ledger.payouts.values()) {
          if (versions.length > 1) first(`replaced:${id}`, 'payoutReplaced');
          if ((versions[0]?.entry.shares.length ?? 0) > 1) first(`several:${id}`, 'payoutOfSeveralBurns');
        }
        for (const coin of ledger.coins()) {
          if (ledger.judge(coin).kind === 'rejected') first(`rejected:${coin.outpoint}`, 'rejectedDeposit');
          const paid = coin.tx.outputs.filter(({ script }) => script === coin.script).length;
          if (!coin.change && paid > 1) first(`two:${coin.tx.txid}`, 'twoOutputsInOneDeposit');
        }
        for (const { index, bridge } of world.nodes)
          if (bridge !== undefined && bridge.frozen !== null) first(`frozen:${index}`, 'bridgeFroze');
        for (const [outpoint, { epoch }] of ledger.mints) if (epoch > 0) first(`new:${outpoint}`, 'newMembersApproved');
        for (const { id, versions } of ledger.payouts.values())
          if (versions.some(({ entry }) => entry.inputs.some(({ epoch }) => epoch < ledger.epochAt(Infinity))))
            first(`former:${id}`, 'formerMembersPaid');
        if (world.governance.met.forged > 0) first('forged', 'forgedAnswer');
        return;
      default:
    }
  });
}
