import { blockRootOf, decodeSignedBlock, encodeSignedBlock } from '../../../node-core/domain/consensus/encoding.ts';
import { MAX_TRANSACTION_BYTES } from '../../../node-core/domain/consensus/ssz.ts';
import type { Block, BlsSignature, CertifiedPegIn } from '../../../node-core/domain/consensus/types.ts';
import { withdrawalFor } from '../../../node-core/domain/consensus/validate.ts';
import type { Hex } from '../../../node-core/primitives/hex.ts';
import {
  authorityIndex,
  blockHeight,
  type BlockRoot,
  epoch,
  evmAddress,
  memberIndex,
  outpoint,
  slot,
  splitOutpoint,
} from '../../../node-core/primitives/ids.ts';
import { sats } from '../../../node-core/primitives/units.ts';
import { timestampOfSlot } from '../../../node-core/domain/consensus/schedule.ts';
import { prevRandaoOf } from '../../../node-core/domain/consensus/signing.ts';
import type { RootedBlock } from '../world/federation.ts';
import { approved, AUTHORITIES, MEMBER_THRESHOLD, memberSignature, OWN_INDEX, SLOT_MS } from '../world/network.ts';
import type { FuzzWorld } from '../world/world.ts';
import { flipBytes } from './mutate-bytes.ts';
import {
  BLOB_TRANSACTION,
  EXECUTION_MUTATIONS,
  FORM_MUTATIONS,
  LINKED_MUTATIONS,
  MINT_LABEL_MUTATIONS,
  otherNumber,
  type PayloadMutation,
  RANDAO_MUTATION,
  WITHDRAWAL_MUTATIONS,
} from './payload-mutations.ts';

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

const blockFields = (
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
const inPayload = ({ name, apply }: PayloadMutation, rehashed = true): BlockMutation => ({
  name,
  apply: ({ signedBlock: { block } }, { random, federation }) => {
    const change = apply(block.payload, random);
    if (change === null) return null;
    const payload = { ...block.payload, ...change };
    return { block: { ...block, payload: rehashed ? federation.rehash(payload, block.parentRoot) : payload } };
  },
});

const number = (value: number, world: FuzzWorld): number => Number(otherNumber(BigInt(value), world.random, 50));

const LINKAGE: readonly BlockMutation[] = [
  ...LINKED_MUTATIONS.map((mutation) => inPayload(mutation)),
  inPayload(RANDAO_MUTATION),
  blockFields('height', ({ height }, world) => ({ height: blockHeight(number(height, world)) })),
  blockFields('certificate of another slot', ({ certificate }, world) => ({
    certificate: { ...certificate, slot: slot(number(certificate.slot, world)) },
  })),
  blockFields('certificate of another block', ({ certificate }, { random }) => ({
    certificate: { ...certificate, blockRoot: random.flipHex(certificate.blockRoot) as BlockRoot },
  })),
  blockFields('parent is the grandparent', (_, { federation }) => ({
    parentRoot: (federation.chain.at(-2) as RootedBlock).root,
  })),
  blockFields('slot not above the parent’s', (_, { federation }) => {
    const at = federation.head.signedBlock.block.slot;
    return { slot: at, proposer: authorityIndex(at % AUTHORITIES) };
  }),
];

/** The block as that slot's authority would have made it, but for its state. */
function movedTo(block: Block, at: number, { federation }: FuzzWorld): Block {
  const payload = {
    ...block.payload,
    timestampS: timestampOfSlot(slot(at), SLOT_MS),
    prevRandao: prevRandaoOf(block.parentRoot, slot(at)),
    feeRecipient: evmAddress(federation.feeRecipientAt(at)),
  };
  return {
    ...block,
    slot: slot(at),
    proposer: authorityIndex(at % AUTHORITIES),
    payload: federation.rehash(payload, block.parentRoot),
  };
}

const TURN: readonly BlockMutation[] = [
  {
    name: 'a slot to come',
    apply: ({ signedBlock: { block } }, world) => ({
      block: movedTo(block, world.slot + 2 + Number(world.random.big(20)), world),
    }),
  },
  blockFields('another proposer', ({ proposer }, { random }) => ({
    proposer: authorityIndex((proposer + 1 + random.integer(AUTHORITIES - 1)) % AUTHORITIES),
  })),
  blockFields('a proposer who is no authority', (_, { random }) => ({
    proposer: authorityIndex(AUTHORITIES + random.integer(11)),
  })),
  inPayload({ name: 'fees to another', apply: (_, random) => ({ feeRecipient: evmAddress(random.hex(20)) }) }),
];

const SIGNATURE: readonly BlockMutation[] = [
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

const CERTIFICATE: readonly BlockMutation[] = [
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
  certificate('an authority in both sets', ({ certificate: { cleanVoters } }) => ({ otherVoters: cleanVoters })),
  certificate('a voter who is no authority', ({ certificate: { cleanVoters } }, { random }) => ({
    cleanVoters: (cleanVoters | (1 << (AUTHORITIES + random.integer(11)))) as typeof cleanVoters,
  })),
  certificate('votes for another network', ({ certificate: { blockRoot, slot: at } }, { federation }) => ({
    signature: federation.keys.scheme.aggregate(
      [1, 2, 3].map((voter) => federation.vote(voter, blockRoot, at, true, 'e1'.repeat(32)).signature),
    ),
  })),
];

/** Changes one deposit and its mint alike, so that only the members' approval can tell. */
const deposit = (
  name: string,
  change: (pegIn: CertifiedPegIn, world: FuzzWorld) => Partial<CertifiedPegIn>,
  execution: 'changed' | 'unchanged' = 'unchanged',
): BlockMutation => ({
  name,
  apply: ({ signedBlock: { block } }, world) => {
    const at = world.random.integer(block.pegIns.length);
    const pegIn = block.pegIns[at];
    if (pegIn === undefined) return null;
    const pegIns = block.pegIns.with(at, { ...pegIn, ...change(pegIn, world) });
    if (execution === 'unchanged') return { block: { ...block, pegIns } };
    const payload = {
      ...block.payload,
      withdrawals: pegIns.map((each, i) => withdrawalFor(each, world.federation.mintCount + BigInt(i))),
    };
    return { block: { ...block, pegIns, payload: world.federation.rehash(payload, block.parentRoot) } };
  },
});

const APPROVAL: readonly BlockMutation[] = [
  deposit('an approval of too few', ({ certificate: signatures }) => ({
    certificate: signatures.slice(0, MEMBER_THRESHOLD - 1),
  })),
  deposit('an approval out of order', ({ certificate: signatures }) => ({ certificate: signatures.toReversed() })),
  deposit('one member twice', ({ certificate: signatures }) => ({
    certificate: signatures.flatMap((each) => [each, each]),
  })),
  deposit('a member who is none', (pegIn, { random }) => ({
    certificate: pegIn.certificate.with(-1, {
      ...memberSignature(pegIn, 1),
      member: memberIndex(3 + random.integer(250)),
    }),
  })),
  deposit('an approval for another network', (pegIn) => ({
    certificate: pegIn.certificate.map(({ member }) => memberSignature(pegIn, member, 'e1'.repeat(32))),
  })),
  deposit('an approval damaged', ({ certificate: signatures }, { random }) => ({
    certificate: signatures.map(({ member, signature }) => ({
      member,
      signature: random.flipHex(`0x${signature}`).slice(2) as typeof signature,
    })),
  })),
  deposit('an epoch to come', (_, { random }) => ({ epoch: epoch(1 + Number(random.big(50))) })),
  deposit(
    'more than was approved',
    ({ amountSats }, { random }) => ({
      amountSats: sats(amountSats + 1n + random.big(30)),
    }),
    'changed',
  ),
  deposit('another recipient', (_, { random }) => ({ recipient: evmAddress(random.hex(20)) }), 'changed'),
];

const MINTS: readonly BlockMutation[] = [
  ...[...WITHDRAWAL_MUTATIONS, ...MINT_LABEL_MUTATIONS].map((mutation) => inPayload(mutation)),
  blockFields('a deposit dropped', ({ pegIns }, { random }) =>
    pegIns.length > 0 ? { pegIns: pegIns.toSpliced(random.integer(pegIns.length), 1) } : null,
  ),
  blockFields('a deposit twice', ({ pegIns }, { random }) =>
    pegIns.length > 0 ? { pegIns: [...pegIns, random.pick(pegIns)] } : null,
  ),
  blockFields('deposits out of order', ({ pegIns }) => (pegIns.length > 1 ? { pegIns: pegIns.toReversed() } : null)),
  deposit('another output of the same transaction', ({ outpoint: old }, { random }) => {
    const { txid, vout } = splitOutpoint(old);
    return { outpoint: outpoint(txid, (vout + 1 + random.integer(9)) % 0xffff), amountSats: sats(1n) };
  }),
];

/** A deposit that the chain minted already, approved and put in order like a new one (INV-2). */
const MINTED_TWICE: BlockMutation = {
  name: 'a deposit minted before',
  apply: ({ signedBlock: { block } }, { federation, random }) => {
    const minted = federation.chain.flatMap(({ signedBlock }) => signedBlock.block.pegIns);
    const pegIns = [approved(random.pick(minted))];
    const withdrawals = pegIns.map((each, i) => withdrawalFor(each, federation.mintCount + BigInt(i)));
    const payload = federation.rehash({ ...block.payload, withdrawals }, block.parentRoot);
    return { block: { ...block, pegIns, payload } };
  },
};

const EXECUTION: readonly BlockMutation[] = [
  ...EXECUTION_MUTATIONS.map((mutation) => inPayload(mutation)),
  inPayload(
    {
      name: 'blockHash',
      apply: ({ blockHash }, random) => ({ blockHash: random.flipHex(blockHash) as typeof blockHash }),
    },
    false,
  ),
  inPayload(
    { name: 'extraData under the old hash', apply: (_, random) => ({ extraData: random.hex(1 + random.integer(32)) }) },
    false,
  ),
];

const PAYLOAD: readonly BlockMutation[] = [
  ...FORM_MUTATIONS.map((mutation) => inPayload(mutation)),
  inPayload(BLOB_TRANSACTION),
];

/** Bits flipped anywhere in the encoding; what still decodes is signed again. Payouts stay: they gate votes alone. */
const ANYWHERE: BlockMutation = {
  name: 'bytes anywhere',
  apply: ({ root, signedBlock }, { random }) => {
    const read = decodeSignedBlock(flipBytes(encodeSignedBlock(signedBlock), random));
    if (!read.ok) return null;
    const block = { ...read.value.block, pegOuts: signedBlock.block.pegOuts };
    return blockRootOf(block) === root ? null : { block };
  },
};

const orphan = (name: string, rootOf: (world: FuzzWorld) => Hex): BlockMutation => ({
  name,
  apply: ({ signedBlock: { block } }, world) => {
    const parentRoot = rootOf(world) as BlockRoot;
    return { block: { ...block, parentRoot, certificate: { ...block.certificate, blockRoot: parentRoot } } };
  },
});

/** Blocks that wait for a parent which never comes, that come too late, or that are there already. */
const ELSEWHERE: readonly BlockMutation[] = [
  orphan('an unknown parent', ({ random }) => random.hex(32)),
  {
    name: 'a final height again',
    apply: (_, { federation, random }) => {
      const { block } = (federation.chain[1 + random.integer(2)] as RootedBlock).signedBlock;
      return { block: { ...block, payload: { ...block.payload, stateRoot: random.hex(32) } } };
    },
  },
  {
    name: 'the head again',
    apply: (_, { federation }) => {
      const { block, signature } = federation.head.signedBlock;
      return { block, signature };
    },
  },
];

/** Lists and sizes beyond their bounds. */
const TOO_LARGE: readonly BlockMutation[] = [
  blockFields('17 deposits', (_, world) => ({
    pegIns: Array.from({ length: 17 }, () => world.pegIn(evmAddress(world.random.hex(20)), 10_000n)),
  })),
  inPayload({
    name: '17 mints',
    apply: (_, random) => ({
      withdrawals: Array.from({ length: 17 }, (_each, i) => ({
        index: BigInt(i),
        validatorIndex: 0n,
        address: evmAddress(random.hex(20)),
        amountGwei: 1n as never,
      })),
    }),
  }),
  blockFields('17 payouts', (_, { random }) => ({
    pegOuts: Array.from({ length: 17 }, () => {
      const id = random.hex(32).slice(2) as Block['pegOuts'][number]['id'];
      return { status: 'Confirmed' as const, id, txid: id };
    }),
  })),
  inPayload({
    name: 'a block above a frame',
    apply: (_, random) => ({
      transactions: Array.from(
        { length: 8 },
        () => `0x02${'ab'.repeat(MAX_TRANSACTION_BYTES - 1 - random.integer(9))}` as Hex,
      ),
    }),
  }),
];

/** Every block mutation; those that are dear come seldom. */
export const BLOCK_MUTATIONS: readonly BlockMutation[] = [
  ...LINKAGE,
  ...TURN,
  ...SIGNATURE,
  ...CERTIFICATE,
  ...APPROVAL,
  ...MINTS,
  MINTED_TWICE,
  ...EXECUTION,
  ...EXECUTION,
  ...PAYLOAD,
  ...ELSEWHERE,
  ...new Array<BlockMutation>(8).fill(ANYWHERE),
];
export const DEAR_MUTATIONS: readonly BlockMutation[] = TOO_LARGE;
