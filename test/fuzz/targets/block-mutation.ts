import type { Block, BlsSignature } from '../../../node-core/domain/consensus/types.ts';
import type { Random } from '../random.ts';
import type { HonestFederation, RootedBlock } from '../world/federation.ts';
import type { FuzzWorld } from '../world/world.ts';
import type { PayloadMutation } from './payload-mutations.ts';

/** What a mutation makes of a valid block. */
export interface Mutated {
  readonly block: Block;
  /** Signs with another key than the named proposer's; null for a signature of its own. */
  readonly signer?: number;
  readonly signature?: BlsSignature;
}

export interface BlockMutation {
  readonly name: string;
  /** Null when the block has nothing to change so. */
  readonly apply: (base: RootedBlock, world: FuzzWorld) => Mutated | null;
}

export const blockFields = (
  name: string,
  change: (block: Block, world: FuzzWorld) => Partial<Block> | null,
): BlockMutation => ({
  name,
  apply: ({ signedBlock: { block } }, world) => {
    const changed = change(block, world);
    return changed === null ? null : { block: { ...block, ...changed } };
  },
});

/** Changes the payload and gives it the hash of what it says: the block then links, and execution must tell. */
export const inPayload = ({ name, apply }: PayloadMutation, rehashed = true): BlockMutation => ({
  name,
  apply: ({ signedBlock: { block } }, { random, federation }) => {
    const change = apply(block.payload, random);
    if (change === null) return null;
    const payload = { ...block.payload, ...change };
    return { block: { ...block, payload: rehashed ? federation.rehash(payload, block.parentRoot) : payload } };
  },
});

/** The block under another root: it says something else where anything may be said. */
export function relabelled(
  { signedBlock: { block } }: RootedBlock,
  federation: HonestFederation,
  random: Random,
): Mutated {
  const payload = { ...block.payload, extraData: random.hex(16) };
  return { block: { ...block, payload: federation.rehash(payload, block.parentRoot) } };
}
