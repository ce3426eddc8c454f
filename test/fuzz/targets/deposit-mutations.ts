import type { CertifiedPegIn } from '../../../node-core/domain/consensus/types.ts';
import { withdrawalFor } from '../../../node-core/domain/consensus/validate.ts';
import { epoch, evmAddress, memberIndex, outpoint, splitOutpoint } from '../../../node-core/primitives/ids.ts';
import { sats } from '../../../node-core/primitives/units.ts';
import { MEMBER_THRESHOLD, MEMBERS, memberSignature } from '../world/network.ts';
import type { FuzzWorld } from '../world/world.ts';
import { blockFields, type BlockMutation, inPayload, relabelled } from './block-mutation.ts';
import { MINT_LABEL_MUTATIONS, WITHDRAWAL_MUTATIONS } from './payload-mutations.ts';

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

export const APPROVAL: readonly BlockMutation[] = [
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
      member: memberIndex(MEMBERS + random.integer(250)),
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

export const MINTS: readonly BlockMutation[] = [
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

/** A deposit that the chain minted already, in a block that says and executes everything else right (INV-2). */
export const MINTED_TWICE: BlockMutation = {
  name: 'a deposit minted before',
  apply: (_, { almostValid, federation, random }) =>
    almostValid && relabelled(almostValid.reminting, federation, random),
};
