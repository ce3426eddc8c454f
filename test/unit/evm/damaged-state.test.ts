import { join } from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import { Interface } from 'ethers';
import { expect, it } from 'vitest';
import { isWholeEntry } from '../../../node-core/adapters/embedded-evm/state/node-store.ts';
import { decodeBurns } from '../../../node-core/domain/pegout/burns.ts';
import { evmAddress, slot } from '../../../node-core/primitives/ids.ts';
import type { AlysError } from '../../../node-core/primitives/errors.ts';
import { BRIDGE, BRIDGE_ADDRESS, signed, testEvm } from '../../support/evm-chain.ts';
import { openSampleStore } from '../../support/store/open-sample-store.ts';
import { StoredChain } from '../../support/stored-chain.ts';
import { temporaryFolder } from '../../support/store/temporary-folder.ts';

const AMOUNT_WEI = 2_000_000n * 10n ** 10n;
const bridge = new Interface(JSON.stringify(BRIDGE.abi));
const EMPTY = { lastProposedSlot: null, lastVotedSlot: null, lastVotedRoot: null, lockedRoot: null, lockedSlot: null };

/** The folder of a store that holds a chain with a burn, and the block that the burn is in. */
async function storedBurn() {
  const folder = temporaryFolder();
  const store = await openSampleStore({ folder, isWholeEntry });
  const made = await StoredChain.on(store, null);
  const destination = new TextEncoder().encode('bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080');
  const data = bridge.encodeFunctionData('requestPegOut', [destination]);
  // Two deployments came before it.
  await made.extend([await signed(0, { to: BRIDGE_ADDRESS, value: AMOUNT_WEI, nonce: 2, data, gasLimit: 300_000n })]);
  const block = made.head;
  await made.extend([]);
  await store.close();
  return { folder, block, head: made.head, parent: block.blockHash };
}

/** Changes what the folder's store keeps behind the node's back, and opens it as the node does. */
async function damaged(folder: string, damage: (db: BetterSqlite3.Database) => void) {
  const db = new BetterSqlite3(join(folder, 'node.db'));
  damage(db);
  db.close();
  const fatal: AlysError[] = [];
  const store = await openSampleStore({ folder, isWholeEntry, onFatal: (error) => fatal.push(error) });
  return { store, fatal };
}

it('reads a burn back from the store as it was, and no other amount when a bit of it has flipped', async () => {
  const { folder, block } = await storedBurn();
  const burns = async (store: Awaited<ReturnType<typeof openSampleStore>>) => {
    const logs = await (await testEvm({ state: store.reader })).logs(block.blockHash, block.blockNumber);
    const where = { bridgeAddress: evmAddress(BRIDGE_ADDRESS), blockHash: block.blockHash, height: block.blockNumber };
    return decodeBurns(logs, where);
  };
  const whole = await openSampleStore({ folder, isWholeEntry });
  expect(await burns(whole)).toMatchObject([{ amountWei: AMOUNT_WEI }]);
  await whole.close();

  const { store, fatal } = await damaged(folder, (db) => {
    const data = db.prepare('SELECT data FROM receipts WHERE block_hash = ?').pluck().get(block.blockHash) as Buffer;
    const at = data.lastIndexOf(Buffer.from(AMOUNT_WEI.toString(16).padStart(64, '0'), 'hex'));
    expect(at).toBeGreaterThan(0);
    data[at + 23] = (data[at + 23] as number) ^ 1;
    db.prepare('UPDATE receipts SET data = ? WHERE block_hash = ?').run(data, block.blockHash);
  });
  await expect(burns(store)).rejects.toMatchObject({ code: 'STORE_CORRUPT' });
  expect(fatal.map(({ code }) => code)).toEqual(['STORE_CORRUPT']);
});

it('takes no node of the state and no code for another when a bit of it has flipped, and signs nothing after', async () => {
  const { folder, head, parent } = await storedBurn();
  const keys: Buffer[] = [];
  const { store, fatal } = await damaged(folder, (db) => {
    const rows = db.prepare<[], { key: Buffer; value: Buffer }>('SELECT key, value FROM state').all();
    for (const { key, value } of rows.filter((row) => row.key.length === 32)) {
      const at = keys.length % value.length;
      value[at] = (value[at] as number) ^ (1 << (keys.length % 8));
      db.prepare('UPDATE state SET value = ? WHERE key = ?').run(value, key);
      keys.push(key);
    }
  });
  expect(keys.length).toBeGreaterThan(10);
  const evm = await testEvm({ state: store.reader });
  await evm.setForkchoice({ head: head.blockHash, safe: parent, finalized: parent });
  expect(fatal).toEqual([]);
  await expect(evm.request('eth_getBalance', [BRIDGE_ADDRESS, 'latest'])).rejects.toThrow();
  expect(fatal.map(({ code }) => code)).toEqual(['STORE_CORRUPT']);
  for (const key of keys) expect(() => store.reader.get(key)).toThrow(/is not what was stored/);
  await expect(store.guard.advance('key', EMPTY, { ...EMPTY, lastProposedSlot: slot(1) })).rejects.toMatchObject({
    code: 'STORE_CORRUPT',
  });
  expect(fatal).toHaveLength(1);
});
