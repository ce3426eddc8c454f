import { createEVM } from '@ethereumjs/evm';
import { Account, Address } from '@ethereumjs/util';
import { describe, expect, it } from 'vitest';
import { chainCommon } from '../../../node-core/adapters/embedded-evm/chain-common.ts';
import { Journal } from '../../../node-core/adapters/embedded-evm/journal.ts';
import { MemoryState } from '../../../node-core/adapters/embedded-evm/state/memory-state.ts';
import { NodeStore } from '../../../node-core/adapters/embedded-evm/state/node-store.ts';
import { WorldState } from '../../../node-core/adapters/embedded-evm/state/world-state.ts';
import { bigIntOf, wordOf } from '../../../node-core/adapters/embedded-evm/words.ts';
import { seededRandom } from '../../support/seeded-random.ts';

const COMMON = chainCommon(1);
/** The third is the one that stays touched when it is reverted. */
const ADDRESSES = [1, 2, 3, 4, 5].map((index) => new Address(wordOf(BigInt(index)).subarray(12)));
const SLOTS = [0n, 1n, 2n ** 256n - 1n].map(wordOf);

type AnyJournal = Pick<
  Journal,
  | 'addAlwaysWarmAddress'
  | 'addAlwaysWarmSlot'
  | 'addWarmedAddress'
  | 'addWarmedStorage'
  | 'isWarmedAddress'
  | 'isWarmedStorage'
  | 'checkpoint'
  | 'commit'
  | 'revert'
  | 'putAccount'
  | 'cleanup'
  | 'startReportingAccessList'
  | 'accessList'
>;

async function withState(
  make: (state: WorldState) => Promise<AnyJournal> | AnyJournal,
): Promise<{ readonly journal: AnyJournal; readonly state: WorldState }> {
  const state = new WorldState(new NodeStore(new MemoryState(), []));
  return { journal: await make(state), state };
}

/** All that can be asked. */
function seen(journal: AnyJournal): unknown {
  return {
    addresses: ADDRESSES.map(({ bytes }) => journal.isWarmedAddress(bytes)),
    slots: ADDRESSES.map(({ bytes }) => SLOTS.map((slot) => journal.isWarmedStorage(bytes, slot))),
    accessList: [...(journal.accessList ?? [])].map(([address, slots]) => [address, [...slots].sort()]).sort(),
  };
}

describe('the journal', () => {
  it.each([1, 2, 3, 4, 5, 6, 7, 8])('sees what the library’s own sees after each step, seed %i', async (seed) => {
    const random = seededRandom(seed);
    const below = (end: number): number => Math.floor(random() * end);
    const mine = await withState((state) => new Journal(state));
    const theirs = await withState(async (stateManager) => (await createEVM({ common: COMMON, stateManager })).journal);
    let depth = 0;
    const steps: ((journal: AnyJournal, address: Address, slot: Uint8Array, empty: boolean) => Promise<void> | void)[] =
      [
        (journal, { bytes }) => {
          journal.addWarmedAddress(bytes);
        },
        (journal, { bytes }, slot) => {
          journal.addWarmedStorage(bytes, slot);
        },
        (journal, address) => {
          journal.addAlwaysWarmAddress(address.toString(), true);
        },
        (journal, address, slot) => {
          journal.addAlwaysWarmSlot(address.toString().slice(2), Buffer.from(slot).toString('hex'));
        },
        (journal, address, _slot, empty) => journal.putAccount(address, new Account(empty ? 0n : 1n)),
      ];
    for (const { journal } of [mine, theirs]) journal.startReportingAccessList();
    for (let round = 0; round < 400; round++) {
      const kind = below(9);
      const step = steps[below(steps.length)] as (typeof steps)[number];
      const [address, slot, empty] = [ADDRESSES[below(5)] as Address, SLOTS[below(3)] as Uint8Array, below(2) === 0];
      for (const { journal } of [mine, theirs]) {
        if (kind < 2) await journal.checkpoint();
        else if (kind === 2 && depth > 0) await journal.commit();
        else if (kind === 3 && depth > 0) await journal.revert();
        else await step(journal, address, slot, empty);
      }
      if (kind < 2) depth++;
      else if (kind < 4 && depth > 0) depth--;
      expect(seen(mine.journal)).toEqual(seen(theirs.journal));
    }
    for (; depth > 0; depth--) for (const { journal } of [mine, theirs]) await journal.commit();
    for (const { journal } of [mine, theirs]) await journal.cleanup();
    expect(seen(mine.journal)).toEqual(seen(theirs.journal));
    const left = ({ state }: typeof mine): unknown =>
      ADDRESSES.map((address) => [bigIntOf(address.bytes), state.account(address)?.nonce]);
    expect(left(mine)).toEqual(left(theirs));
  });
});
