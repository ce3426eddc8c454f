import type { Block, BlsSignature } from '../../../node-core/domain/consensus/types.ts';
import { AUTHORITIES, OWN_INDEX } from '../world/network.ts';
import type { FuzzWorld } from '../world/world.ts';
import { blockFields, type BlockMutation } from './block-mutation.ts';

export const SIGNATURE: readonly BlockMutation[] = [
  {
    name: 'signed by another authority',
    apply: ({ signedBlock: { block } }, { random }) => ({
      block,
      signer: (block.proposer + 1 + random.integer(AUTHORITIES - 1)) % AUTHORITIES,
    }),
  },
  {
    name: 'signature damaged',
    apply: ({ signedBlock: { block, signature } }, { random }) => ({
      block,
      signature: random.flipHex(signature) as BlsSignature,
    }),
  },
  {
    name: 'signed for another network',
    apply: ({ root, signedBlock: { block } }, { federation }) => ({
      block,
      signature: federation.signRoot(root, block.slot, block.proposer, 'e1'.repeat(32)),
    }),
  },
  {
    name: 'a vote as signature',
    apply: ({ root, signedBlock: { block } }, { federation }) => ({
      block,
      signature: federation.vote(block.proposer, root, block.slot).signature,
    }),
  },
  {
    name: 'another block’s signature',
    apply: ({ signedBlock: { block } }, { federation, random }) => ({
      block,
      signature: random.pick(federation.chain).signedBlock.signature,
    }),
  },
];

const certificate = (
  name: string,
  change: (block: Block, world: FuzzWorld) => Partial<Block['certificate']>,
): BlockMutation =>
  blockFields(name, (block, world) => ({ certificate: { ...block.certificate, ...change(block, world) } }));

export const CERTIFICATE: readonly BlockMutation[] = [
  certificate('certificate damaged', ({ certificate: { signature } }, { random }) => ({
    signature: random.flipHex(signature) as BlsSignature,
  })),
  certificate('a certificate of two', ({ certificate: { blockRoot, slot: at } }, { federation }) =>
    federation.certificateBy([1, 2], blockRoot, at),
  ),
  certificate('voters without their signature', ({ certificate: { cleanVoters } }) => ({
    cleanVoters: (cleanVoters | (1 << OWN_INDEX)) as typeof cleanVoters,
  })),
  certificate('clean votes called others', ({ certificate: { cleanVoters, otherVoters } }) => ({
    cleanVoters: otherVoters,
    otherVoters: cleanVoters,
  })),
  certificate(
    'an authority in both sets, with both votes',
    ({ certificate: { blockRoot, slot: at } }, { federation }) => {
      const clean = federation.certificateBy([1, 2, 3], blockRoot, at);
      const other = federation.certificateBy([1], blockRoot, at, false);
      const signature = federation.keys.scheme.aggregate([clean.signature, other.signature]);
      return { cleanVoters: clean.cleanVoters, otherVoters: other.otherVoters, signature };
    },
  ),
  certificate('a voter who is no authority', ({ certificate: { cleanVoters } }, { random }) => ({
    cleanVoters: (cleanVoters | (1 << (AUTHORITIES + random.integer(11)))) as typeof cleanVoters,
  })),
  certificate('votes for another network', ({ certificate: { blockRoot, slot: at } }, { federation }) => ({
    signature: federation.keys.scheme.aggregate(
      [1, 2, 3].map((voter) => federation.vote(voter, blockRoot, at, true, 'e1'.repeat(32)).signature),
    ),
  })),
];
