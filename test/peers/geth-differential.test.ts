import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ExecutionPayload } from '../../node-core/domain/consensus/types.ts';
import type { EthApiPort } from '../../node-core/ports/eth-api.ts';
import type { ExecutionPort } from '../../node-core/ports/execution.ts';
import { ServiceError } from '../../node-core/primitives/errors.ts';
import type { BlockRoot } from '../../node-core/primitives/ids.ts';
import { EvmChain, TEST_NETWORK, addressOf, signed, testEvm } from '../support/evm-chain.ts';
import { Geth } from '../support/geth.ts';
import { RandomTransactions } from '../support/random-transactions.ts';
import { seededRandom } from '../support/seeded-random.ts';

type Client = ExecutionPort & EthApiPort;
const BLOCKS = 200;
const ACCOUNTS = 8;
/** Where geth is killed, and where it is started again. */
const KILLED_AT = 90;
const BACK_AT = 100;

interface Made {
  readonly payload: ExecutionPayload;
  readonly parentBeaconBlockRoot: BlockRoot;
}

describe('geth and two embedded EVMs, without the rest of their nodes', () => {
  let geth: Geth;
  let external: Client;
  const embedded: Client[] = [];

  beforeAll(async () => {
    geth = await Geth.start(TEST_NETWORK);
    embedded.push(await testEvm(), await testEvm());
    external = geth.engine(await (embedded[0] as Client).genesis());
    await external.genesis();
  });
  afterAll(() => geth.stop());

  const lead = async (client: Client, { payload, parentBeaconBlockRoot }: Made): Promise<void> => {
    const status = await client.execute(payload, parentBeaconBlockRoot);
    expect(status, `block ${payload.blockNumber}`).toMatchObject({ status: 'VALID' });
    await client.setForkchoice({ head: payload.blockHash, safe: payload.parentHash, finalized: payload.parentHash });
  };

  /** As EngineActor does: a block that the client finds out not to have any more is executed again. */
  const follow = async (client: Client, made: Made): Promise<void> => {
    try {
      await lead(client, made);
    } catch (error) {
      if (!(error instanceof ServiceError) || error.code !== 'UNKNOWN_BLOCK') throw error;
      await lead(client, made);
    }
  };

  it(
    `agree on ${BLOCKS} blocks of all kinds of transactions, while geth is killed and comes back (INV-18)`,
    { timeout: 600_000 },
    async () => {
      const first = embedded[0] as Client;
      const chain = await EvmChain.on(first);
      const random = seededRandom(Number(process.env['PEERS_SEED'] ?? 1));
      const source = new RandomTransactions(random);
      const kinds = new Map<string, number>();
      const proposed = { geth: 0, embedded: 0, gethTransactions: 0, succeeded: 0, failed: 0 };
      let isGethUp = true;

      for (let number = 1; number <= BLOCKS; number++) {
        if (number === KILLED_AT) {
          await geth.kill();
          isGethUp = false;
        }
        if (number === BACK_AT) {
          await geth.restart();
          for (const made of chain.blocks) await follow(external, made);
          isGethUp = true;
        }
        const clients = isGethUp ? [external, ...embedded] : embedded;
        for (let index = 0; index < ACCOUNTS; index++) {
          if (number === 1) break;
          const nonces = await Promise.all(
            ['latest', 'pending'].map((at) => first.request('eth_getTransactionCount', [addressOf(index), at])),
          );
          // What a proposer left out is proposed again before the account sends more.
          if (nonces[0] !== nonces[1]) continue;
          for (let i = 0; i < 1 + Math.floor(random() * 4); i++) {
            const { kind, request } = source.next();
            const raw = await signed(index, { ...request, nonce: Number(nonces[0]) + i });
            const taken = await first.submitTransaction(raw).catch(() => null);
            if (taken === null) break;
            kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
            for (const client of clients) if (client !== first) await client.submitTransaction(raw).catch(() => null);
          }
        }
        const proposer = clients[number % clients.length] as Client;
        const isGeth = proposer === external;
        const withdrawals =
          number === 1
            ? Array.from({ length: ACCOUNTS }, (_, index) => chain.mint(addressOf(index), 1_000_000_000_000n))
            : random() < 0.3
              ? [chain.mint(addressOf(Math.floor(random() * 40)), BigInt(Math.floor(random() * 100_000)))]
              : [];
        const request = chain.request({ withdrawals, timeBudgetMs: isGeth ? 400 : 5000 });
        const payload = await proposer.build(request);
        const made = { payload, parentBeaconBlockRoot: request.parentBeaconBlockRoot };
        await chain.import(payload, made.parentBeaconBlockRoot);
        for (const client of clients) if (client !== first) await follow(client, made);

        proposed[isGeth ? 'geth' : 'embedded']++;
        if (isGeth) proposed.gethTransactions += payload.transactions.length;
        const receipts = await Promise.all(
          clients.map((client) => client.request('eth_getBlockReceipts', [payload.blockHash])),
        );
        const [reference] = receipts as { status: string; contractAddress: string | null }[][];
        for (const other of receipts) expect(other).toEqual(reference);
        for (const { status } of reference ?? []) proposed[status === '0x1' ? 'succeeded' : 'failed']++;
        const probeCodes = new Map<string, 'probe' | 'other'>();
        for (const { contractAddress } of reference ?? []) {
          if (contractAddress === null) continue;
          const code = String(await first.request('eth_getCode', [contractAddress, 'latest']));
          probeCodes.set(contractAddress, code.length > 3000 ? 'probe' : 'other');
        }
        source.learn(reference ?? [], (address) => probeCodes.get(address) ?? 'other');
      }
      console.log('proposed', proposed, 'kinds', Object.fromEntries(kinds));
      expect(proposed.geth).toBeGreaterThan(BLOCKS / 4);
      expect(proposed.gethTransactions).toBeGreaterThan(BLOCKS);
      const latest = await Promise.all(
        [external, ...embedded].map((client) => client.request('eth_getBlockByNumber', ['latest', false])),
      );
      const [head] = latest as { hash: string; stateRoot: string }[];
      expect(latest).toMatchObject(latest.map(() => ({ hash: head?.hash, stateRoot: head?.stateRoot })));
      // Wallets see the same blocks and transactions on both sides.
      for (const at of ['0x1', '0x5', '0x40', '0xc8']) {
        const [theirs, ours] = await Promise.all(
          [external, first].map((client) => client.request('eth_getBlockByNumber', [at, true])),
        );
        expect(ours).toMatchObject(theirs as object);
      }
    },
  );
});
