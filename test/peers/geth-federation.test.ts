import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { confirmedPayments } from '../flows/scenarios/pegs.ts';
import { eventually, startTestDevnet } from '../support/devnet.ts';
import { addressOf } from '../support/evm-chain.ts';
import { Geth } from '../support/geth.ts';
import { BURN_SATS } from './checked-round.ts';
import { ACCOUNTS, DESTINATION, FIRST_DEPOSIT_SATS, MixedFederation } from './mixed-federation.ts';
import { expectRoundsDone, expectSameChains } from './same-chains.ts';

const SAT = 10_000_000_000n;
/** Final heights at which geth is killed and comes back; how many blocks the chain has; and where it ends without geth's data. */
const KILLED_AT = 80;
const BACK_AT = 110;
const BLOCKS = 200;
const END = 215;

describe('a federation of three nodes, one of them on geth', () => {
  let federation: MixedFederation;
  let geth: Geth;

  beforeAll(async () => {
    const devnet = await startTestDevnet({
      execution: async (index, network) => {
        if (index !== 0) return { kind: 'embedded' };
        geth = await Geth.start(network, 'full');
        return geth.settings;
      },
    });
    federation = new MixedFederation(devnet, geth);
  });
  afterAll(async () => {
    await federation.devnet.close();
    await geth.stop();
  });

  it(
    `makes ${BLOCKS} blocks of everything, the same at each node, while geth is killed, comes back, and begins anew (INV-18)`,
    { timeout: 600_000 },
    async () => {
      for (let index = 0; index < ACCOUNTS; index++) await federation.deposit(index, FIRST_DEPOSIT_SATS);
      await eventually('the deposits to be minted', async () => {
        const balances = await Promise.all(
          Array.from({ length: ACCOUNTS }, (_, i) =>
            federation.rpc<string>(0, 'eth_getBalance', addressOf(i), 'latest'),
          ),
        );
        return balances.every((balance) => BigInt(balance) === FIRST_DEPOSIT_SATS * SAT);
      });
      await federation.liveUntil(0, KILLED_AT);

      await federation.withoutGeth(() => geth.kill());
      const killedAt = federation.final(1);
      await eventually('the first node to notice', () => federation.engine().client === 'Away');
      await federation.liveUntil(1, Math.max(BACK_AT, killedAt + 10));
      expect(federation.final(0)).toBeLessThan(killedAt + 3);
      const awayUntil = federation.final(1);

      await geth.restart();
      await eventually('the first node to catch up', () => federation.final(0) >= awayUntil);
      expect(federation.engine().client).toBe('Ready');
      federation.isGethUp = true;
      await federation.untilGethProposes(awayUntil);
      const backAt = federation.final(1);
      await federation.liveUntil(0, BLOCKS);

      await federation.withoutGeth(() => geth.startAnew());
      const anewAt = federation.final(1);
      await eventually('the first node to have led geth along all blocks', () => federation.final(0) > anewAt);
      federation.isGethUp = true;
      await federation.liveUntil(0, Math.max(END, anewAt + 12));
      await federation.untilGethProposes(anewAt);

      await federation.endRound();
      await federation.untilPegsEnd();
      const chain = await expectSameChains(federation);
      await expectRoundsDone(federation);
      console.log(chain.contents, { killedAt, awayUntil, backAt, anewAt, rounds: federation.rounds.length });
      console.log('random', Object.fromEntries(federation.kinds));

      const payments = await confirmedPayments(federation.devnet, DESTINATION);
      expect(payments).toHaveLength(federation.rounds.length);
      // Each burn but its share of the fee.
      for (const { amountSats } of payments) {
        expect(amountSats).toBeLessThan(BURN_SATS);
        expect(amountSats).toBeGreaterThan((BURN_SATS * 99n) / 100n);
      }
      expect(chain.contents.reduce((sum, { mints }) => sum + mints, 0)).toBe(federation.deposits);
      // The node on geth, and those that aren't, each put everything into blocks of their own.
      const everything = federation.rounds[0]?.map(({ kind }) => kind) ?? [];
      for (const { kinds, mints, failed } of chain.contents) {
        expect([...kinds].sort()).toEqual([...everything].sort());
        expect(Math.min(mints, failed)).toBeGreaterThan(0);
      }
      // Its third of the blocks, less what a slow machine misses.
      const withGeth = [...chain.proposers.slice(0, killedAt), ...chain.proposers.slice(backAt, BLOCKS)];
      expect(withGeth.filter((proposer) => proposer === 0).length).toBeGreaterThan(withGeth.length / 5);
      expect(federation.devnet.failures).toEqual([]);
    },
  );
});
