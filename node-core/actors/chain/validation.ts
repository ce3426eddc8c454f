import { hasBlock, insertBlock } from '../../domain/consensus/block-tree.ts';
import type { Block } from '../../domain/consensus/types.ts';
import { checkUnsigned, validateBlock, type ValidationContext } from '../../domain/consensus/validate.ts';
import { type Checked, refuse } from '../../primitives/errors.ts';
import { MAX_SATS } from '../../primitives/units.ts';
import { isMinted } from './ancestry.ts';
import { authoritiesAt } from './authorities.ts';
import { certificateFor } from './finality.ts';
import { judgeApproval, judgeSuccession } from './members.ts';
import type { ChainActorState, ChainBlock, ImportJob } from './state.ts';

/** How far ahead of this node's a proposer's clock may be. */
export const MAX_CLOCK_SKEW_MS = 500;

/** Whether a block whose parent is held is valid but for its execution, and finds a place in the tree. */
export function validateImport(
  state: ChainActorState,
  { root, signedBlock }: Pick<ImportJob, 'root' | 'signedBlock'>,
  nowMs: number,
): Checked<unknown> {
  const { block } = signedBlock;
  const parent = state.blocks.get(block.parentRoot);
  if (parent === undefined || !hasBlock(state.tree, block.parentRoot))
    return refuse('UNKNOWN_PARENT', `parent ${block.parentRoot} is not known`);
  const checked = validateBlock(signedBlock, contextOf(state, block, parent, nowMs));
  if (!checked.ok) return checked;
  const branch = checkBranch(state, block, parent);
  if (!branch.ok) return branch;
  // Asked before the block is executed and written: an authority that signs many for a slot fills no disk with them.
  return insertBlock(state.tree, root, block, certificateFor(state, root, block));
}

/** The same of this node's own block, before it is signed: what its execution client gave is not believed (INV-17). */
export function validateProposal(
  state: ChainActorState,
  block: Block,
  parent: ChainBlock,
  nowMs: number,
): Checked<unknown> {
  const checked = checkUnsigned(block, contextOf(state, block, parent, nowMs));
  return checked.ok ? checkBranch(state, block, parent) : checked;
}

function contextOf(state: ChainActorState, block: Block, parent: ChainBlock, nowMs: number): ValidationContext {
  const { network, networkHash, scheme } = state.args;
  const { slot, height, payload } = parent.signedBlock.block;
  return {
    parent: { root: parent.root, slot, height, blockHash: payload.blockHash, mintCount: parent.totals.mintCount },
    authorities: authoritiesAt(state, block.height),
    parentAuthorities: authoritiesAt(state, height),
    slotDurationMs: network.slotDurationMs,
    gasLimit: BigInt(network.gasLimit),
    networkHash,
    genesisRoot: state.genesisRoot,
    nowMs,
    maxClockSkewMs: MAX_CLOCK_SKEW_MS,
    scheme,
    verifyApproval: judgeApproval(state, block),
    checkSuccession: judgeSuccession(state, block),
  };
}

/** What depends on all blocks before this one. */
function checkBranch(state: ChainActorState, { parentRoot, pegIns }: Block, parent: ChainBlock): Checked<unknown> {
  const twice = pegIns.find(({ outpoint }) => isMinted(state, parentRoot, outpoint));
  if (twice !== undefined) return refuse('MINTED_TWICE', `an ancestor mints ${twice.outpoint} already`);
  const minted = pegIns.reduce((sum, { amountSats }) => sum + amountSats, 0n);
  if (parent.totals.mintedSats + minted > MAX_SATS)
    return refuse('MINTS', 'with this block more would be minted than there are bitcoins');
  return { ok: true, value: undefined };
}
