import type { ExecutionPayload } from '../../../node-core/domain/consensus/types.ts';
import type { Hex } from '../../../node-core/primitives/hex.ts';
import type { BlockRoot, EvmAddress } from '../../../node-core/primitives/ids.ts';
import type { Random } from '../random.ts';
import type { FuzzWorld } from '../world/world.ts';
import { EXECUTION_STAGES, executionStage } from './execution-stage.ts';
import {
  BLOB_TRANSACTION,
  EXECUTION_MUTATIONS,
  FORM_MUTATIONS,
  LINKED_MUTATIONS,
  MINT_LABEL_MUTATIONS,
  type PayloadMutation,
  RANDAO_MUTATION,
  WITHDRAWAL_MUTATIONS,
} from './payload-mutations.ts';
import type { Target } from './target.ts';

/** Forms that the types forbid and a careless adapter could pass on. */
const MALFORMED: readonly PayloadMutation[] = [
  ...(['stateRoot', 'feeRecipient', 'logsBloom', 'prevRandao', 'extraData'] as const).map((name): PayloadMutation => ({
    name: `${name} is no hex`,
    apply: (payload, random) => ({
      [name]: random.pick([`${payload[name]}00`.repeat(17), payload[name].slice(0, -1), '0xzz', '', '0x0']),
    }),
  })),
  { name: 'negative gas', apply: () => ({ gasUsed: -1n }) },
  { name: 'gas above 64 bits', apply: (_, random) => ({ gasLimit: (1n << 64n) + random.big(64) }) },
  { name: 'half a block number', apply: ({ blockNumber }) => ({ blockNumber: (blockNumber + 0.5) as never }) },
  { name: 'time that is no number', apply: (_, random) => ({ timestampS: random.pick([Number.NaN, -1, Infinity]) }) },
  {
    name: 'a mint to no address',
    apply: () => ({
      withdrawals: [{ index: 0n, validatorIndex: 0n, address: '0x12' as EvmAddress, amountGwei: 1n as never }],
    }),
  },
];

/** With a fitting hash these are other blocks, and valid ones: the engine may run them, and nothing of the chain moves. */
const HARMLESS: readonly PayloadMutation[] = [
  { name: 'other extraData', apply: (_, random) => ({ extraData: random.hex(1 + random.integer(32)) }) },
  {
    name: 'a gasLimit nearby',
    apply: ({ gasLimit }, random) => ({ gasLimit: gasLimit - BigInt(1 + random.integer(1000)) }),
  },
  RANDAO_MUTATION,
  ...MINT_LABEL_MUTATIONS,
];

const MUTATIONS = [
  ...EXECUTION_MUTATIONS,
  ...EXECUTION_MUTATIONS,
  ...WITHDRAWAL_MUTATIONS,
  ...LINKED_MUTATIONS,
  ...FORM_MUTATIONS,
  ...MALFORMED,
  BLOB_TRANSACTION,
];

/** One in so many is another valid block: each keeps its state in the engine's memory until a block is final. */
const HARMLESS_EVERY = 50;

/** Payloads handed to the real execution client without any of ChainActor's checks before. */
export const payloads: Target = {
  name: 'payload',
  share: 0.15,
  stages: [...EXECUTION_STAGES, 'unknown parent', 'valid, another block'],
  async run(world, bases, count) {
    for (let i = 0; i < count; i++) {
      const { random } = world;
      const { block } = random.pick(bases).signedBlock;
      const harmless = i % HARMLESS_EVERY === 0;
      const mutation = harmless ? random.pick(HARMLESS) : (MUTATIONS[i % MUTATIONS.length] as PayloadMutation);
      const changed = changedPayload(block.payload, mutation, random);
      // Most have the hash that belongs to them: else all would stop at the hash.
      const rehashed = harmless || random.chance(0.9);
      const payload = rehashed ? world.federation.rehash(changed, block.parentRoot) : changed;
      await execute(
        world,
        payload,
        parentRootFor(block.parentRoot, random, harmless),
        mutation.name,
        harmless,
        rehashed,
      );
    }
    await world.checkUnchanged('payloads');
  },
};

/** Another payload than this one: where the mutation finds nothing to change, with another state. */
function changedPayload(payload: ExecutionPayload, mutation: PayloadMutation, random: Random): ExecutionPayload {
  const change = mutation.apply(payload, random) ?? { stateRoot: random.flipHex(payload.stateRoot) };
  return { ...payload, ...change };
}

const parentRootFor = (root: BlockRoot, random: Random, harmless: boolean): BlockRoot =>
  harmless || random.chance(0.97) ? root : (random.flipHex(root) as Hex as BlockRoot);

async function execute(
  world: FuzzWorld,
  payload: ExecutionPayload,
  parentRoot: BlockRoot,
  mutation: string,
  harmless: boolean,
  rehashed: boolean,
): Promise<void> {
  const { tally, node } = world;
  try {
    const status = await node.evm.execute(payload, parentRoot);
    if (status.status === 'SYNCING') tally.count('payload', 'unknown parent', rehashed);
    else if (status.status === 'INVALID') tally.count('payload', executionStage(status.reason), rehashed);
    else {
      tally.count('payload', 'valid, another block', rehashed);
      if (!harmless) tally.problem(`payload: ${mutation} is valid: ${payload.blockHash}`);
    }
  } catch (error) {
    tally.count('payload', 'thrown', rehashed);
    tally.problem(`payload: ${mutation} throws: ${(error as Error).stack}`);
  }
}
