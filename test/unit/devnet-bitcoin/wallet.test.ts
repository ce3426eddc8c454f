import { describe, expect, it } from 'vitest';
import { sats } from '../../../node-core/primitives/units.ts';
import { DevnetWallet } from '../../../node-core/devnet/bitcoin/wallet/devnet-wallet.ts';
import { CREDENTIALS, MINER, type TestServer, federation, startTestServer } from './support.ts';

const FEDERATION = federation([1, 2, 3], 2);
const ALYS_ADDRESS = `0x${'ab'.repeat(20)}`;
const walletOf = ({ server }: TestServer, seed = 'alice') =>
  new DevnetWallet({ url: server.url, ...CREDENTIALS, seed });
const BTC = 100_000_000n;

describe("the devnet's wallet", () => {
  it('has the same keys for the same seed, and others for another', async () => {
    await using server = await startTestServer();
    const addresses = (seed: string) => Object.values(walletOf(server, seed).addresses);
    expect(addresses('alice')).toEqual(addresses('alice'));
    expect(new Set([...addresses('alice'), ...addresses('bob')]).size).toBe(4);
    expect(addresses('alice')).toEqual([expect.stringMatching(/^bcrt1q/), expect.stringMatching(/^bcrt1p/)]);
  });

  it('is funded by mining 101 blocks, once', async () => {
    await using server = await startTestServer();
    const wallet = walletOf(server);
    await wallet.fund(sats(10n * BTC));
    await wallet.fund(sats(10n * BTC));
    expect(server.server.chain.tip.height).toBe(101);
    // The coinbases of blocks 1 and 2: the next block is the hundredth after the second.
    expect(await wallet.balanceSats()).toBe(100n * BTC);
  });

  it.each([
    ['raw', `6a14${'ab'.repeat(20)}`],
    ['hex', `6a28${Buffer.from('ab'.repeat(20)).toString('hex')}`],
    ['0x-hex', `6a2a${Buffer.from(`0x${'ab'.repeat(20)}`).toString('hex')}`],
  ] as const)('deposits with the address in %s form', async (form, script) => {
    await using server = await startTestServer();
    const wallet = walletOf(server);
    await wallet.fund(sats(BTC));
    const { txid, feeSats } = await wallet.deposit(FEDERATION.address, sats(12_345n), ALYS_ADDRESS, {
      form,
      feeRateSatsPerVbyte: 3,
    });
    const { vout, vsize } = await server.rpc<{
      vsize: number;
      vout: { value: number; scriptPubKey: { hex: string } }[];
    }>('getrawtransaction', txid, 1);
    expect(vout[0]?.value).toBe(0.00012345);
    expect(vout[1]?.scriptPubKey.hex).toBe(script);
    expect(Number(feeSats) / vsize).toBeGreaterThanOrEqual(3);
    expect(Number(feeSats) / vsize).toBeLessThan(3.1);
  });

  it('pays several times at once without spending anything twice', async () => {
    await using server = await startTestServer();
    const wallet = walletOf(server);
    await wallet.fund(sats(BTC));
    const payments = Array.from({ length: 5 }, () => wallet.deposit(FEDERATION.address, sats(50_000n), ALYS_ADDRESS));
    const txids = (await Promise.all(payments)).map((payment) => payment.txid);
    expect(await server.rpc('getrawmempool')).toEqual(txids);
    server.server.mine(1, MINER.address);
    const { total_amount } = await server.rpc<{ total_amount: number }>('scantxoutset', 'start', [
      `addr(${FEDERATION.address})`,
    ]);
    expect(total_amount).toBe(0.0025);
  });

  it('spends and receives by P2TR too', async () => {
    await using server = await startTestServer();
    const wallet = walletOf(server);
    await wallet.fund(sats(BTC));
    await wallet.pay({ outputs: [{ address: wallet.addresses.p2tr, amountSats: sats(2n * BTC) }] });
    const { txid } = await wallet.pay({ outputs: [{ address: MINER.address, amountSats: sats(BTC) }], kind: 'p2tr' });
    const { vin } = await server.rpc<{ vin: { txinwitness: string[] }[] }>('getrawtransaction', txid, 1);
    expect(vin[0]?.txinwitness).toEqual([expect.stringMatching(/^[0-9a-f]{128}$/)]);
  });

  it('says when it has too little', async () => {
    await using server = await startTestServer();
    const wallet = walletOf(server);
    const pay = wallet.pay({ outputs: [{ address: MINER.address, amountSats: sats(BTC) }] });
    await expect(pay).rejects.toMatchObject({ code: 'NO_FUNDS' });
    await wallet.fund(sats(BTC));
    const again = wallet.pay({ outputs: [{ address: MINER.address, amountSats: sats(100n * BTC) }] });
    await expect(again).rejects.toMatchObject({ code: 'NO_FUNDS' });
  });
});
