import { type BridgeView, type ChainView, type EngineView, type OperationView, sats } from '../../node-core/index.ts';
import { nodeOf } from '../flows/scenarios/play.ts';
import { eventually, rawRpc, type TestDevnet } from '../support/devnet.ts';
import { addressOf, signed } from '../support/evm-chain.ts';
import type { Geth } from '../support/geth.ts';
import { RandomTransactions } from '../support/random-transactions.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { type Ask, checkedRound, type Receipt, type RoundTransaction } from './checked-round.ts';

/** Accounts whose transactions are random; the next one sends the checked rounds. */
const RANDOM_ACCOUNTS = 4;
export const ACCOUNTS = RANDOM_ACCOUNTS + 1;
export const FIRST_DEPOSIT_SATS = 150_000_000n;
const LATER_DEPOSIT_SATS = 1_000_000n;
/** Final blocks from one deposit to the next. */
const DEPOSIT_EVERY = 8;
/** A round that is under way for longer than so many final blocks has lost a transaction. */
const ROUND_BLOCKS = 15;
/** P2WPKH, of nobody else on the devnet: every payment to it is a payout of a round. */
export const DESTINATION = 'bcrt1qqyqszqgpqyqszqgpqyqszqgpqyqszqgpvxat9t';

interface Block {
  readonly hash: string;
  readonly timestamp: string;
  readonly parentBeaconBlockRoot: string;
}

export const hex = (value: number): string => `0x${value.toString(16)}`;

/** Three whole nodes whose first runs on geth, and users who do everything that there is to do on a chain. */
export class MixedFederation {
  readonly devnet: TestDevnet;
  readonly geth: Geth;
  readonly #random = seededRandom(Number(process.env['PEERS_SEED'] ?? 1));
  readonly #source = new RandomTransactions(this.#random);
  /** How many of each kind the random accounts sent. */
  readonly kinds = new Map<string, number>();
  /** Rounds whose transactions are all in final blocks. */
  readonly rounds: (readonly RoundTransaction[])[] = [];
  #round: readonly RoundTransaction[] | null = null;
  #roundBeganAt = 0;
  /** Transactions of all rounds. */
  readonly #checked = new Set<string>();
  #learnt = 0;
  #depositedAt = 0;
  deposits = 0;
  isGethUp = true;

  constructor(devnet: TestDevnet, geth: Geth) {
    this.devnet = devnet;
    this.geth = geth;
  }

  rpc<T>(index: number, method: string, ...params: readonly unknown[]): Promise<T> {
    return rawRpc<T>(nodeOf(this.devnet, index).rpcUrl, method, params);
  }
  asker(index: number): Ask {
    return (method, ...params) => this.rpc(index, method, ...params);
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
  operations(index: number): readonly OperationView[] {
    return (nodeOf(this.devnet, index).system.view('BridgeActor') as BridgeView).operations;
  }

  async deposit(account: number, amountSats: bigint): Promise<void> {
    const { user, federationAddress } = this.devnet;
    await user.bitcoin.deposit(federationAddress, sats(amountSats), addressOf(account));
    this.deposits++;
  }

  /** Users do what comes to their minds until node `index` has a final block at `height`. */
  async liveUntil(index: number, height: number): Promise<void> {
    await eventually(
      `final block ${height} at node ${index + 1}`,
      async () => {
        await this.#send();
        await this.#learn();
        await this.#goOnWithRound();
        if (this.final(1) >= this.#depositedAt + DEPOSIT_EVERY) {
          this.#depositedAt = this.final(1);
          await this.deposit(this.deposits % ACCOUNTS, LATER_DEPOSIT_SATS);
        }
        return this.final(index) >= height;
      },
      240_000,
    );
  }

  /** Kills geth, or more; what it alone had heard of is sent again, as its users would. */
  async withoutGeth(kill: () => Promise<void>): Promise<void> {
    this.isGethUp = false;
    await kill();
    for (const { raw } of this.#round ?? []) await this.rpc(1, 'eth_sendRawTransaction', raw).catch(() => null);
  }

  /** Until the round under way is in final blocks. */
  async endRound(): Promise<void> {
    await eventually('the last round to be final', async () => {
      await this.#settleRound();
      return this.#round === null;
    });
  }

  async #send(): Promise<void> {
    for (let index = 0; index < RANDOM_ACCOUNTS; index++) {
      const [latest, pending] = await Promise.all(
        ['latest', 'pending'].map((at) => this.rpc<string>(1, 'eth_getTransactionCount', addressOf(index), at)),
      );
      if (latest !== pending) continue;
      for (let i = 0; i < 1 + Math.floor(this.#random() * 4); i++) {
        const { kind, request } = this.#source.next();
        const raw = await signed(index, { ...request, nonce: Number(latest) + i });
        const taken = await this.rpc(this.#through(index + i), 'eth_sendRawTransaction', raw).catch(() => null);
        if (taken === null) break;
        this.kinds.set(kind, (this.kinds.get(kind) ?? 0) + 1);
      }
    }
  }

  /** Through any node that can take it: the others get it by gossip. */
  #through(turn: number): number {
    return this.isGethUp ? turn % 3 : 1 + (turn % 2);
  }

  /** Later transactions call the contracts of earlier ones, but for those of the checked rounds. */
  async #learn(): Promise<void> {
    while (this.#learnt < this.final(1)) {
      const block = await this.rpc<Block>(1, 'eth_getBlockByNumber', hex(this.#learnt + 1), false);
      const all = await this.rpc<Receipt[]>(1, 'eth_getBlockReceipts', block.hash);
      const receipts = all.filter(({ transactionHash }) => !this.#checked.has(transactionHash));
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

  async #goOnWithRound(): Promise<void> {
    await this.#settleRound();
    if (this.#round !== null) return;
    const number = this.rounds.length;
    const account = RANDOM_ACCOUNTS;
    const firstNonce = Number(await this.rpc<string>(1, 'eth_getTransactionCount', addressOf(account), 'latest'));
    const ancestor = await this.rpc<Block>(1, 'eth_getBlockByNumber', hex(this.final(1)), false);
    this.#round = await checkedRound({ account, number, firstNonce, destination: DESTINATION, ancestor });
    this.#roundBeganAt = this.final(1);
    for (const { hash } of this.#round) this.#checked.add(hash);
    for (const [i, { raw }] of this.#round.entries()) {
      await this.rpc(this.#through(number + i), 'eth_sendRawTransaction', raw);
    }
  }

  async #settleRound(): Promise<void> {
    const last = this.#round?.at(-1);
    if (last === undefined) return;
    const receipt = await this.rpc<Receipt | null>(1, 'eth_getTransactionReceipt', last.hash);
    if (receipt === null || Number(receipt.blockNumber) > this.final(1)) {
      if (this.final(1) > this.#roundBeganAt + ROUND_BLOCKS) throw new Error(await this.#whereRoundIs());
      return;
    }
    this.rounds.push(this.#round ?? []);
    this.#round = null;
  }

  /** What each node knows of the transactions of a round that doesn't end. */
  async #whereRoundIs(): Promise<string> {
    const known = await Promise.all(
      (this.#round ?? []).map(async ({ kind, hash }) => {
        const places = await Promise.all(
          [0, 1, 2].map((index) =>
            this.rpc<{ readonly blockNumber: string | null } | null>(index, 'eth_getTransactionByHash', hash).then(
              (found) => (found === null ? 'unknown' : (found.blockNumber ?? 'in the pool')),
            ),
          ),
        );
        return `${kind}: ${places.join(', ')}`;
      }),
    );
    return `a round is not final after ${ROUND_BLOCKS} blocks:\n${known.join('\n')}`;
  }

  /** Until a final block above `height` is of the node on geth. */
  untilGethProposes(height: number): Promise<unknown> {
    return eventually('a block of the node on geth', () =>
      this.chain(1).recentBlocks.some((block) => block.proposer === 0 && block.finalized && block.height > height),
    );
  }

  /** Until each node has ended every deposit and every burn of a round. */
  async untilPegsEnd(): Promise<void> {
    for (const index of [0, 1, 2]) {
      await eventually(
        `the pegs to be completed at node ${index + 1}`,
        () => {
          const completed = this.operations(index).filter(({ state }) => state === 'Completed');
          const pegIns = completed.filter(({ kind }) => kind === 'pegIn');
          const pegOuts = completed.filter(({ bitcoinAddress }) => bitcoinAddress === DESTINATION);
          return pegIns.length === this.deposits && pegOuts.length === this.rounds.length;
        },
        120_000,
      );
    }
  }
}
