import { planBitcoinFaults } from './faults/bitcoin.ts';
import { planNodeFaults } from './faults/nodes.ts';
import { planPartyFaults } from './faults/parties.ts';
import { FaultPlan } from './faults/plan.ts';
import { watchBooks } from './invariants/books.ts';
import { ConsensusRules } from './invariants/consensus.ts';
import { DepthRules } from './invariants/depth.ts';
import { GovernanceRules } from './invariants/governance.ts';
import { MemberRules } from './invariants/members.ts';
import { MoneyRules } from './invariants/money.ts';
import { RuntimeRules } from './invariants/runtime.ts';
import { SigningRules } from './invariants/signing.ts';
import { Liveness } from './liveness.ts';
import type { WorldOptions } from './options.ts';
import { FinalChain } from './reference/final-chain.ts';
import { ReferenceLedger } from './reference/ledger.ts';
import { noteStates } from './sometimes.ts';
import { Users } from './users.ts';
import { World } from './world.ts';

export interface Violation {
  readonly seed: number;
  readonly invariant: string;
  readonly detail: string;
}
export interface SeedResult {
  readonly options: WorldOptions;
  readonly violations: readonly Violation[];
  /** Virtual time that the federation lived. */
  readonly virtualMs: number;
  readonly events: number;
  readonly faults: number;
  readonly sometimes: ReadonlyMap<string, number>;
  readonly traceHash: string;
}

/** After the faults a run has so many slots and so many Bitcoin blocks' time to complete what is pending. */
const HEAL_SLOTS = 200;
const HEAL_BITCOIN_BLOCKS = 60;
const LOOK_EVERY_MS = 5000;
const OPERATOR_EVERY_MS = 20_000;

/**
 * Plays one seed: a phase of faults in which nothing may break, then all heals and everything pending must complete.
 * `direct` plans what a test wants to happen beside the faults; it sees the world when its nodes have started.
 */
export async function simulate(
  options: WorldOptions,
  direct: (world: World) => void = () => undefined,
): Promise<SeedResult> {
  const { seed, slotMs } = options;
  const world = new World(options);
  const durationMs = options.slots * slotMs;
  const plan = new FaultPlan(world, durationMs);
  const violations: Violation[] = [];
  const report = (invariant: string, detail: string): void => {
    if (violations.length > 0) return;
    violations.push({ seed, invariant, detail: `at ${Math.round(world.pump.nowMs % 1e9)} ms: ${detail}` });
    world.stop();
  };
  const chain = new FinalChain();
  const ledger = new ReferenceLedger(world.bitcoin, world.evm, {
    depth: options.depth,
    minimumSats: BigInt(world.network.bitcoin.minDepositSats),
  });
  const money = new MoneyRules(world, ledger, report);
  const members = new MemberRules(world, ledger, report);
  const signing = new SigningRules(world, report);
  const consensus = new ConsensusRules(world, { chain, signing }, report, (block) => {
    money.onFinal(block);
    members.onFinal(block);
    ledger.apply(block);
    money.checkSolvency();
  });
  const runtime = new RuntimeRules(world, report);
  const rules = [
    signing,
    consensus,
    money,
    members,
    new DepthRules(world, chain, report),
    new GovernanceRules(world, report),
    runtime,
  ];
  for (const { observe } of rules) world.observers.push(observe);
  world.observers.push(watchBooks(world, { chain, ledger }, report));
  noteStates(world, plan, ledger);

  const users = new Users(world, (address) => {
    const head = chain.last?.signedBlock.block.payload.blockHash ?? world.evm.genesis.payload.blockHash;
    return world.evm.block(head)?.accounts.get(address) ?? { wei: 0n, nonce: 0 };
  });
  planBitcoinFaults(plan);
  planNodeFaults(plan);
  planPartyFaults(plan);
  for (const node of world.nodes) node.start();
  users.begin(durationMs);
  direct(world);
  tickSlots(world);
  const liveness = new Liveness(world, chain, ledger);
  try {
    if (await world.run(durationMs)) await requireLiveness(world, plan, liveness, report);
    runtime.look();
  } catch (error) {
    // Nothing that an actor does may leave the kernel.
    report('INV-26', error instanceof Error ? (error.stack ?? error.message) : String(error));
  }
  plan.count('mint', ledger.mints.size);
  plan.count('payout', [...ledger.payouts.values()].filter((payout) => ledger.paymentOf(payout) !== undefined).length);
  for (const [kind, times] of Object.entries(users.made)) plan.count(`user:${kind}`, times);
  return {
    options,
    violations,
    virtualMs: world.pump.nowMs - 1_700_000_000_000,
    events: world.pump.events,
    faults: [...plan.counts.values()].reduce((sum, count) => sum + count, 0),
    sometimes: plan.sometimes,
    traceHash: world.pump.traceHash,
  };
}

async function requireLiveness(
  world: World,
  plan: FaultPlan,
  liveness: Liveness,
  report: (invariant: string, detail: string) => void,
): Promise<void> {
  const { slotMs, bitcoinIntervalMs } = world.options;
  plan.heal();
  liveness.healed();
  workAsOperator(world, plan);
  const budgetMs = Math.max(HEAL_SLOTS * slotMs, HEAL_BITCOIN_BLOCKS * bitcoinIntervalMs);
  const endMs = world.nowMs + budgetMs;
  let pending: readonly string[] = ['nothing was looked at'];
  while (world.nowMs < endMs && pending.length > 0) {
    if (!(await world.run(LOOK_EVERY_MS))) return;
    pending = liveness.pending();
  }
  if (pending.length > 0)
    report('INV-28', `${Math.round(budgetMs / slotMs)} slots after all faults: ${pending.slice(0, 3).join('; ')}`);
  const [unexplained] = liveness.unexplained();
  if (unexplained !== undefined) report('INV-10', unexplained);
}

/** The operator ends halts and freezes whose cause was looked into, again while they come back. */
function workAsOperator(world: World, plan: FaultPlan): void {
  for (const node of world.nodes) {
    if (node.chain?.halted === true) {
      world.operatorResumes.set(node.index, (world.operatorResumes.get(node.index) ?? 0) + 1);
      for (const source of ['operator', 'node'] as const)
        node.tell(
          'ChainActor',
          { type: 'ResumeRequest', source, reason: 'looked into', generation: null } as never,
          'Operator',
        );
    }
    if (node.bridge !== undefined && node.bridge.frozen !== null) {
      plan.count('freezeResolved');
      world.operatorResolves.set(node.index, (world.operatorResolves.get(node.index) ?? 0) + 1);
      node.tell('BridgeActor', { type: 'ResolveFreeze', reason: 'looked into' } as never, 'Operator');
    }
  }
  world.pump.after(OPERATOR_EVERY_MS, () => workAsOperator(world, plan));
}

function tickSlots(world: World): void {
  const { slotMs } = world.options;
  world.observe({ kind: 'slot', slot: Math.floor(world.nowMs / slotMs) });
  world.pump.after(slotMs, () => tickSlots(world));
}
