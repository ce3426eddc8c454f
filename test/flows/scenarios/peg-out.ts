import { Contract, JsonRpcProvider, toUtf8Bytes, Wallet } from 'ethers';
import { eventually } from '../../support/devnet.ts';
import { balanceArrives, confirmedPayments, deposit, operationOf } from './pegs.ts';
import { nodeOf, playFlow } from './play.ts';
import type { Scenario } from './scenario-result.ts';

const DEPOSIT_SATS = 20_000_000n;
const BURN_SATS = 2_000_000n;
const WEI_PER_SAT = 10_000_000_000n;
/** A P2WPKH address that no wallet of the devnet uses, so that only the payout pays it: BIP-173's program of 20 bytes of 01. */
const DESTINATION = 'bcrt1qqyqszqgpqyqszqgpqyqszqgpqyqszqgpvxat9t';

/** An ordinary ethers wallet burns; the federation pays on Bitcoin. */
export const pegOut: Scenario = (options) =>
  playFlow('peg-out', options, async ({ devnet, rpcUrl, check }) => {
    const provider = new JsonRpcProvider(rpcUrl);
    try {
      await deposit(devnet, DEPOSIT_SATS);
      const wallet = new Wallet(`0x${devnet.identity.userEvmSecret}`, provider);
      await balanceArrives(() => provider.getBalance(wallet.address), DEPOSIT_SATS * WEI_PER_SAT);
      const bridge = new Contract(
        devnet.identity.network.bridge.address,
        ['function requestPegOut(bytes) payable'],
        wallet,
      );
      const sent = (await bridge.getFunction('requestPegOut')(toUtf8Bytes(DESTINATION), {
        value: BURN_SATS * WEI_PER_SAT,
      })) as {
        readonly hash: string;
        wait(): Promise<{
          readonly status: number;
          readonly blockHash: string;
          readonly logs: readonly { readonly index: number }[];
        }>;
      };
      const receipt = await sent.wait();
      check('the burn succeeded', receipt.status === 1, sent.hash);
      const operationId = `peg-out:${receipt.blockHash}:${receipt.logs[0]?.index ?? 0}`;
      const done = await eventually(
        'the peg-out to be completed',
        () => {
          const operation = operationOf(nodeOf(devnet), operationId);
          return operation?.terminal === true ? operation : null;
        },
        120_000,
      );
      check('the operation is completed', done.state === 'Completed', done.state);
      const payments = await confirmedPayments(devnet, DESTINATION);
      const [payment] = payments;
      check('Bitcoin pays the destination once', payments.length === 1, `${payments.length} payments`);
      const fee = BigInt(done.feeSats ?? '-1');
      check(
        'the payment is the burn less its fee share',
        payment !== undefined && payment.amountSats === BURN_SATS - fee,
        `${payment?.amountSats ?? 0n} sat, fee ${fee} sat`,
      );
      return `tx:${sent.hash}`;
    } finally {
      provider.destroy();
    }
  });
