import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bytesToBareHex } from '../../../node-core/primitives/hex.ts';
import { type Txid } from '../../../node-core/primitives/ids.ts';
import { startRegtestServer } from '../../../node-core/devnet/bitcoin/server.ts';
import { callRpc } from '../../../node-core/devnet/bitcoin/wallet/rpc-client.ts';
import {
  CREDENTIALS,
  MINER,
  MINER_KEY,
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

let dataDir: string;
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'regtest-'));
});
afterEach(() => rm(dataDir, { recursive: true, force: true }));

const spend = (coin: Utxo, fee = 1_000n): Uint8Array =>
  signedByKey({ inputs: [coin], outputs: [{ script: MINER.script, amountSats: coin.amountSats - fee }] }, MINER_KEY);

const picture = async (test: TestServer) => ({
  info: await test.rpc('getblockchaininfo'),
  mempool: await test.rpc('getrawmempool', true),
  tips: await test.rpc('getchaintips'),
  unspent: [...test.server.chain.coins.entries()].map(([at, coin]) => `${at}=${coin.output.amountSats}`).toSorted(),
});

describe('a restart', () => {
  it('finds the chain with its branches and marks, the unspent outputs and the mempool as they were', async () => {
    const first = await startFundedServer(2, { dataDir });
    const [coin, other] = first.coins as [Utxo, Utxo];
    await first.rpc('sendrawtransaction', bytesToBareHex(spend(coin)));
    const [left] = first.server.mine(2, MINER.address);
    await first.rpc('invalidateblock', left);
    first.server.mine(1, keyOutput(privateKey(3)).address);
    const parent = spend(other);
    await first.rpc('sendrawtransaction', bytesToBareHex(parent));
    await first.rpc('sendrawtransaction', bytesToBareHex(spend(outputOf(parent, 0))));
    const before = await picture(first);
    await first.server.close();

    await using second = await startTestServer({ dataDir });
    expect(await picture(second)).toEqual(before);
    await second.rpc('reconsiderblock', left);
    expect(await second.rpc('getblockcount')).toBe(104);
  });

  it('keeps the order in which a reorg put transactions back', async () => {
    const first = await startFundedServer(1, { dataDir });
    const parent = spend(first.coins[0] as Utxo);
    await first.rpc('sendrawtransaction', bytesToBareHex(parent));
    const [hash] = first.server.mine(1, MINER.address);
    await first.rpc('sendrawtransaction', bytesToBareHex(spend(outputOf(parent, 0))));
    await first.rpc('invalidateblock', hash);
    const before = await first.rpc('getrawmempool');
    expect(before).toHaveLength(2);
    await first.server.close();
    await using second = await startTestServer({ dataDir });
    expect(await second.rpc('getrawmempool')).toEqual(before);
  });

  it('is refused while another server has the folder open', async () => {
    await using first = await startTestServer({ dataDir });
    await expect(startRegtestServer({ dataDir, ...CREDENTIALS })).rejects.toMatchObject({ code: 'STORE_LOCKED' });
    first.server.mine(1, MINER.address);
  });

  it('is refused on a file that is no store', async () => {
    await writeFile(join(dataDir, 'regtest.sqlite'), 'x'.repeat(5_000));
    await expect(startRegtestServer({ dataDir, ...CREDENTIALS })).rejects.toMatchObject({ code: 'STORE_UNREADABLE' });
  });

  it('is needed once the store has failed: nothing more is acknowledged', async () => {
    const test = await startTestServer({ dataDir });
    test.server.node.close(); // takes the store away, as a failing disk does
    expect((await test.ask('generatetoaddress', 1, MINER.address)).error?.code).toBe(-1);
    expect((await test.ask('getblockcount')).error?.message).toMatch(/store failed/);
    await test.server.close();
  });
});

describe('kill -9', () => {
  const script = fileURLToPath(new URL('server-process.ts', import.meta.url));
  let child: ChildProcess;
  afterEach(() => child.kill('SIGKILL'));

  async function startProcess(): Promise<(method: string, ...params: readonly unknown[]) => Promise<unknown>> {
    child = spawn(process.execPath, [script, dataDir], { stdio: ['ignore', 'pipe', 'inherit'] });
    if (child.stdout === null) throw new Error('the process has an output');
    const [url] = (await once(createInterface(child.stdout), 'line')) as [string];
    return (method, ...params) => callRpc({ url, ...CREDENTIALS }, method, params);
  }

  it.each([3, 10, 25])(
    'after %i acknowledgements, in the midst of the next call, loses none of them',
    async (acknowledged) => {
      const rpc = await startProcess();
      await rpc('generatetoaddress', 150, MINER.address);
      const blocks: string[] = [];
      const transactions: Txid[] = [];
      for (let i = 0; i < acknowledged; i++) {
        if (i % 3 === 2) {
          blocks.push(...((await rpc('generatetoaddress', 2, MINER.address)) as string[]));
          continue;
        }
        const coin = await coinAt(rpc, i + 1);
        transactions.push((await rpc('sendrawtransaction', bytesToBareHex(spend(coin)))) as Txid);
      }
      const inFlight = rpc('generatetoaddress', 50, MINER.address).catch(() => undefined);
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
      await inFlight;

      await using after = await startTestServer({ dataDir });
      const { chain, node } = after.server;
      expect(blocks.filter((hash) => chain.node(hash) === undefined)).toEqual([]);
      expect(transactions.filter((id) => node.mempool.get(id) === undefined && chain.locate(id) === undefined)).toEqual(
        [],
      );
      // The call that was cut is done as a whole or not at all.
      expect([150 + blocks.length, 200 + blocks.length]).toContain(chain.tip.height);
      after.server.mine(1, MINER.address);
      expect(coinbaseOf(after.server, chain.tip.height).amountSats).toBeGreaterThan(0n);
    },
  );

  async function coinAt(
    rpc: (method: string, ...params: readonly unknown[]) => Promise<unknown>,
    height: number,
  ): Promise<Utxo> {
    const block = (await rpc('getblock', await rpc('getblockhash', height), 2)) as { tx: { hex: string }[] };
    return outputOf(Buffer.from(block.tx[0]?.hex ?? '', 'hex'), 0);
  }
});
