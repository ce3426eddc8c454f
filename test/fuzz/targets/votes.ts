import { encodeVote } from '../../../node-core/domain/consensus/encoding.ts';
import type { BlsSignature, Vote } from '../../../node-core/domain/consensus/types.ts';
import { authorityIndex, type BlockRoot, slot } from '../../../node-core/primitives/ids.ts';
import type { ChainMessage } from '../../../node-core/protocol/chain.ts';
import { AUTHORITIES } from '../world/network.ts';
import type { FuzzWorld } from '../world/world.ts';
import type { Target } from './target.ts';

const BATCH = 64;

interface Mutated {
  readonly vote: Vote;
  readonly signedAgain: boolean;
}

/** Slots in which votes are taken, and in which the honest have voted or never will. */
function usedSlot({ random, federation }: FuzzWorld): number {
  const head = federation.head.signedBlock.block.slot;
  return Math.max(1, head - random.integer(60));
}

const MUTATIONS: readonly ((world: FuzzWorld) => Mutated)[] = [
  // An authority votes for what nobody knows: kept as its vote, or evidence beside another one.
  (world) => {
    const { random, federation } = world;
    const voter = random.integer(AUTHORITIES);
    return {
      vote: federation.vote(voter, random.hex(32) as BlockRoot, slot(usedSlot(world)), random.chance(0.5)),
      signedAgain: true,
    };
  },
  (world) => {
    const { random, federation } = world;
    const { root, signedBlock } = random.pick(federation.chain.slice(-5));
    return {
      vote: federation.vote(random.integer(AUTHORITIES), root, signedBlock.block.slot, false),
      signedAgain: true,
    };
  },
  (world) => {
    const { root, signedBlock } = world.random.pick(world.federation.chain.slice(-5));
    return { vote: world.federation.vote(1, root, signedBlock.block.slot), signedAgain: true };
  },
  ({ random, federation, slot: now }) => ({
    vote: federation.vote(
      random.integer(AUTHORITIES),
      random.hex(32) as BlockRoot,
      slot(random.pick([now + 2 + random.integer(99), 2 ** 50, Math.max(0, now - 64 - random.integer(30))])),
    ),
    signedAgain: true,
  }),
  ({ random, federation, slot: now }) => ({
    vote: {
      ...federation.vote(random.integer(AUTHORITIES), random.hex(32) as BlockRoot, slot(now)),
      authority: authorityIndex(AUTHORITIES + random.integer(11)),
    },
    signedAgain: true,
  }),
  (world) => {
    const { random, federation } = world;
    const vote = federation.vote(random.integer(AUTHORITIES), random.hex(32) as BlockRoot, slot(usedSlot(world)));
    return {
      vote: { ...vote, signature: random.flipHex(vote.signature) as BlsSignature },
      signedAgain: false,
    };
  },
  (world) => {
    const { random, federation } = world;
    const voter = random.integer(AUTHORITIES);
    const vote = federation.vote(voter + 1, random.hex(32) as BlockRoot, slot(usedSlot(world)));
    return { vote: { ...vote, authority: authorityIndex(voter) }, signedAgain: true };
  },
  (world) => {
    const { random, federation } = world;
    const vote = federation.vote(random.integer(AUTHORITIES), random.hex(32) as BlockRoot, slot(usedSlot(world)));
    return { vote: { ...vote, clean: !vote.clean }, signedAgain: false };
  },
  (world) => ({
    vote: world.federation.vote(1, world.random.hex(32) as BlockRoot, slot(usedSlot(world)), true, 'e1'.repeat(32)),
    signedAgain: true,
  }),
];

/** Votes changed and signed again, by gossip and past it. */
export const votes: Target = {
  name: 'vote',
  share: 0.08,
  stages: [
    'gossip: VOTE_SIGNATURE',
    'SLOT_OUT_OF_RANGE',
    'UNKNOWN_AUTHORITY',
    'DUPLICATE_VOTE',
    'VOTE_SIGNATURE',
    'kept, for an unknown block',
    'kept as evidence',
  ],
  async run(world, _bases, count) {
    for (let i = 0; i < count; i++) {
      const { vote, signedAgain } = (MUTATIONS[i % MUTATIONS.length] as (typeof MUTATIONS)[number])(world);
      const past = world.random.chance(0.4);
      const { node, tally } = world;
      if (past)
        node.system.inject(
          node.system.refOf<ChainMessage>('ChainActor'),
          { type: 'ProcessVote', vote, peer: 'peer-2' },
          { from: 'Peer:peer-2' },
        );
      else {
        const read = node.gossip('votes', encodeVote(vote));
        if (!read.ok) {
          tally.count('vote', `gossip: ${read.refusal.code}`, signedAgain);
          continue;
        }
      }
      tally.count('vote', world.foretellVote(vote), signedAgain);
      if (i % BATCH === BATCH - 1) await world.checkUnchanged('votes');
    }
    await world.checkUnchanged('votes');
  },
};
