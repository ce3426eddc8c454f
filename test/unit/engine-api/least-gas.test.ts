import { getCreateAddress } from 'ethers';
import { expect, it } from 'vitest';
import { MemoryState } from '../../../node-core/adapters/embedded-evm/state/memory-state.ts';
import { leastGasOf } from '../../../node-core/adapters/engine-api/block-shares.ts';
import { addressOf, EvmChain, testEvm } from '../../support/evm-chain.ts';

const SLOTS = Array.from({ length: 10 }, (_, slot) => slot);
const byte = (value: number): string => value.toString(16).padStart(2, '0');
/** PUSH1 value, PUSH1 slot, SSTORE for each slot. */
const store = (value: number): string => SLOTS.map((slot) => `60${byte(value)}60${byte(slot)}55`).join('');

/** A contract whose slots are set at first, and cleared by each call. */
function creation(): string {
  const code = `${store(0)}00`;
  const length = code.length / 2;
  const set = store(1);
  // CODECOPY(0, after this, length), RETURN(0, length)
  const copy = (at: number): string => `60${byte(length)}60${byte(at)}60003960${byte(length)}6000f3`;
  return `0x${set}${copy(set.length / 2 + copy(0).length / 2)}${code}`;
}

it('a transaction that is refunded all that it may be takes no less of its block than its least gas', async () => {
  const state = new MemoryState();
  const chain = await EvmChain.on(await testEvm({ state }), state);
  await chain.block({ withdrawals: [chain.mint(addressOf(0), 10_000_000n)] });
  await chain.send(0, { nonce: 0, data: creation(), gasLimit: 2_000_000n });
  await chain.block();
  const contractAddress = getCreateAddress({ from: addressOf(0), nonce: 0 });

  // As much data as leaves the refund just below the fifth of the gas that it may be.
  const data = `0x${'00'.repeat(42_750)}` as const;
  const accessList = [
    { address: contractAddress, storageKeys: SLOTS.map((slot) => `0x${slot.toString(16).padStart(64, '0')}`) },
  ];
  await chain.send(0, { nonce: 1, to: contractAddress, data, accessList, gasLimit: 2_000_000n });
  const { gasUsed } = await chain.block();
  const least = leastGasOf({ to: contractAddress, data });
  const listed = 2400 + SLOTS.length * 1900;
  expect(Number(gasUsed)).toBeGreaterThanOrEqual(least);
  // With the access list counted it would be more than the block gives for it.
  expect(Number(gasUsed)).toBeLessThan(least + listed);
});
