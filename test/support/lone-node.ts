import { blockRootOf } from '../../node-core/domain/consensus/encoding.ts';
import type { Block, SignedBlock } from '../../node-core/domain/consensus/types.ts';
import { slot } from '../../node-core/primitives/ids.ts';
import { ChainFederation } from './chain-federation.ts';

type Contents = Partial<Pick<Block, 'pegIns' | 'pegOuts'>>;
type Schedule = ConstructorParameters<typeof ChainFederation>[2];

/** Four nodes of whom one behaves; the others certify what they are told to, and it is the turn of the first of them. */
export function alone(schedule?: Schedule): ChainFederation {
  const federation = new ChainFederation(11, 4, schedule);
  for (let i = 0; i < 4; i++) federation.start(i);
  federation.runSlots(6);
  for (const index of [1, 2, 3]) federation.crash(index);
  while (slotOf(federation) % 4 !== 1) federation.runSlots(1);
  return federation;
}

export const slotOf = (federation: ChainFederation): number => federation.view(0)?.slot ?? 0;

/** The block of the current slot, on `parent` and its certificate, else on the highest certified block. */
export function forged(federation: ChainFederation, parent?: Block, contents: Contents = {}): SignedBlock {
  const at = slot(slotOf(federation));
  const certificate =
    parent === undefined ? undefined : federation.forgeVotes([1, 2, 3], blockRootOf(parent), parent.slot).certificate;
  return federation.forge(0, at % 4, at, 'forged', certificate, contents);
}

/** Gives the node such a block, and a slot's time. */
export function give(federation: ChainFederation, contents: Contents = {}, parent?: Block): Block {
  const signedBlock = forged(federation, parent, contents);
  federation.spread(signedBlock.block.proposer, signedBlock);
  federation.runSlots(1);
  return signedBlock.block;
}

export const holds = (federation: ChainFederation, block: Block): boolean =>
  federation.nodes[0]?.disk.blocks.has(blockRootOf(block)) === true;

export const votedFor = (federation: ChainFederation, block: Block): boolean =>
  federation.signatures.some(({ node, kind, root }) => node === 0 && kind === 'vote' && root === blockRootOf(block));
