import { beforeEach, describe, expect, it } from 'vitest';
import { DEFAULT_EXECUTION_CONFIG } from '../../../node-core/adapters/embedded-evm/execution-config.ts';
import type { EmbeddedEvm } from '../../../node-core/adapters/embedded-evm/embedded-evm.ts';
import type { Hex } from '../../../node-core/primitives/hex.ts';
import { EvmChain, addressOf, testEvm } from '../../support/evm-chain.ts';
import { ProbeContract } from '../../support/probe.ts';

/** Loops until its gas is used up: `JUMPDEST PUSH1 0 JUMP`. */
const ENDLESS: Hex = '0x5b600056';
/** Calls itself without a loop, for ever deeper. */
const RECURSION: Hex = '0x60006000600060006000305af160006000600060006000305af1';
/** 0x09 with four thousand million rounds. */
const BLAKE2F_INPUT = `0xffffffff${'00'.repeat(208)}01`;
/** 2 ** (2^3200000 - 1) modulo the largest prime of 256 bits. */
const LONG_MODEXP = `0x${[32, 400_000, 32].map((length) => length.toString(16).padStart(64, '0')).join('')}${'2'.padStart(64, '0')}${'ff'.repeat(400_000)}${(2n ** 256n - 189n).toString(16)}`;

describe('the time of an execution', () => {
  let now = 0;
  let evm: EmbeddedEvm;
  let chain: EvmChain;

  /** Each look at the clock is some time later, so that what takes long is told by its steps alone. */
  const clock = (): number => (now += 0.05);

  beforeEach(async () => {
    now = 0;
    evm = await testEvm({
      clock,
      config: { ...DEFAULT_EXECUTION_CONFIG, rpc: { ...DEFAULT_EXECUTION_CONFIG.rpc, callTimeoutMs: 5 } },
    });
    chain = await EvmChain.on(evm);
    await chain.block({ withdrawals: [0, 1, 2].map((index) => chain.mint(addressOf(index), 1_000_000_000n)) });
  });

  it.each([
    ['a loop', ENDLESS],
    ['a recursion', RECURSION],
  ])('of a call with %s ends at its bound', async (_, code) => {
    const call = { to: addressOf(9), gas: '0x1c9c380' };
    const request = evm.request('eth_call', [call, 'latest', { [addressOf(9)]: { code } }]);
    await expect(request).rejects.toMatchObject({ body: { code: -32000, message: /execution aborted/ } });
    // What was broken off left nothing behind.
    expect(await evm.request('eth_call', [{ to: addressOf(9) }, 'latest'])).toBe('0x');
  });

  it.each([
    ['blake2f with millions of rounds', 9, `0x01c00000${BLAKE2F_INPUT.slice(10)}`],
    // 400 KB of an exponent, for which shifting it whole at each of its bits takes many minutes.
    ['modexp with a long exponent', 5, LONG_MODEXP],
  ])('of %s ends at its bound', async (_, precompile, data) => {
    const call = { to: `0x${'0'.repeat(39)}${precompile}`, data, gas: '0x2faf080' };
    await expect(evm.request('eth_call', [call, 'latest'])).rejects.toMatchObject({
      body: { message: /execution aborted/ },
    });
  });

  it('is not spent on a precompile that the gas does not pay for', async () => {
    const call = { to: `0x${'0'.repeat(39)}9`, data: BLAKE2F_INPUT, gas: '0x1c9c380' };
    await expect(evm.request('eth_call', [call, 'latest'])).rejects.toMatchObject({ body: { message: /out of gas/ } });
  });

  it('of a modexp grows with the length of its exponent and not faster', async () => {
    const real = await testEvm();
    const call = { to: `0x${'0'.repeat(39)}5`, data: LONG_MODEXP, gas: '0x2faf080' };
    const modulus = 2n ** 256n - 189n;
    // By Fermat, of a prime modulus: 2 ** (2^3200000 - 1).
    const order = modulus - 1n;
    let doubled = 1n;
    for (let bit = 0; bit < 3_200_000; bit++) doubled = (doubled * 2n) % order;
    let [expected, factor] = [1n, 2n];
    for (let rest = (doubled + order - 1n) % order; rest > 0n; rest >>= 1n) {
      if (rest & 1n) expected = (expected * factor) % modulus;
      factor = (factor * factor) % modulus;
    }
    expect(BigInt((await real.request('eth_call', [call, 'latest'])) as string)).toBe(expected);
  });

  it('lets the event loop go on meanwhile', async () => {
    let turns = 0;
    const timer = setInterval(() => turns++, 1);
    const real = await testEvm({
      config: { ...DEFAULT_EXECUTION_CONFIG, rpc: { ...DEFAULT_EXECUTION_CONFIG.rpc, callTimeoutMs: 200 } },
    });
    const overrides = { [addressOf(9)]: { code: ENDLESS } };
    await expect(
      real.request('eth_call', [{ to: addressOf(9), gas: '0x2faf080' }, 'latest', overrides]),
    ).rejects.toBeDefined();
    clearInterval(timer);
    expect(turns).toBeGreaterThan(3);
  });

  it('changes nothing of what a block gives', async () => {
    const other = await testEvm();
    const probe = await ProbeContract.deploy(chain, evm);
    await probe.send('spin', [500], { gasLimit: 3_000_000n });
    await probe.send('transient_', [7]);
    await chain.block();
    for (const { payload, parentBeaconBlockRoot } of chain.blocks) {
      expect(await other.execute(payload, parentBeaconBlockRoot)).toMatchObject({ status: 'VALID' });
    }
  });
});
