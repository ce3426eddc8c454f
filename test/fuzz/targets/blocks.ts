import { encodeSignedBlock } from '../../../node-core/domain/consensus/encoding.ts';
import type { SignedBlock } from '../../../node-core/domain/consensus/types.ts';
import type { BlockRoot } from '../../../node-core/primitives/ids.ts';
import type { ChainMessage } from '../../../node-core/protocol/chain.ts';
import type { RootedBlock } from '../world/federation.ts';
import { until } from '../world/until.ts';
import type { FuzzWorld } from '../world/world.ts';
import type { BlockMutation } from './block-mutation.ts';
import { BLOCK_MUTATIONS, DEAR_MUTATIONS } from './block-mutations.ts';
import { EXECUTION_STAGES, executionStage } from './execution-stage.ts';
import type { Target } from './target.ts';

/** Blocks under way at once; ChainActor lets 256 wait. */
const BATCH = 64;
const DEAR_EVERY = 61;

/** Blocks of later slots than that are refused at once. */
const MAX_EARLY_SLOTS = 4;

/** ChainActor passes over these without a word. */
type Silent = 'waits for its parent' | 'waits for its slot' | 'below finality' | 'known already';

interface Sent {
  readonly name: string;
  readonly root: BlockRoot;
  readonly silent: Silent | null;
}

/** Valid blocks changed and signed again by the right authority, by gossip and past it. */
export const blocks: Target = {
  name: 'block',
  share: 0.35,
  stages: [
    'gossip: MALFORMED',
    'gossip: OVERSIZE',
    'gossip: NOT_PROPOSERS_TURN',
    'gossip: BLOCK_SIGNATURE',
    'waits for its parent',
    'waits for its slot',
    'below finality',
    'known already',
    'TOO_LARGE',
    'LINKAGE',
    'FUTURE_SLOT',
    'NOT_PROPOSERS_TURN',
    'FEE_RECIPIENT',
    'PAYLOAD',
    'BLOB_TRANSACTION',
    'MINTS',
    'PEG_OUT_SIZE',
    'PEG_OUT_IDENTITY',
    'PEG_OUT_TRANSACTION',
    'PEG_OUT_CONFLICT',
    'BLOCK_SIGNATURE',
    'CERTIFICATE',
    'APPROVAL',
    'MINTED_TWICE',
    'TOO_MANY_RIVALS',
    ...EXECUTION_STAGES.filter((stage) => stage !== 'form').map((stage) => `execution: ${stage}`),
  ],
  async run(world, bases, count) {
    world.node.logs();
    for (let done = 0; done < count; done += BATCH) {
      const sent: Sent[] = [];
      for (let i = done; i < Math.min(count, done + BATCH); i++) {
        const dear = i % DEAR_EVERY === DEAR_EVERY - 1;
        const list = dear ? DEAR_MUTATIONS : BLOCK_MUTATIONS;
        const mutation = list[(dear ? Math.floor(i / DEAR_EVERY) : i) % list.length] as BlockMutation;
        const one = send(world, bases, mutation);
        if (one !== null) sent.push(one);
      }
      await settleVerdicts(world, sent);
      await world.checkUnchanged('blocks');
    }
  },
};

/** Mutates a block and hands it in; what gossip refuses is counted here, the rest is returned. */
function send(world: FuzzWorld, bases: readonly RootedBlock[], mutation: BlockMutation): Sent | null {
  const { random, federation, node, tally } = world;
  let mutated = null;
  for (let tries = 0; mutated === null; tries++) {
    if (tries > 100) throw new Error(`no base has what ${mutation.name} changes`);
    mutated = mutation.apply(random.pick(bases), world);
  }
  const { block, signer, signature } = mutated;
  const { root, signedBlock: signedAgain } = federation.sign(block, signer);
  const signedBlock: SignedBlock = signature === undefined ? signedAgain : { block, signature };
  const sent = { name: mutation.name, root, silent: silenceOf(world, root, signedBlock) };
  // Governance's blocks and those of a broken transport come to ChainActor without gossip's screen.
  const way = random.integer(10);
  if (way < 7) {
    const read = node.gossip('blocks', encodeOrEmpty(signedBlock));
    if (read.ok) return sent;
    tally.count('block', `gossip: ${read.refusal.code}`, signature === undefined);
    return null;
  }
  if (way < 9) node.hand({ kind: 'block', peer: 'peer-2', signedBlock });
  else
    node.system.inject(
      node.system.refOf<ChainMessage>('ChainActor'),
      { type: 'GovernanceBlockProposal', signedBlock },
      { from: 'GovernanceNodes' },
    );
  return sent;
}

/** What fits no encoding can't be gossiped at all. */
function encodeOrEmpty(signedBlock: SignedBlock): Uint8Array {
  try {
    return encodeSignedBlock(signedBlock);
  } catch {
    return new Uint8Array(0);
  }
}

/** Whether ChainActor will say nothing of it: by what the federation knows, not by what the node does. */
function silenceOf({ federation, node, slot }: FuzzWorld, root: BlockRoot, { block }: SignedBlock): Silent | null {
  if (federation.chain.some((known) => known.root === root)) return 'known already';
  if (block.height <= node.view().finalized.height) return 'below finality';
  if (block.slot > slot && block.slot <= slot + MAX_EARLY_SLOTS) return 'waits for its slot';
  const finalizedAt = node.view().finalized.height;
  const parents = federation.chain.slice(finalizedAt).map((known) => known.root);
  return parents.includes(block.parentRoot) ? null : 'waits for its parent';
}

/** Waits until ChainActor has spoken of each, and counts at which stage it stopped. */
async function settleVerdicts(world: FuzzWorld, sent: readonly Sent[]): Promise<void> {
  const { node, tally } = world;
  const open = new Map<string, Sent>();
  for (const one of sent) {
    if (one.silent === null) open.set(one.root, one);
    else tally.count('block', one.silent, true);
  }
  const waitedFor = (): string =>
    `verdicts on ${[...open.values()].map(({ name, root }) => `${name} (${root})`).join(', ')}`;
  await until(waitedFor, () => {
    for (const { level, text, fields } of node.logs()) {
      const one = open.get(String(fields['root']));
      if (one === undefined) continue;
      if (text === 'block refused') {
        open.delete(one.root);
        tally.count('block', stageOf(String(fields['code']), String(fields['reason'])), true);
      } else if (level === 'error') {
        open.delete(one.root);
        tally.count('block', 'no verdict', true);
        tally.problem(`block: ${one.name}: ${text}: ${String(fields['reason'])}`);
      }
    }
    for (const { root } of node.view().recentBlocks) {
      const one = open.get(root);
      if (one === undefined) continue;
      open.delete(root);
      tally.count('block', 'taken', true);
      tally.problem(`block: ${one.name} was taken as valid: ${root}`);
    }
    return open.size === 0 || node.failure() !== null;
  });
}

const stageOf = (code: string, reason: string): string =>
  code === 'EXECUTION_INVALID' ? `execution: ${executionStage(reason)}` : code;
