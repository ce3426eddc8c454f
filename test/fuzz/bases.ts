import type { RootedBlock } from './world/federation.ts';
import type { FuzzWorld } from './world/world.ts';
import { addressOf } from '../support/evm-chain.ts';
import { FIRST_PAYEE, PAYEES } from './world/payments.ts';
import { AUTHORITIES, OWN_INDEX } from './world/network.ts';

const DEPOSITS = 3;
const TRANSACTIONS = 1;

/**
 * Valid blocks on the head that nobody has seen: empty, with mints, with transactions, with both. Their slots are behind
 * the node's clock and none is the node's own.
 */
export async function makeBases(world: FuzzWorld): Promise<readonly RootedBlock[]> {
  const { federation, random } = world;
  const first = federation.head.signedBlock.block.slot + 1;
  const slots = Array.from({ length: AUTHORITIES + 1 }, (_, i) => first + i).filter(
    (slot) => slot % AUTHORITIES !== OWN_INDEX,
  );
  const deposits = () =>
    Array.from({ length: DEPOSITS }, () =>
      world.pegIn(addressOf(FIRST_PAYEE + random.integer(PAYEES)), 10_000n + BigInt(random.integer(100_000))),
    );
  const bases: RootedBlock[] = [];
  for (const [at, slot] of slots.entries()) {
    bases.push(await federation.propose(slot, at % 2 === 1 ? deposits() : []));
    for (let i = 0; i < TRANSACTIONS; i++) await world.paySomething();
    bases.push(await federation.propose(slot, at % 2 === 0 ? deposits() : []));
  }
  world.enterSlot(lastPeerSlot(first + AUTHORITIES));
  const minted = federation.chain.flatMap(({ signedBlock }) => signedBlock.block.pegIns);
  world.almostValid = {
    reminting: await federation.propose(slots[0] as number, [random.pick(minted)]),
    early: await federation.propose(lastPeerSlot(world.slot + 16)),
  };
  return bases;
}

/** A slot in which the node has nothing to propose: this one or the next. */
const lastPeerSlot = (slot: number): number => (slot % AUTHORITIES === OWN_INDEX ? slot + 1 : slot);
