import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { senderThreads } from '../../../node-core/adapters/embedded-evm/senders/sender-threads.ts';
import type { Hex } from '../../../node-core/primitives/hex.ts';
import { EvmChain, TEST_NETWORK, addressOf, signed, testEvm } from '../../support/evm-chain.ts';

const { chainId } = TEST_NETWORK;
const transfers = (count: number): Promise<Hex[]> =>
  Promise.all(
    Array.from({ length: count }, (_, i) =>
      signed(i % 5, { to: addressOf(9), value: 1n, nonce: Math.floor(i / 5), gasLimit: 21_000n }),
    ),
  );

/** The threads, once they answer. */
async function threads(): Promise<typeof senderThreads> {
  const raws = await transfers(64);
  await vi.waitFor(() => expect(senderThreads.find(raws, chainId)(raws[40] as Hex)).not.toBeNull(), 20_000);
  return senderThreads;
}

describe('threads that find senders', () => {
  it('leave the first transactions to the engine, find the others, and say null for what is refused', async () => {
    const raws = await transfers(100);
    raws[50] = `${raws[50] as Hex}00`;
    const senderOf = (await threads()).find(raws, chainId);
    expect(senderOf(raws[0] as Hex)).toBeNull();
    for (const [index, raw] of raws.entries())
      if (index >= 32) expect(await senderOf(raw)).toBe(index === 50 ? null : addressOf(index % 5));
  });

  it('give a block the same result and the same refusal as the engine alone', { timeout: 30_000 }, async () => {
    const found = await threads();
    const makers = await Promise.all([testEvm(), testEvm(), testEvm()]);
    const [maker, threaded, alone] = await Promise.all(makers.map((evm) => EvmChain.on(evm)));
    if (maker === undefined || threaded === undefined || alone === undefined) throw new Error('three chains');
    const request = maker.request({
      withdrawals: Array.from({ length: 5 }, (_, i) => maker.mint(addressOf(i), 100_000_000n)),
    });
    const funding = await maker.evm.build(request);
    for (const chain of [maker, threaded, alone]) await chain.import(funding, request.parentBeaconBlockRoot);
    for (const raw of await transfers(100)) await maker.evm.submitTransaction(raw);
    const next = maker.request();
    const block = await maker.evm.build(next);
    expect(block.transactions).toHaveLength(100);
    const asked = vi.spyOn(found, 'find');
    onTestFinished(() => asked.mockRestore());
    const withThreads = await threaded.evm.execute(block, next.parentBeaconBlockRoot);
    asked.mockReturnValue(() => null);
    expect(await alone.evm.execute(block, next.parentBeaconBlockRoot)).toEqual(withThreads);
    expect(withThreads.status).toBe('VALID');
    expect(asked).toHaveBeenCalledTimes(2);
  });
});
