import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ChainView, devnetParameters, sats } from '../../node-core/index.ts';
import { nodeOf } from '../flows/scenarios/play.ts';
import { eventually, rawRpc, startTestDevnet, type TestDevnet } from '../support/devnet.ts';
import { addressOf, EvmChain, signed, TEST_NETWORK, testEvm } from '../support/evm-chain.ts';
import { Geth } from '../support/geth.ts';

/** Accounts that send a large transaction each; the next one sends transfers. */
const LARGE = 10;
/** Long enough for all of them to come between two blocks. */
const SLOT_MS = 4000;
const FUNDS_SATS = 5_000_000n;
const SAT = 10_000_000_000n;
/** With the signature and the other fields just under the 128 KiB that pools take. */
const DATA = `0x${'00'.repeat(130_000)}`;
/** 4 gas a byte, and what a transfer costs. */
const LARGE_GAS = 21_000n + 4n * 130_000n;
const fees = { maxFeePerGas: 20_000_000_000n, maxPriorityFeePerGas: 2_000_000n };
const large = (account: number): Promise<string> =>
  signed(account, { ...fees, to: addressOf(99), data: DATA, gasLimit: LARGE_GAS, nonce: 0 });

describe('a federation whose only builder is geth', () => {
  let devnet: TestDevnet;
  let geth: Geth;

  beforeAll(async () => {
    devnet = await startTestDevnet({
      nodes: 1,
      parameters: { ...devnetParameters, slotDurationMs: SLOT_MS },
      execution: async (_, network) => {
        geth = await Geth.start(network, 'full');
        return geth.settings;
      },
    });
  });
  afterAll(async () => {
    await devnet.close();
    await geth.stop();
  });

  const rpc = <T>(method: string, ...params: readonly unknown[]): Promise<T> =>
    rawRpc<T>(nodeOf(devnet).rpcUrl, method, params);
  const nonceOf = async (account: number): Promise<number> =>
    Number(await rpc<string>('eth_getTransactionCount', addressOf(account), 'latest'));
  const chain = (): ChainView => nodeOf(devnet).system.view('ChainActor') as ChainView;

  it(
    'loses no block to transactions of many bytes and little gas, and mines them all with what others send',
    { timeout: 300_000 },
    async () => {
      for (let index = 0; index <= LARGE; index++)
        await devnet.user.bitcoin.deposit(devnet.federationAddress, sats(FUNDS_SATS), addressOf(index));
      await eventually('the deposits to be minted', async () => {
        const accounts = Array.from({ length: LARGE + 1 }, (_, index) => addressOf(index));
        const balances = await Promise.all(accounts.map((account) => rpc<string>('eth_getBalance', account, 'latest')));
        return balances.every((balance) => BigInt(balance) === FUNDS_SATS * SAT);
      });
      const reader = nodeOf(devnet).system.read('now');
      const firstSlot = chain().slot;

      const raws = await Promise.all(Array.from({ length: LARGE }, (_, account) => large(account)));
      const waiting = new Map(raws.entries());
      const refusals: string[] = [];
      let triedAt = -1;
      let transfers = 0;
      const transfersBy: number[] = [];
      await eventually(
        'all large transactions to be mined',
        async () => {
          // What was refused is sent again after the next block.
          const { height } = chain().head;
          const again = height > triedAt ? [...waiting] : [];
          await Promise.all(
            again.map(async ([account, raw]) => {
              try {
                await rpc('eth_sendRawTransaction', raw);
                waiting.delete(account);
              } catch (error) {
                refusals.push((error as Error).message);
              }
            }),
          );
          triedAt = height;
          // One transfer after the other: each is mined before the next is sent.
          if ((await nonceOf(LARGE)) === transfers) {
            transfersBy.push(chain().head.height);
            const transfer = { ...fees, to: addressOf(99), value: 1n, nonce: transfers, gasLimit: 21_000n };
            await rpc('eth_sendRawTransaction', await signed(LARGE, transfer));
            transfers++;
          }
          const mined = await Promise.all(raws.map(async (_, account) => (await nonceOf(account)) === 1));
          return mined.every(Boolean);
        },
        200_000,
      );

      const { logs } = reader.read(0);
      expect(logs.filter(({ text }) => text.includes('makes no valid block'))).toEqual([]);
      expect(refusals.length).toBeGreaterThan(0);
      for (const refusal of refusals)
        expect(refusal).toMatch(/^eth_sendRawTransaction: txpool is full: .*send it again/);
      // A transfer is in the block after the next at the latest.
      const gaps = transfersBy.slice(1).map((height, i) => height - (transfersBy[i] ?? 0));
      expect(transfers).toBeGreaterThan(3);
      expect(Math.max(...gaps)).toBeLessThanOrEqual(3);
      const { slot, recentSlots } = chain();
      const missed = recentSlots.filter((each) => each.slot > firstSlot && each.outcome === 'missed');
      expect(missed).toEqual([]);
      console.log({ slots: slot - firstSlot, transfers, refusals: refusals.length, gaps });
      expect(devnet.failures).toEqual([]);
    },
  );
});

describe('a node that is restarted beside a geth in which large transactions wait', () => {
  it('counts them, and frees their places when they are mined', { timeout: 60_000 }, async () => {
    const geth = await Geth.start(TEST_NETWORK);
    try {
      const genesis = await (await testEvm()).genesis();
      const before = await EvmChain.on(geth.engine(genesis));
      await before.block({ withdrawals: [0, 1, 2].map((account) => before.mint(addressOf(account), FUNDS_SATS)) });
      await before.evm.submitTransaction((await large(0)) as `0x${string}`);

      const evm = geth.engine(genesis);
      const after = EvmChain.from(evm, null, before.head);
      await evm.setForkchoice({ head: before.head.blockHash, safe: genesis.blockHash, finalized: genesis.blockHash });
      const raw = (await large(1)) as `0x${string}`;
      await expect(evm.submitTransaction(raw)).rejects.toMatchObject({
        code: 'TRANSACTION_REFUSED',
        detail: { rpcCode: -32000, rpcMessage: expect.stringMatching(/^txpool is full: /) as string },
      });
      expect((await after.block({ timeBudgetMs: 3000 })).transactions).toHaveLength(1);
      await evm.submitTransaction(raw);
      expect((await after.block({ timeBudgetMs: 3000 })).transactions).toEqual([raw]);
    } finally {
      await geth.stop();
    }
  });
});
