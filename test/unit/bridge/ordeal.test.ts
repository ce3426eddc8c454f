import { Transaction } from 'bitcoinjs-lib';
import { describe, expect, it } from 'vitest';
import { bytesToBareHex } from '../../../node-core/primitives/hex.ts';
import { ServiceError } from '../../../node-core/primitives/errors.ts';
import { BridgeWorld, PAYEE, PAYEE_SCRIPT, RECIPIENT } from '../../support/bridge/bridge-world.ts';
import { opReturn, transaction, txidOf, unreachable } from '../../support/bridge/fake-bitcoin.ts';
import type { Manner } from '../../support/bridge/fake-governance.ts';
import { seededRandom } from '../../support/seeded-random.ts';

const SAT = 10n ** 10n;
const DEPTH = 3;
const STEPS = 80;
const MAX_CRASHES = 10;
const SEEDS = Array.from({ length: 12 }, (_, seed) => seed + 1);

/** What the seeds together have to meet, so that they test what they are for. */
const met = { replacedPayouts: 0, reorganizedPayouts: 0, reorganizedDeposits: 0, crashes: 0, rejected: 0 };

/** A federation's life with every fault at once, then peace; the reference ledger is kept from Bitcoin's own blocks. */
class Ordeal {
  readonly world: BridgeWorld;
  readonly #random: () => number;
  readonly burns: { readonly evmTxHash: string; readonly amountSats: bigint; readonly payable: boolean }[] = [];
  #crashes = 0;
  /** Fewer in a life than make the supervisor give up, which is another story. */
  #crashesLeft = MAX_CRASHES;
  #salt = 1000;

  constructor(seed: number) {
    this.#random = seededRandom(seed);
    this.world = new BridgeWorld({
      seed,
      depth: DEPTH,
      timing: { bumpAfterBlocks: 6, approvalAttempts: 1000, maxDenialPauseMs: 5000 },
      crash: ({ path }, random) => {
        if (this.#crashes === 0 || this.#crashesLeft === 0 || random() > 0.02) return undefined;
        if (!path.startsWith('BridgeActor') && path !== 'StreamActor') return undefined;
        this.#crashes--;
        this.#crashesLeft--;
        return new ServiceError('PLANTED', 'a planted crash');
      },
    });
    this.world.fund(100_000_000n);
  }

  #pick<T>(options: readonly T[]): T {
    const chosen = options[Math.floor(this.#random() * options.length)];
    if (chosen === undefined) throw new Error('nothing to pick');
    return chosen;
  }

  step(): void {
    const { bitcoin, governance, chain, store } = this.world;
    const acts: (() => void)[] = [
      () => this.#deposit(1, true),
      () => this.#deposit(3, true),
      () => this.#deposit(1, false),
      () => this.#burn(PAYEE, true),
      () => this.#burn(PAYEE, true),
      () => this.#burn('not an address', false),
      () => bitcoin.mine('mempool'),
      () => bitcoin.mine('mempool'),
      () => bitcoin.mineEmpty(1),
      () => bitcoin.mineEmpty(7),
      () => this.#mineThenReorganize(),
      () => bitcoin.reorganizeKeeping(1 + Math.floor(this.#random() * (DEPTH - 1))),
      () => governance.cut(),
      () => (governance.reachable = this.#random() < 0.5),
      () =>
        (governance.manners[Math.floor(this.#random() * 3)] = this.#pick<Manner>([
          'silent',
          'agrees',
          'refuses',
          'forges',
        ])),
      () => (bitcoin.failure = this.#random() < 0.5 ? unreachable : null),
      () => (bitcoin.broadcastFailure = this.#random() < 0.5 ? unreachable : null),
      () => (bitcoin.feeRate = this.#pick([null, 1, 2, 10, 50])),
      () => (store.failure = this.#random() < 0.5 ? new Error('disk busy') : null),
      () => this.#halt(!chain.halted),
      () => this.#kill(),
      () => (this.#crashes = 3),
    ];
    this.#pick(acts)();
    this.world.run(300 + Math.floor(this.#random() * 4000));
  }

  /** A payout that was just mined is the likeliest to be lost again. */
  #mineThenReorganize(): void {
    this.world.bitcoin.mine('mempool');
    this.world.run(2000);
    this.world.bitcoin.reorganizeKeeping(1);
  }

  #kill(): void {
    this.#crashesLeft = MAX_CRASHES;
    this.world.restart();
  }

  #halt(halted: boolean): void {
    const type = halted ? 'EmergencyHaltRequest' : 'ResumeRequest';
    this.world.tell('ChainActor', { type, source: 'operator', reason: 'ordeal', generation: null } as never);
  }

  #deposit(outputs: number, addressed: boolean): void {
    const pays = Array.from({ length: outputs }, () => ({
      script: this.world.federation.scriptPubKey,
      value: 10_000n + BigInt(Math.floor(this.#random() * 5_000_000)),
    }));
    const says = addressed ? [{ script: opReturn(RECIPIENT), value: 0n }] : [];
    const raw = transaction([...pays, ...says], [], this.#salt++);
    this.world.bitcoin.mempool.set(txidOf(raw), raw);
  }

  #burn(destination: string, payable: boolean): void {
    const amountSats = 1_000_000n + BigInt(Math.floor(this.#random() * 1_000_000));
    // A user can burn no more than was minted, and the first deposit is ample.
    if (this.burns.length >= 20) return;
    this.burns.push({ evmTxHash: this.world.chain.burn(destination, amountSats * SAT), amountSats, payable });
  }

  /** All faults end, and time passes. */
  heal(): void {
    const { bitcoin, governance, store, chain } = this.world;
    this.#crashes = 0;
    governance.reachable = true;
    governance.manners.fill('agrees');
    bitcoin.failure = null;
    bitcoin.broadcastFailure = null;
    store.failure = null;
    if (chain.halted) this.#halt(false);
    const isOver = (): boolean => {
      const operations = [...store.operations.values()];
      return operations.length > 0 && bitcoin.mempool.size === 0 && operations.every(({ terminal }) => terminal);
    };
    for (let round = 0; round < 60 && !(isOver() && round > 5); round++) {
      bitcoin.mine('mempool');
      this.world.run(10_000);
    }
  }

  /** The federation's deposits as Bitcoin's blocks have them: each that names an account, and its value. */
  get deposits(): Map<string, bigint> {
    const { scriptPubKey } = this.world.federation;
    const own = new Set<string>();
    const found = new Map<string, bigint>();
    for (const raw of this.world.bitcoin.mined) {
      const { ins, outs } = Transaction.fromHex(raw);
      const id = txidOf(raw);
      const spends = ins.some(({ hash, index }) => own.has(`${bytesToBareHex(hash.toReversed())}:${index}`));
      const addressed = outs.some(({ script }) => bytesToBareHex(script).startsWith('6a14'));
      for (const [vout, { script, value }] of outs.entries()) {
        if (bytesToBareHex(script) !== scriptPubKey) continue;
        own.add(`${id}:${vout}`);
        if (!spends && addressed) found.set(`${id}:${vout}`, value);
      }
    }
    return found;
  }

  get paidSats(): bigint {
    return this.world.bitcoin.mined
      .flatMap((raw) => Transaction.fromHex(raw).outs)
      .filter(({ script }) => bytesToBareHex(script) === PAYEE_SCRIPT)
      .reduce((sum, { value }) => sum + value, 0n);
  }
}

describe('an ordeal of every fault at once, then peace,', () => {
  it.each(SEEDS)(
    'leaves every deposit minted once, every burn paid once and the books even, seed %i (INV-3, INV-4, INV-28)',
    (seed) => {
      const ordeal = new Ordeal(seed);
      for (let step = 0; step < STEPS; step++) ordeal.step();
      ordeal.heal();
      const { world, burns, deposits } = ordeal;
      const pending = [...world.store.operations.values()].filter(({ terminal }) => !terminal);
      expect(pending.map(({ id, state }) => `${id} ${state} ${world.operation(id)?.blocker ?? ''}`)).toEqual([]);
      expect(world.bridge?.frozen).toBeNull();
      expect(world.bridge?.solvency?.surplusSats).toBe('0');
      const mints = new Map([...world.chain.mints].map(([outpoint, { amountSats }]) => [outpoint, amountSats]));
      expect(mints).toEqual(deposits);
      const payable = burns.filter((burn) => burn.payable);
      const states = new Map(world.bridge?.operations.map(({ evmTxHash, state }) => [evmTxHash, state]));
      expect(payable.map(({ evmTxHash }) => states.get(evmTxHash))).toEqual(payable.map(() => 'Completed'));
      const mined = new Set(world.bitcoin.mined.map(txidOf));
      const shares = world.chain.blocks
        .flatMap(({ final }) => final.pegOuts)
        .flatMap((entry) => (entry.status !== 'Confirmed' && mined.has(entry.txid) ? entry.shares : []));
      expect(new Set(shares.map(({ burn }) => burn)).size).toBe(payable.length);
      expect(shares).toHaveLength(payable.length);
      expect(ordeal.paidSats).toBe(shares.reduce((sum, { outputSats }) => sum + outputSats, 0n));
      met.replacedPayouts += world.chain.blocks
        .flatMap(({ final }) => final.pegOuts)
        .filter(({ status }) => status === 'Replaced').length;
      met.reorganizedPayouts += world.messages.filter(({ type }) => type === 'PayoutReorganized').length;
      met.reorganizedDeposits += world.messages.filter(({ type }) => type === 'DepositReorganized').length;
      met.crashes += world.messages.filter(({ outcome }) => outcome === 'crashed').length;
      met.rejected += [...world.store.operations.values()].filter(({ state }) => state === 'Rejected').length;
    },
  );

  it('meets every interesting state in some seed', () => {
    expect(Object.entries(met).filter(([, count]) => count === 0)).toEqual([]);
  });
});
