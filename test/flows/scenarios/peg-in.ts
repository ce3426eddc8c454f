import { JsonRpcProvider } from 'ethers';
import { eventually } from '../../support/devnet.ts';
import { nodeOf, playFlow } from './play.ts';
import { deposit, operationOf } from './pegs.ts';
import type { Scenario } from './scenario-result.ts';

const AMOUNT_SATS = 5_000_000n;
const WEI_PER_SAT = 10_000_000_000n;

/** A bitcoin deposit becomes a balance on Alys. */
export const pegIn: Scenario = (options) =>
  playFlow('peg-in', options, async ({ devnet, rpcUrl, check }) => {
    const provider = new JsonRpcProvider(rpcUrl);
    try {
      const address = devnet.user.account.address;
      check('the account is empty before', (await provider.getBalance(address)) === 0n, address);
      const operationId = await deposit(devnet, AMOUNT_SATS);
      const done = await eventually(
        'the peg-in to be completed',
        () => {
          const operation = operationOf(nodeOf(devnet), operationId);
          return operation?.terminal === true ? operation : null;
        },
        120_000,
      );
      check('the operation is completed', done.state === 'Completed', done.state);
      const balance = await provider.getBalance(address);
      check('an ethers client sees the balance', balance === AMOUNT_SATS * WEI_PER_SAT, `${balance} wei`);
      return operationId;
    } finally {
      provider.destroy();
    }
  });
