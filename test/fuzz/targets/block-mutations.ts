import { oddPayouts, repeatedConfirmation } from './odd-payouts.ts';
import { blockRootOf, decodeSignedBlock, encodeSignedBlock } from '../../../node-core/domain/consensus/encoding.ts';
import { MAX_TRANSACTION_BYTES } from '../../../node-core/domain/consensus/ssz.ts';
import type { Block } from '../../../node-core/domain/consensus/types.ts';
import { schnorrSignature } from '../../../node-core/domain/federation/schnorr.ts';
import type { Hex } from '../../../node-core/primitives/hex.ts';
import {
  authorityIndex,
  blockHeight,
  type BlockRoot,
  epoch,
  evmAddress,
  memberIndex,
  slot,
} from '../../../node-core/primitives/ids.ts';
import type { RootedBlock } from '../world/federation.ts';
import { AUTHORITIES } from '../world/network.ts';
import type { FuzzWorld } from '../world/world.ts';
import { blockFields, type BlockMutation, inPayload, relabelled } from './block-mutation.ts';
import { APPROVAL, MINTED_TWICE, MINTS } from './deposit-mutations.ts';
import { flipBytes } from './mutate-bytes.ts';
import {
  BLOB_TRANSACTION,
  EXECUTION_MUTATIONS,
  FORM_MUTATIONS,
  LINKED_MUTATIONS,
  otherNumber,
  RANDAO_MUTATION,
} from './payload-mutations.ts';
import { CERTIFICATE, SIGNATURE } from './signature-mutations.ts';

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

const TURN: readonly BlockMutation[] = [
  {
    name: 'a slot to come',
    apply: (_, { almostValid, federation, random }) => almostValid && relabelled(almostValid.early, federation, random),
  },
  blockFields('one of the next slots, out of turn', ({ proposer }, { slot: now, random }) => {
    const next = Array.from({ length: 4 }, (_, i) => now + 1 + i).filter((at) => at % AUTHORITIES !== proposer);
    return { slot: slot(random.pick(next)) };
  }),
  blockFields('another proposer', ({ proposer }, { random }) => ({
    proposer: authorityIndex((proposer + 1 + random.integer(AUTHORITIES - 1)) % AUTHORITIES),
  })),
  blockFields('a proposer who is no authority', (_, { random }) => ({
    proposer: authorityIndex(AUTHORITIES + random.integer(11)),
  })),
  inPayload({ name: 'fees to another', apply: (_, random) => ({ feeRecipient: evmAddress(random.hex(20)) }) }),
];

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

const PAYOUTS: readonly BlockMutation[] = [
  blockFields('payouts of no form', (_, { random }) => ({ pegOuts: oddPayouts(random) })),
  blockFields('a confirmation twice', (_, { random }) => ({ pegOuts: repeatedConfirmation(random) })),
];

const MEMBERS: readonly BlockMutation[] = [
  blockFields('a member change that nobody signed', ({ height, payload }, { random }) => ({
    federationUpdates: [
      {
        update: JSON.stringify({
          activationHeight: height + 1 + random.integer(20),
          epoch: random.integer(3),
          handover: { fromBitcoinHeight: 0, untilBitcoinHeight: 1_000_000 },
          members: [{ name: 'mallory', bitcoinKey: random.hex(32).slice(2), identityKey: random.hex(32).slice(2) }],
        }),
        messageId: random.hex(16).slice(2),
        epoch: epoch(0),
        expiresAtMs: payload.timestampS * 1000 + 60_000,
        signatures: [{ member: memberIndex(0), signature: schnorrSignature(random.hex(64).slice(2)) }],
      },
    ],
  })),
];

/** Bits flipped anywhere in the encoding; what still decodes is signed again. Payouts stay: their form is their own mutation's. */
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
  ...PAYOUTS,
  ...MEMBERS,
  ...ELSEWHERE,
  ...new Array<BlockMutation>(8).fill(ANYWHERE),
];
export const DEAR_MUTATIONS: readonly BlockMutation[] = TOO_LARGE;
