import { hex } from '@scure/base';
import { Transaction, p2wpkh } from '@scure/btc-signer';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { secp256k1 } from '@noble/curves/secp256k1.js';
import type { BitcoinPort } from '../../../node-core/ports/bitcoin.ts';
import { bitcoinBlockHash, bitcoinHeight } from '../../../node-core/primitives/ids.ts';
import { type BitcoinPeer, type StartBitcoinPeer, portOf } from '../../support/bitcoin/peer.ts';

const REGTEST = { bech32: 'bcrt', pubKeyHash: 0x6f, scriptHash: 0xc4, wif: 0xef };
const REGTEST_GENESIS = '0f9188f13cb7b2c71f2a335e3a4fc328bf5beb436012afca590b1a11466e2206';
const KEY = hex.decode('42'.repeat(32));
const WALLET = p2wpkh(secp256k1.getPublicKey(KEY), REGTEST);
const MATURITY = 100;
const MINED = MATURITY + 10;

/** What the node needs of every server that speaks Core's JSON-RPC, seen through its Bitcoin port. */
export function bitcoinContract(name: string, start: StartBitcoinPeer): void {
  describe(`${name} keeps the Bitcoin port's contract`, () => {
    let peer: BitcoinPeer;
    let bitcoin: BitcoinPort;

    beforeAll(async () => {
      peer = await start(WALLET.address as string);
      bitcoin = portOf(peer);
      await peer.mine(MINED);
    });
    afterAll(() => peer.stop());

    const coinbaseAt = async (height: number): Promise<Transaction> => {
      const { transactions } = await bitcoin.getBlock(await bitcoin.getBlockHash(bitcoinHeight(height)));
      return Transaction.fromRaw(hex.decode(transactions[0] as string), {
        allowUnknownInputs: true,
        allowUnknownOutputs: true,
        disableScriptCheck: true,
      });
    };

    /** Spends the whole coinbase of a height, less a fee, back to the wallet. */
    const spend = async (height: number, feeSats: bigint): Promise<string> => {
      const coinbase = await coinbaseAt(height);
      const amount = coinbase.getOutput(0).amount as bigint;
      const transaction = new Transaction();
      transaction.addInput({
        txid: coinbase.id,
        index: 0,
        sequence: 0xfffffffd,
        witnessUtxo: { script: WALLET.script, amount },
      });
      transaction.addOutputAddress(WALLET.address as string, amount - feeSats, REGTEST);
      transaction.sign(KEY);
      transaction.finalize();
      return transaction.hex;
    };

    it('tells its network and its tip', async () => {
      const before = await bitcoin.getTip();
      expect(before.chain).toBe('regtest');
      expect(before.hash).toBe(await bitcoin.getBlockHash(before.height));
      await peer.mine(1);
      const after = await bitcoin.getTip();
      expect(after.height).toBe(before.height + 1);
      expect((await bitcoin.getBlock(after.hash)).previousHash).toBe(before.hash);
    });

    it('gives every block whole, from genesis on, each linked to the one before', async () => {
      expect(await bitcoin.getBlockHash(bitcoinHeight(0))).toBe(REGTEST_GENESIS);
      let previousHash: string | null = null;
      for (let height = 0; height <= 5; height++) {
        const hash = await bitcoin.getBlockHash(bitcoinHeight(height));
        const block = await bitcoin.getBlock(hash);
        expect(block).toMatchObject({
          hash,
          height,
          previousHash,
          transactions: [expect.stringMatching(/^[0-9a-f]+$/)],
        });
        previousHash = hash;
      }
    });

    it('pays the miner in the coinbase', async () => {
      expect((await coinbaseAt(1)).getOutput(0)).toMatchObject({ script: WALLET.script, amount: 5_000_000_000n });
    });

    it('has nothing above its tip, and no unknown block', async () => {
      await expect(bitcoin.getBlockHash(bitcoinHeight(1_000_000))).rejects.toMatchObject({ code: 'BITCOIN_NOT_FOUND' });
      await expect(bitcoin.getBlock(bitcoinBlockHash('ab'.repeat(32)))).rejects.toMatchObject({
        code: 'BITCOIN_NOT_FOUND',
      });
    });

    it('takes a transaction, takes it again, and mines it', async () => {
      const transaction = await spend(1, 10_000n);
      expect(await bitcoin.testMempoolAccept(transaction)).toEqual({ allowed: true, reason: null });
      const { txid } = await bitcoin.broadcast(transaction);
      expect(await bitcoin.testMempoolAccept(transaction)).toEqual({ allowed: true, reason: null });
      expect((await bitcoin.broadcast(transaction)).txid).toBe(txid);
      await peer.mine(1);
      const { hash } = await bitcoin.getTip();
      expect((await bitcoin.getBlock(hash)).transactions[1]).toBe(transaction);
      expect(await bitcoin.broadcast(transaction)).toEqual({ txid, alreadyKnown: true });
    });

    it('refuses a spent output, an immature coinbase and a wrong signature, each with a reason', async () => {
      const first = await spend(2, 10_000n);
      await bitcoin.broadcast(first);
      await peer.mine(1);
      const { height } = await bitcoin.getTip();
      const immature = await spend(height - 1, 10_000n);
      const unsigned = Transaction.fromRaw(hex.decode(await spend(3, 10_000n)));
      unsigned.updateInput(0, { finalScriptWitness: [new Uint8Array(71), secp256k1.getPublicKey(KEY)] }, true);
      for (const transaction of [await spend(2, 20_000n), immature, unsigned.hex]) {
        const { allowed, reason } = await bitcoin.testMempoolAccept(transaction);
        expect(allowed).toBe(false);
        expect(reason).toMatch(/\w/);
        await expect(bitcoin.broadcast(transaction)).rejects.toMatchObject({
          code: 'BITCOIN_RPC',
          detail: { rpcCode: expect.any(Number) },
        });
      }
    });

    it('replaces a transaction by one that pays more, and by none that pays less (BIP-125)', async () => {
      const [low, high, lower] = [await spend(4, 10_000n), await spend(4, 50_000n), await spend(4, 5_000n)];
      await bitcoin.broadcast(low);
      await expect(bitcoin.broadcast(lower)).rejects.toMatchObject({ code: 'BITCOIN_RPC' });
      const { txid } = await bitcoin.broadcast(high);
      await peer.mine(1);
      const { hash } = await bitcoin.getTip();
      expect((await bitcoin.getBlock(hash)).transactions.slice(1)).toEqual([high]);
      expect((await bitcoin.broadcast(high)).txid).toBe(txid);
    });

    it('has an estimate in whole sat/vB, or none', async () => {
      const estimate = await bitcoin.estimateFeeRate(2);
      expect(estimate === null || (Number.isInteger(estimate) && estimate > 0)).toBe(true);
    });

    it('refuses a wrong password', async () => {
      await expect(portOf(peer, { password: 'wrong' }).getTip()).rejects.toMatchObject({
        code: 'BITCOIN_UNAUTHORIZED',
      });
    });

    it('answers many requests at once', async () => {
      const heights = Array.from({ length: 60 }, (_, index) => bitcoinHeight(index));
      const blocks = await Promise.all(
        heights.map(async (height) => bitcoin.getBlock(await bitcoin.getBlockHash(height))),
      );
      expect(blocks.map(({ height }) => height)).toEqual(heights);
    });
  });
}
