import { describe, expect, it } from 'vitest';
import { bytesToBareHex, hexToBytes } from '../../../node-core/primitives/hex.ts';
import { sats } from '../../../node-core/primitives/units.ts';
import { type Block, encodeBlock, mineHeader, transactionsRoot } from '../../../node-core/devnet/bitcoin/block.ts';
import { assembleBlock } from '../../../node-core/devnet/bitcoin/chain/assemble.ts';
import { subsidySats } from '../../../node-core/devnet/bitcoin/regtest.ts';
import type { Tx } from '../../../node-core/devnet/bitcoin/transaction.ts';
import { decodeTx } from '../../../node-core/devnet/bitcoin/transaction.ts';
import {
  type Draft,
  MINER,
  MINER_KEY,
  START_MS,
  type TestServer,
  type Utxo,
  coinbaseOf,
  keyOutput,
  outputOf,
  privateKey,
  signedByKey,
  startFundedServer,
  startTestServer,
} from './support.ts';

const OTHER = keyOutput(privateKey(2000));

const spend = (inputs: readonly Utxo[], fields: Partial<Draft> = {}, fee = 1_000n): Uint8Array => {
  const amountSats = inputs.reduce((sum, input) => sum + input.amountSats, 0n) - fee;
  return signedByKey({ inputs, outputs: [{ script: MINER.script, amountSats }], ...fields }, MINER_KEY);
};
const send = (server: TestServer, bytes: Uint8Array) => server.rpc<string>('sendrawtransaction', bytesToBareHex(bytes));
const mempool = (server: TestServer) => server.rpc<string[]>('getrawmempool');
const confirmations = async (server: TestServer, txid: string) =>
  (await server.rpc<{ confirmations?: number }>('getrawtransaction', txid, true)).confirmations;

describe('mining', () => {
  it('pays 50 BTC, halved every 150 blocks, and the fees', async () => {
    expect([1, 149, 150, 299, 300].map(subsidySats)).toEqual([
      5_000_000_000n,
      5_000_000_000n,
      2_500_000_000n,
      2_500_000_000n,
      1_250_000_000n,
    ]);
    expect(subsidySats(150 * 64)).toBe(0n);
    await using server = await startFundedServer();
    await send(server, spend(server.coins, {}, 12_345n));
    server.server.mine(1, MINER.address);
    expect(coinbaseOf(server.server, 102).amountSats).toBe(5_000_012_345n);
  });

  it('gives blocks times after the median of the last eleven, from the clock', async () => {
    await using server = await startTestServer();
    server.server.mine(12, MINER.address);
    const nodes = Array.from({ length: 12 }, (_, i) => server.server.chain.at(i + 1));
    expect(nodes[0]?.block.header.timeSeconds).toBe(START_MS / 1000);
    for (const node of nodes) {
      const median = node?.parent?.medianTimeSeconds ?? 0;
      expect(node?.block.header.timeSeconds).toBe(Math.max(START_MS / 1000, median + 1));
    }
    server.clock.advance(60_000);
    server.server.mine(1, MINER.address);
    expect(server.server.chain.tip.block.header.timeSeconds).toBe(START_MS / 1000 + 60);
  });

  it('stops where the clock lies two hours behind the chain, with what it mined kept', async () => {
    await using server = await startTestServer();
    server.clock.advance(7_195_000);
    server.server.mine(12, MINER.address);
    server.clock.advance(-7_195_000);
    const mined = server.server.mine(100, MINER.address).length;
    expect(mined).toBeGreaterThan(0);
    expect(mined).toBeLessThan(100);
    expect(await server.rpc('getblockcount')).toBe(12 + mined);
    const { error } = await server.ask('generatetoaddress', 1, MINER.address);
    expect(error).toEqual({ code: -26, message: 'time-too-new' });
    server.clock.advance(60_000);
    expect(server.server.mine(1, MINER.address)).toHaveLength(1);
  });

  it('ends the first download for good once the tip is younger than a day', async () => {
    await using server = await startTestServer();
    const isCatchingUp = async () =>
      (await server.rpc<{ initialblockdownload: boolean }>('getblockchaininfo')).initialblockdownload;
    expect(await isCatchingUp()).toBe(true);
    server.server.mine(1, MINER.address);
    expect(await isCatchingUp()).toBe(false);
    server.clock.advance(7 * 86_400_000);
    expect(await isCatchingUp()).toBe(false);
  });

  it('takes the best payers first and parents before children', async () => {
    await using server = await startFundedServer(2);
    const [coin, other] = server.coins as [Utxo, Utxo];
    const parent = spend([coin], {}, 200n);
    const child = spend([outputOf(parent, 0)], {}, 90_000n);
    const lone = spend([other], {}, 5_000n);
    for (const bytes of [parent, lone, child]) await send(server, bytes);
    const [hash] = server.server.mine(1, MINER.address);
    const { tx } = await server.rpc<{ tx: string[] }>('getblock', hash);
    expect(tx.slice(1).toSorted()).toEqual([parent, lone, child].map((bytes) => outputOf(bytes, 0).txid).toSorted());
    expect(tx.indexOf(outputOf(parent, 0).txid)).toBeLessThan(tx.indexOf(outputOf(child, 0).txid));
    expect(await mempool(server)).toEqual([]);
  });

  it('of a chosen set leaves the rest waiting, and refuses an invalid set', async () => {
    await using server = await startFundedServer(2);
    const [coin, other] = server.coins as [Utxo, Utxo];
    const [first, second] = [spend([coin]), spend([other])];
    const firstId = await send(server, first);
    const secondId = await send(server, second);
    const { hash } = await server.rpc<{ hash: string }>('generateblock', OTHER.address, [secondId]);
    expect((await server.rpc<{ tx: string[] }>('getblock', hash)).tx.slice(1)).toEqual([secondId]);
    expect(await mempool(server)).toEqual([firstId]);
    const conflict = bytesToBareHex(spend([other], {}, 9_000n));
    const { error } = await server.ask('generateblock', OTHER.address, [conflict]);
    expect(error).toEqual({ code: -25, message: 'TestBlockValidity failed: bad-txns-inputs-missingorspent' });
    const direct = bytesToBareHex(spend([coin], {}, 2_000n));
    await server.rpc('generateblock', OTHER.address, [direct]);
    expect(await mempool(server)).toEqual([]);
  });
});

describe('a reorg', () => {
  it('puts transactions back to wait, and a longer branch confirms them again', async () => {
    await using server = await startFundedServer();
    const txid = await send(server, spend(server.coins));
    const [first] = server.server.mine(3, MINER.address);
    expect(await confirmations(server, txid)).toBe(3);
    await server.rpc('invalidateblock', first);
    expect(await server.rpc('getblockcount')).toBe(101);
    expect(await mempool(server)).toEqual([txid]);
    expect(await confirmations(server, txid)).toBeUndefined();
    server.server.mine(2, OTHER.address);
    expect(await confirmations(server, txid)).toBe(2);
    expect(await server.rpc('getblockheader', first)).toMatchObject({ confirmations: -1, height: 102 });
  });

  it('goes back to the old branch when its block is reconsidered, because that is longer', async () => {
    await using server = await startFundedServer();
    const [first, , last] = server.server.mine(3, MINER.address);
    await server.rpc('invalidateblock', first);
    server.server.mine(2, OTHER.address);
    await server.rpc('reconsiderblock', first);
    expect(await server.rpc('getbestblockhash')).toBe(last);
    expect(await server.rpc('getchaintips')).toMatchObject([
      { height: 104, hash: last, branchlen: 0, status: 'active' },
      { height: 103, branchlen: 2, status: 'valid-fork' },
    ]);
  });

  it('keeps the branch seen first while both are as long', async () => {
    await using server = await startFundedServer();
    const [first] = server.server.mine(2, MINER.address);
    await server.rpc('invalidateblock', first);
    server.server.mine(2, OTHER.address);
    const tip = await server.rpc('getbestblockhash');
    await server.rpc('reconsiderblock', first);
    expect(await server.rpc('getbestblockhash')).toBe(tip);
  });

  it('drops what was double-spent, with all that rests on it', async () => {
    await using server = await startFundedServer();
    const victim = spend(server.coins);
    const child = spend([outputOf(victim, 0)]);
    await send(server, victim);
    const [first] = server.server.mine(1, MINER.address);
    await send(server, child);
    await server.rpc('invalidateblock', first);
    expect((await mempool(server)).length).toBe(2);
    await server.rpc('generateblock', OTHER.address, [bytesToBareHex(spend(server.coins, {}, 7_000n))]);
    expect(await mempool(server)).toEqual([]);
    expect((await server.ask('getrawtransaction', outputOf(victim, 0).txid)).error?.code).toBe(-5);
  });

  it('drops what spends a coinbase that left the chain or is immature again', async () => {
    await using server = await startFundedServer(2);
    await send(server, spend([coinbaseOf(server.server, 3)]));
    await server.rpc('invalidateblock', server.server.chain.tip.hash);
    expect(await mempool(server)).toEqual([]);
  });

  it('restores the unspent outputs exactly', async () => {
    await using server = await startFundedServer(3);
    const unspent = () =>
      [...server.server.chain.coins.entries()]
        .map(([at, coin]) => `${at}=${coin.output.amountSats}@${coin.height}`)
        .sort();
    const before = unspent();
    for (const coin of server.coins) await send(server, spend([coin]));
    const [first] = server.server.mine(5, MINER.address);
    const after = unspent();
    await server.rpc('invalidateblock', first);
    expect(unspent()).toEqual(before);
    await server.rpc('reconsiderblock', first);
    expect(unspent()).toEqual(after);
  });
});

describe('a submitted block', () => {
  /** The next block of a server with changes to its parts, its root and its work made anew. */
  const forge = (server: TestServer, change: (block: Block) => Block, transactions: readonly Tx[] = []): Block => {
    const block = change(
      assembleBlock({
        parent: server.server.chain.tip,
        transactions,
        feesSats: [],
        rewardScript: MINER.script,
        nowSeconds: START_MS / 1000,
        extraNonce: 7,
      }),
    );
    return { ...block, ...mineHeader(block.header) };
  };
  const withTransactions = (block: Block, transactions: readonly Tx[]): Block => ({
    ...block,
    transactions,
    header: { ...block.header, merkleRoot: transactionsRoot(transactions) },
  });
  const submit = (server: TestServer, block: Block) =>
    server.rpc<string | null>('submitblock', bytesToBareHex(encodeBlock(block)));
  const same = (block: Block): Block => block;

  it('of another server is followed', async () => {
    await using server = await startFundedServer();
    await using follower = await startTestServer();
    await send(server, spend(server.coins));
    server.server.mine(2, MINER.address);
    for (let height = 1; height <= 103; height++) {
      const hex = await server.rpc('getblock', await server.rpc('getblockhash', height), 0);
      expect(await follower.rpc('submitblock', hex)).toBeNull();
    }
    expect(await follower.rpc('getblockchaininfo')).toEqual(await server.rpc('getblockchaininfo'));
  });

  it('is refused if it is known, has an unknown parent, or its header is wrong', async () => {
    await using server = await startFundedServer();
    const known = server.server.chain.tip.block;
    expect(await submit(server, known)).toBe('duplicate');
    const header = (fields: Partial<Block['header']>) =>
      submit(
        server,
        forge(server, (block) => ({ ...block, header: { ...block.header, ...fields } })),
      );
    expect(await header({ merkleRoot: '11'.repeat(32) })).toBe('bad-txnmrklroot');
    expect(await header({ bits: 0x1d00ffff })).toBe('bad-diffbits');
    expect(await header({ timeSeconds: 1_296_688_602 })).toBe('time-too-old');
    expect(await header({ timeSeconds: START_MS / 1000 + 7_300 })).toBe('time-too-new');
    expect(await header({ previousHash: '11'.repeat(32) as Block['hash'] })).toBe('prev-blk-not-found');
    expect(await header({ version: 1 })).toBe('bad-version(0x00000001)');
  });

  it('is refused without proof of work', async () => {
    await using server = await startTestServer();
    const block = forge(server, same);
    for (let nonce = block.header.nonce + 1; ; nonce++) {
      const lazy = { ...block, header: { ...block.header, nonce } };
      const answer = await submit(server, lazy);
      if (answer === 'high-hash') break;
      expect(answer).toBeNull(); // half of the nonces are work
    }
  });

  it('is refused with a wrong coinbase', async () => {
    await using server = await startFundedServer();
    const rich = forge(server, (block) => {
      const coinbase = block.transactions[0] as Tx;
      const amount = bytesToBareHex(coinbase.bytes).replace('00f2052a01000000', '01f2052a01000000');
      return withTransactions(block, [decodeTx(hexToBytes(amount))]);
    });
    expect(await submit(server, rich)).toBe('bad-cb-amount');
    const low = forge(server, (block) => {
      const coinbase = bytesToBareHex((block.transactions[0] as Tx).bytes).replace('0b016608', '0b016508');
      return withTransactions(block, [decodeTx(hexToBytes(coinbase))]);
    });
    expect(await submit(server, low)).toBe('bad-cb-height');
    const coinbases = forge(server, (block) => withTransactions(block, [...block.transactions, ...block.transactions]));
    expect(await submit(server, coinbases)).toBe('bad-cb-multiple');
  });

  it('is refused with transactions that are not valid there', async () => {
    await using server = await startFundedServer();
    const good = decodeTx(spend(server.coins));
    expect(
      await submit(
        server,
        forge(server, (block) => withTransactions(block, [...block.transactions, good])),
      ),
    ).toBe('bad-witness-merkle-match');
    const double = decodeTx(spend(server.coins, {}, 2_000n));
    expect(await submit(server, forge(server, same, [good, double]))).toBe('bad-txns-inputs-missingorspent');
    const immature = decodeTx(spend([coinbaseOf(server.server, 50)]));
    expect(await submit(server, forge(server, same, [immature]))).toBe('bad-txns-premature-spend-of-coinbase');
    const inflating = decodeTx(spend(server.coins, {}, -1n));
    expect(await submit(server, forge(server, same, [inflating]))).toBe('bad-txns-in-belowout');
    const locked = decodeTx(spend(server.coins, { lockTime: 5_000 }));
    expect(await submit(server, forge(server, same, [locked]))).toBe('bad-txns-nonfinal');
    const unsigned = decodeTx(
      signedByKey(
        {
          inputs: [{ ...(server.coins[0] as Utxo), amountSats: sats(1n) }],
          outputs: [{ script: MINER.script, amountSats: 1n }],
        },
        MINER_KEY,
      ),
    );
    expect(await submit(server, forge(server, same, [unsigned]))).toMatch(/^mandatory-script-verify-flag-failed/);
    expect(await submit(server, forge(server, same, [good]))).toBeNull();
  });

  it('on a side branch that proves wrong leaves the chain where it was', async () => {
    await using server = await startFundedServer();
    const [first] = server.server.mine(1, MINER.address);
    await server.rpc('invalidateblock', first);
    const thief = decodeTx(
      signedByKey(
        {
          inputs: [{ ...(server.coins[0] as Utxo), amountSats: sats(1n) }],
          outputs: [{ script: MINER.script, amountSats: 1n }],
        },
        MINER_KEY,
      ),
    );
    const bad = forge(server, same, [thief]);
    await server.rpc('reconsiderblock', first);
    expect(await submit(server, bad)).toBeNull();
    const parent = server.server.chain.node(bad.hash);
    if (parent === undefined) throw new Error('the side branch is kept');
    const plan = {
      transactions: [],
      feesSats: [],
      rewardScript: MINER.script,
      nowSeconds: START_MS / 1000,
      extraNonce: 9,
    };
    await submit(server, assembleBlock({ ...plan, parent }));
    expect(await server.rpc('getbestblockhash')).toBe(first);
    expect(await server.rpc('getchaintips')).toMatchObject([
      { height: 103, status: 'invalid' },
      { hash: first, status: 'active' },
    ]);
  });
});
