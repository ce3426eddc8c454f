import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, it } from 'vitest';
import { DEFAULT_EXECUTION_CONFIG } from '../../../node-core/adapters/embedded-evm/execution-config.ts';
import { genesisAllocation, genesisState } from '../../../node-core/adapters/embedded-evm/genesis.ts';
import { NodeStore } from '../../../node-core/adapters/embedded-evm/state/node-store.ts';
import type { ReadNode } from '../../../node-core/adapters/embedded-evm/state/trie.ts';
import { openReader } from '../../../node-core/adapters/sqlite/connection.ts';
import { hexToBytes } from '../../../node-core/primitives/hex.ts';
import { blockHeight } from '../../../node-core/primitives/ids.ts';
import { BRIDGE, TEST_NETWORK, addressOf, testEvm } from '../../support/evm-chain.ts';
import { stateHashes } from '../../support/state-walk.ts';
import { openSampleStore } from '../../support/store/open-sample-store.ts';
import { temporaryFolder } from '../../support/store/temporary-folder.ts';
import { StoredChain } from '../../support/stored-chain.ts';

const KEPT = 16;
type OpenStore = Awaited<ReturnType<typeof openSampleStore>>;

/** Nodes as an EVM finds them that starts on this store. */
async function reading({ reader }: Pick<OpenStore, 'reader'>): Promise<ReadNode> {
  const { nodes } = await genesisState(genesisAllocation(TEST_NETWORK, BRIDGE));
  const store = new NodeStore(reader, nodes);
  return (hash) => store.get(hash);
}

/** Hashes (hex) of the tries' nodes that the store holds, and how many blocks wait to be settled. */
function stored({ folder }: OpenStore): { readonly nodes: readonly string[]; readonly unsettled: number } {
  const db = openReader(join(folder, 'node.db'));
  try {
    return {
      nodes: db.prepare<[], string>('SELECT lower(hex(key)) FROM state WHERE places IS NOT NULL').pluck().all(),
      unsettled: db.prepare<[], number>('SELECT count(*) FROM state_changes').pluck().get() as number,
    };
  } finally {
    db.close();
  }
}

describe('pruning', () => {
  it('keeps the states of the last final blocks and of newer ones whole, and no node besides', async () => {
    const store = await openSampleStore();
    const made = await StoredChain.on(store, KEPT);
    for (let i = 0; i < 60; i++) await (i % 4 === 0 ? made.writeForked() : made.write());
    const read = await reading(store);
    const oldest = made.head.blockNumber - KEPT;
    const needed = new Set<string>();
    for (const { payload } of made.chain.slice(1)) {
      const walk = (): unknown => stateHashes(hexToBytes(payload.stateRoot), read, needed);
      if (payload.blockNumber < oldest) expect(walk).toThrow('missing');
      else walk();
      needed.delete(payload.blockNumber < oldest ? payload.stateRoot.slice(2) : '');
    }
    const left = made.left.filter(({ blockNumber }) => blockNumber > oldest);
    expect(left.length).toBeGreaterThan(0);
    for (const { stateRoot } of left) stateHashes(hexToBytes(stateRoot), read, needed);
    const { nodes, unsettled } = stored(store);
    expect(nodes.filter((hash) => !needed.has(hash))).toEqual([]);
    expect(unsettled).toBe(KEPT + left.length);
  });

  it(
    'keeps the size within a bound over 500 blocks of changing storage, and every block',
    { timeout: 60_000 },
    async () => {
      const store = await openSampleStore();
      const made = await StoredChain.on(store, KEPT);
      const read = await reading(store);
      const besides: number[] = [];
      for (let i = 1; i <= 500; i++) {
        await made.write();
        if (i % 100 > 0) continue;
        // The head's own state grows: the contract of EIP-4788 remembers 8191 blocks.
        const live = stateHashes(hexToBytes(made.head.stateRoot), read).size;
        besides.push(stored(store).nodes.length - live);
      }
      for (const nodes of besides) expect(nodes).toBeLessThan(1.5 * (besides[0] as number));
      expect(stored(store).unsettled).toBe(KEPT);
      expect(await store.port.readBlocks(blockHeight(0), 1000)).toHaveLength(made.chain.length);
    },
  );

  it('keeps every state as an archive', async () => {
    const store = await openSampleStore();
    const made = await StoredChain.on(store, null);
    for (let i = 0; i < 40; i++) await (i % 4 === 0 ? made.writeForked() : made.write());
    const read = await reading(store);
    for (const { payload } of made.chain) stateHashes(hexToBytes(payload.stateRoot), read);
  });

  it('prunes what an archive has piled up when it no longer is one, and can be one again', async () => {
    const store = await openSampleStore();
    const made = await StoredChain.on(store, null);
    for (let i = 0; i < 40; i++) await made.write();
    expect(stored(store).unsettled).toBe(made.head.blockNumber);
    expect(await made.evm.reconfigure(`{"keepStateBlocks":${KEPT}}`)).toEqual({ applied: true });
    for (let i = 0; i < 20; i++) await made.write();
    expect(stored(store).unsettled).toBe(KEPT);
    await made.evm.reconfigure('{"keepStateBlocks":null}');
    for (let i = 0; i < 20; i++) await made.write();
    expect(stored(store).unsettled).toBe(KEPT + 20);
    expect(await made.evm.reconfigure('{"keepStateBlocks":15}')).toMatchObject({
      applied: false,
      reasons: [expect.stringContaining('keepStateBlocks')],
    });
  });

  it('answers a wallet that asks for a pruned state with an error, and for its block with the block', async () => {
    const store = await openSampleStore();
    const made = await StoredChain.on(store, KEPT);
    for (let i = 0; i < 40; i++) await made.write();
    const evm = await testEvm({ state: store.reader });
    const { blockHash, parentHash, blockNumber } = made.head;
    await evm.setForkchoice({ head: blockHash, safe: parentHash, finalized: parentHash });
    const quantity = (number: number): string => `0x${number.toString(16)}`;
    const balance = (number: number): Promise<unknown> =>
      evm.request('eth_getBalance', [addressOf(0), quantity(number)]);
    const refusal = { body: { code: -32_000, message: expect.stringContaining('missing trie node') } };
    await expect(balance(5)).rejects.toMatchObject(refusal);
    await expect(balance(blockNumber - KEPT - 1)).rejects.toMatchObject(refusal);
    await expect(evm.request('eth_call', [{ to: addressOf(0) }, '0x5'])).rejects.toMatchObject(refusal);
    expect(await balance(blockNumber - KEPT)).toMatch(/^0x[1-9a-f]/);
    expect(await evm.request('eth_getBlockByNumber', ['0x5', true])).toMatchObject({ number: '0x5' });
  });

  it('has every kept state whole after kill -9 at any moment, and goes on', { timeout: 60_000 }, async () => {
    const folder = temporaryFolder();
    let height = 0;
    for (const acknowledgements of [3, 25, 40]) {
      height = await runAndKill(folder, acknowledgements);
      const store = await openSampleStore({ folder });
      const blocks = await store.port.readBlocks(blockHeight(0), 10_000);
      const head = blocks.at(-1)?.signedBlock.block.payload;
      if (head === undefined) throw new Error('nothing was stored');
      expect(head.blockNumber).toBeGreaterThanOrEqual(height);
      const read = await reading(store);
      for (const { signedBlock } of blocks) {
        const { blockNumber, stateRoot } = signedBlock.block.payload;
        if (blockNumber >= head.blockNumber - KEPT) stateHashes(hexToBytes(stateRoot), read);
      }
      expect(await store.integrityCheck()).toEqual([]);
      await store.close();
    }
    expect(height).toBeGreaterThan(2 * KEPT);
  });
});

it('keeps the states of a thousand final blocks when nothing else is set', () => {
  expect(DEFAULT_EXECUTION_CONFIG.keepStateBlocks).toBe(1024);
});

/** Makes a chain in a process of its own on the folder, killed after so many blocks; the height of the last acknowledged one. */
async function runAndKill(folder: string, acknowledgements: number): Promise<number> {
  const program = join(import.meta.dirname, 'write-blocks-until-killed.ts');
  const child = spawn(process.execPath, [program, folder, `${KEPT}`], { stdio: ['ignore', 'pipe', 'inherit'] });
  const exit = once(child, 'exit');
  let height = 0;
  let lines = 0;
  for await (const line of createInterface({ input: child.stdout })) {
    height = Number(line);
    if (++lines === acknowledgements) child.kill('SIGKILL');
  }
  expect((await exit)[1]).toBe('SIGKILL');
  return height;
}
