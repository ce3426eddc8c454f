import type { BlockRoot } from '../../node-core/primitives/ids.ts';
import { addressOf } from '../support/evm-chain.ts';
import { makeBases } from './bases.ts';
import { oddConfirmations } from './targets/odd-payouts.ts';
import { type StageCount, Tally } from './tally.ts';
import { blocks } from './targets/blocks.ts';
import { payloads } from './targets/payloads.ts';
import { precompiles } from './targets/precompiles.ts';
import { rpc } from './targets/rpc.ts';
import { statuses } from './targets/statuses.ts';
import type { Target } from './targets/target.ts';
import { transactions } from './targets/transactions.ts';
import { votes } from './targets/votes.ts';
import { wire } from './targets/wire.ts';
import { StallWatch } from './stalls.ts';
import type { SchemeName } from './world/keys.ts';
import { ACCOUNTS } from './world/payments.ts';
import type { RootedBlock } from './world/federation.ts';
import { FuzzWorld } from './world/world.ts';

export const TARGETS: readonly Target[] = [wire, blocks, votes, statuses, payloads, transactions, precompiles, rpc];

export interface FuzzOptions {
  readonly inputs: number;
  readonly seed: number;
  /** All of them unless some are chosen; their shares then say how the inputs are divided. */
  readonly targets?: readonly Target[];
  /** How many of the inputs meet which signatures. */
  readonly schemes?: readonly { readonly scheme: SchemeName; readonly share: number }[];
  readonly progress?: (line: string) => void;
}

export interface FuzzReport {
  readonly seed: number;
  readonly passed: boolean;
  readonly inputs: number;
  /** Valid inputs that were changed and then signed, or hashed, again. */
  readonly signedAgain: number;
  readonly stages: readonly StageCount[];
  readonly unreached: readonly { readonly target: string; readonly stage: string }[];
  /** What must not have happened; empty when the run passed. */
  readonly problems: readonly string[];
  /** Valid blocks that the fuzzed nodes took, of others and their own. */
  readonly validBlocks: number;
  readonly wallMs: number;
  /** For how long the event loop gave nobody a turn at worst, in ms of this thread; the test's own work is part of it. */
  readonly longestStallMs: number;
}

/** After so many inputs the chain moves on with valid blocks. */
const ROUND = 2500;
const RIVALS = 4;
const TOP_UP_SATS = 300_000_000n;

/**
 * Sends malformed inputs to nodes of real parts and looks after each batch at what must not have changed. Every input
 * is counted at the stage that refused it; a stage that none reached fails the run.
 */
export async function runFuzz(options: FuzzOptions): Promise<FuzzReport> {
  const { inputs, seed, targets = TARGETS, schemes = ALL_SCHEMES, progress = () => undefined } = options;
  const startMs = performance.now();
  const tally = new Tally();
  const onRejection = (reason: unknown): void => {
    tally.problem(`unhandled rejection: ${reason instanceof Error ? reason.stack : String(reason)}`);
  };
  process.on('unhandledRejection', onRejection);
  const watch = new StallWatch();
  let longestStallMs = 0;
  let validBlocks = 0;
  try {
    for (const [i, { scheme, share }] of schemes.entries()) {
      const world = await FuzzWorld.create(scheme, seed * schemes.length + i, tally);
      try {
        await fuzzWorld(world, targets, Math.ceil(inputs * share), progress);
      } finally {
        validBlocks += world.node.view().head.height;
        await world.close();
      }
    }
  } catch (error) {
    tally.problem((error as Error).stack ?? String(error));
  } finally {
    process.off('unhandledRejection', onRejection);
    longestStallMs = watch.end();
  }
  const unreached = targets.flatMap(({ name, stages }) =>
    stages.filter((stage) => tally.reached(name, stage) === 0).map((stage) => ({ target: name, stage })),
  );
  return {
    seed,
    passed: tally.problems.length === 0 && unreached.length === 0 && tally.inputs >= inputs,
    inputs: tally.inputs,
    signedAgain: tally.signedAgain,
    stages: tally.table,
    unreached,
    problems: tally.problems,
    validBlocks,
    wallMs: Math.round(performance.now() - startMs),
    longestStallMs,
  };
}

/** Real signatures cost milliseconds: a share of the inputs meets them. */
const ALL_SCHEMES = [
  { scheme: 'keyed', share: 0.8 },
  { scheme: 'bls', share: 0.2 },
] as const;

async function fuzzWorld(
  world: FuzzWorld,
  targets: readonly Target[],
  inputs: number,
  progress: (line: string) => void,
): Promise<void> {
  const weight = targets.reduce((sum, { share }) => sum + share, 0);
  const { tally } = world;
  const until = tally.inputs + inputs;
  // Twins in one batch have one verdict: what is short because of them is made up for.
  for (let left = inputs; left > 0; left = until - tally.inputs) {
    let bases: readonly RootedBlock[] = [];
    let basesParent: BlockRoot | null = null;
    for (const target of world.random.shuffled(targets)) {
      const { root } = world.federation.head;
      // A target may have moved the chain on.
      if (root !== basesParent) {
        bases = await makeBases(world);
        basesParent = root;
        await world.remember();
      }
      await target.run(world, bases, Math.ceil((Math.min(left, ROUND) * target.share) / weight));
    }
    await moveOn(world);
    progress(
      `${world.scheme}: ${tally.inputs} inputs, ${tally.problems.length} problems, height ${world.node.view().head.height}`,
    );
  }
}

/** Valid blocks still come in, are built, certified and final; mints make up for what fuzzed transactions spent. */
export async function moveOn(world: FuzzWorld): Promise<void> {
  const { federation, random } = world;
  const deposits = Array.from({ length: ACCOUNTS }, (_, i) => world.pegIn(addressOf(i), TOP_UP_SATS));
  const block = await federation.propose(world.nextPeerSlot(), deposits);
  const { block: valid } = block.signedBlock;
  // What a block's payouts mean gates votes for it, not its validity.
  const rivals = Array.from({ length: RIVALS }, () => {
    const payload = federation.rehash({ ...valid.payload, extraData: random.hex(8) }, valid.parentRoot);
    return federation.sign({ ...valid, payload, pegOuts: oddConfirmations(random) });
  });
  await world.extendAmongRivals(block, rivals);
  await world.extendByOwnBlock();
  await world.remember();
}
