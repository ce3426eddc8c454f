import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BridgeView, type ChainView, type EngineView, sats } from '../../node-core/index.ts';
import { evmAddress } from '../../node-core/primitives/ids.ts';
import { comparable } from '../support/comparable.ts';
import { eventually, rawRpc, startTestDevnet, type TestDevnet } from '../support/devnet.ts';
import { addressOf, BRIDGE_ADDRESS, signed } from '../support/evm-chain.ts';
import { Geth } from '../support/geth.ts';
import { RandomTransactions } from '../support/random-transactions.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { confirmedPayments } from '../flows/scenarios/pegs.ts';
import { nodeOf } from '../flows/scenarios/play.ts';

const ACCOUNTS = 4;
const DEPOSIT_SATS = 100_000_000n;
const BURN_SATS = 2_000_000n;
const SAT = 10_000_000_000n;
/** Final heights at which geth is killed, comes back, and loses everything; and where the test ends. */
const KILLED_AT = 35;
const BACK_AT = 50;
const WIPED_AT = 75;
const END = 105;
/** P2WPKH addresses that no wallet of the devnet uses. */
const BEFORE_THE_KILL = 'bcrt1qqyqszqgpqyqszqgpqyqszqgpqyqszqgpvxat9t';
const WHILE_AWAY = 'bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080';

interface Block {
  readonly hash: string;
  readonly stateRoot: string;
  readonly receiptsRoot: string;
  readonly miner: string;
  readonly transactions: readonly { readonly hash: string }[];
  readonly withdrawals: readonly unknown[];
}
interface Receipt {
  readonly status: string;
  readonly contractAddress: string | null;
}

/** Three nodes whose first runs on geth, and users who do everything that there is to do on a chain. */
class MixedFederation {
  readonly devnet: TestDevnet;
  readonly geth: Geth;
  readonly #random = seededRandom(Number(process.env['PEERS_SEED'] ?? 1));
  readonly #source = new RandomTransactions(this.#random);
  readonly kinds = new Map<string, number>();
  #learnt = 0;
  isGethUp = true;

  constructor(devnet: TestDevnet, geth: Geth) {
    this.devnet = devnet;
    this.geth = geth;
  }

  rpc<T>(index: number, method: string, ...params: readonly unknown[]): Promise<T> {
    return rawRpc<T>(nodeOf(this.devnet, index).rpcUrl, method, params);
  }
  chain(index: number): ChainView {
    return nodeOf(this.devnet, index).system.view('ChainActor') as ChainView;
  }
  engine(): EngineView {
    return nodeOf(this.devnet, 0).system.view('EngineActor') as EngineView;
  }
  final(index: number): number {
    return this.chain(index).finalized.height;
  }

  deposit(index: number): Promise<unknown> {
    const { user, federationAddress } = this.devnet;
    return user.bitcoin.deposit(federationAddress, sats(DEPOSIT_SATS), addressOf(index));
  }

  /** Users send what comes to their minds until node `index` has a final block at `height`. */
  async liveUntil(index: number, height: number): Promise<void> {
    await eventually(
      `final block ${height} at node ${index + 1}`,
      async () => {
        await this.#send();
        await this.#learn();
        return this.final(index) >= height;
      },
      240_000,
    );
  }

  async #send(): Promise<void> {
    for (let index = 0; index < ACCOUNTS; index++) {
      const [latest, pending] = await Promise.all(
        ['latest', 'pending'].map((at) => this.rpc<string>(1, 'eth_getTransactionCount', addressOf(index), at)),
      );
      if (latest !== pending) continue;
      for (let i = 0; i < 1 + Math.floor(this.#random() * 4); i++) {
        const { kind, request } = this.#source.next();
        const raw = await signed(index, { ...request, nonce: Number(latest) + i });
        // Through any node that can take it: the others get it by gossip.
        const through = this.isGethUp ? (index + i) % 3 : 1 + (index % 2);
        const taken = await this.rpc(through, 'eth_sendRawTransaction', raw).catch(() => null);
        if (taken === null) break;
        this.kinds.set(kind, (this.kinds.get(kind) ?? 0) + 1);
      }
    }
  }

  /** Later transactions call the contracts of earlier ones. */
  async #learn(): Promise<void> {
    while (this.#learnt < this.final(1)) {
      const block = await this.rpc<Block>(1, 'eth_getBlockByNumber', hex(this.#learnt + 1), false);
      const receipts = await this.rpc<Receipt[]>(1, 'eth_getBlockReceipts', block.hash);
      const codes = new Map<string, 'probe' | 'other'>();
      for (const { contractAddress } of receipts) {
        if (contractAddress === null) continue;
        const code = await this.rpc<string>(1, 'eth_getCode', contractAddress, 'latest');
        codes.set(contractAddress, code.length > 3000 ? 'probe' : 'other');
      }
      this.#source.learn(receipts, (address) => codes.get(address) ?? 'other');
      this.#learnt++;
    }
  }

  /** A burn of the last account, which sends nothing else, through node `index`. */
  async burn(index: number, nonce: number, destination: string): Promise<void> {
    const text = Buffer.from(destination).toString('hex');
    const words = ['20'.padStart(64, '0'), (text.length / 2).toString(16).padStart(64, '0'), text.padEnd(128, '0')];
    const raw = await signed(ACCOUNTS, {
      to: BRIDGE_ADDRESS,
      data: `0x9911dc74${words.join('')}`,
      value: BURN_SATS * SAT,
      nonce,
    });
    await this.rpc(index, 'eth_sendRawTransaction', raw);
  }

  /** Until a final block above `height` is of the node on geth. */
  untilGethProposes(height: number): Promise<unknown> {
    return eventually('a block of the node on geth', () =>
      this.chain(1).recentBlocks.some((block) => block.proposer === 0 && block.finalized && block.height > height),
    );
  }

  /** Blocks of one node's fee address among heights `from` to `to`. */
  async proposedBy(index: number, from: number, to: number): Promise<number> {
    const recipient = this.devnet.identity.network.authorities[0]?.members[index]?.feeRecipient ?? '';
    let count = 0;
    for (let height = from; height <= to; height++) {
      const { miner } = await this.rpc<Block>(1, 'eth_getBlockByNumber', hex(height), false);
      if (evmAddress(miner) === evmAddress(recipient)) count++;
    }
    return count;
  }
}

const hex = (value: number): string => `0x${value.toString(16)}`;

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
    'makes the same blocks everywhere, while geth is killed, comes back, and begins anew',
    { timeout: 600_000 },
    async () => {
      for (let index = 0; index <= ACCOUNTS; index++) await federation.deposit(index);
      await eventually('the deposits to be minted', async () => {
        const balances = await Promise.all(
          Array.from({ length: ACCOUNTS + 1 }, (_, i) =>
            federation.rpc<string>(0, 'eth_getBalance', addressOf(i), 'latest'),
          ),
        );
        return balances.every((balance) => BigInt(balance) === DEPOSIT_SATS * SAT);
      });
      await federation.burn(0, 0, BEFORE_THE_KILL);
      await federation.liveUntil(0, KILLED_AT);

      await geth.kill();
      federation.isGethUp = false;
      const killedAt = federation.final(1);
      await eventually('the first node to notice', () => federation.engine().client === 'Away');
      await federation.deposit(0);
      await federation.burn(1, 1, WHILE_AWAY);
      await federation.liveUntil(1, Math.max(BACK_AT, killedAt + 10));
      expect(federation.final(0)).toBeLessThan(killedAt + 3);
      const awayUntil = federation.final(1);

      await geth.restart();
      federation.isGethUp = true;
      await eventually('the first node to catch up', () => federation.final(0) >= awayUntil);
      expect(federation.engine().client).toBe('Ready');
      await federation.liveUntil(0, Math.max(WIPED_AT, awayUntil + 12));
      await federation.untilGethProposes(awayUntil);

      federation.isGethUp = false;
      await geth.startAnew();
      const anewAt = federation.final(1);
      await eventually('the first node to have led geth along all blocks', () => federation.final(0) > anewAt);
      federation.isGethUp = true;
      await federation.liveUntil(0, Math.max(END, anewAt + 15));
      await federation.untilGethProposes(anewAt);

      for (const index of [0, 1, 2]) {
        await eventually(
          `both payouts to be completed at node ${index + 1}`,
          () => {
            const view = nodeOf(federation.devnet, index).system.view('BridgeActor') as BridgeView;
            const paid = view.operations.filter(
              ({ kind, bitcoinAddress, state }) =>
                kind === 'pegOut' &&
                (bitcoinAddress === BEFORE_THE_KILL || bitcoinAddress === WHILE_AWAY) &&
                state === 'Completed',
            );
            return paid.length === 2;
          },
          120_000,
        );
      }
      for (const destination of [BEFORE_THE_KILL, WHILE_AWAY])
        expect(await confirmedPayments(federation.devnet, destination)).toHaveLength(1);
      await expectSameChains(federation);
      expect(federation.devnet.failures).toEqual([]);
    },
  );
});

/** Every final block, asked of each node's wallet endpoint: hash, state root and receipts. */
async function expectSameChains(federation: MixedFederation): Promise<void> {
  const height = Math.min(...[0, 1, 2].map((index) => federation.final(index)));
  const counts = { blocks: height, transactions: 0, succeeded: 0, failed: 0, deployed: 0, mints: 0 };
  for (let at = 1; at <= height; at++) {
    const blocks = await Promise.all(
      [0, 1, 2].map((index) => federation.rpc<Block>(index, 'eth_getBlockByNumber', hex(at), true)),
    );
    const [first] = blocks as [Block];
    for (const { hash, stateRoot, receiptsRoot } of blocks)
      expect({ hash, stateRoot, receiptsRoot }, `block ${at}`).toEqual({
        hash: first.hash,
        stateRoot: first.stateRoot,
        receiptsRoot: first.receiptsRoot,
      });
    const receipts = await Promise.all(
      [0, 1, 2].map((index) => federation.rpc<Receipt[]>(index, 'eth_getBlockReceipts', first.hash)),
    );
    for (const each of receipts) expect(comparable(each), `receipts of block ${at}`).toEqual(comparable(receipts[1]));
    counts.transactions += first.transactions.length;
    counts.mints += first.withdrawals.length;
    for (const { status, contractAddress } of receipts[1] ?? []) {
      counts[status === '0x1' ? 'succeeded' : 'failed']++;
      if (contractAddress !== null && status === '0x1') counts.deployed++;
    }
  }
  const proposed = await Promise.all([0, 1, 2].map((index) => federation.proposedBy(index, 1, height)));
  console.log('chain', counts, 'proposed', proposed, 'kinds', Object.fromEntries(federation.kinds));
  expect(counts.transactions).toBeGreaterThan(100);
  expect(Math.min(counts.succeeded, counts.failed, counts.deployed)).toBeGreaterThan(5);
  expect(counts.mints).toBe(ACCOUNTS + 2);
  // A third of the slots, less those in which geth was away and those that a slow machine misses.
  expect(proposed[0]).toBeGreaterThan(height / 10);
}
