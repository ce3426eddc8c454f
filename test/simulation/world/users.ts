import { payeeOf } from './bitcoin/bech32.ts';
import { hexOf, sha256, utf8 } from './bitcoin/hash.ts';
import { type TxOutput, buildTx } from './bitcoin/transaction.ts';
import { encodeUserTx, type UserTx, userTxHash } from './execution/evm.ts';
import type { World } from './world.ts';

const WEI_PER_SAT = 10n ** 10n;
/** What of a balance stays for fees. */
const FEE_RESERVE_WEI = 10n ** 15n;
const MIN_BURN_SATS = 1_000_000n;
const RETRY_MS = 10_000;
const FORMER_ADDRESS_SHARE = 0.35;

interface Account {
  readonly address: string;
  nonce: number;
}

/** The people around the federation: they deposit in every way there is, and burn in every way there is. */
export class Users {
  /** Raw transactions that were not seen in a block yet. */
  readonly pending = new Set<string>();
  /** Kinds of deposits and burns that were made, counted. */
  readonly made: Record<string, number> = {};
  burnsLeft = 0;
  readonly #world: World;
  readonly #accounts: Account[];
  #coins = 0;
  #payees = 0;
  #balanceOf: (address: string) => { readonly wei: bigint; readonly nonce: number };

  constructor(world: World, balanceOf: (address: string) => { readonly wei: bigint; readonly nonce: number }) {
    this.#world = world;
    this.#balanceOf = balanceOf;
    this.#accounts = ['a1', 'a2', 'a3'].map((digits) => ({ address: `0x${digits.repeat(20)}`, nonce: 0 }));
    // 20 bytes that are readable text as well (HOLE-15).
    this.#accounts.push({ address: `0x${hexOf(utf8('readable as text! ok'))}`, nonce: 0 });
  }

  /** Plans what is done over the next `durationMs`, deposits first. */
  begin(durationMs: number): void {
    const { deposits, burns, faults } = this.#world.options;
    this.burnsLeft = burns;
    this.deposit('plain');
    // Somebody pays the first members' address for good.
    if (faults.includes('memberChange')) this.#world.pump.after(durationMs * 0.9, () => this.deposit('plain', 0));
    this.#world.sometime(deposits - 1, durationMs * 0.7, () => this.deposit());
    for (let i = 0; i < burns; i++)
      this.#world.pump.after(durationMs * 0.2 + this.#world.below(durationMs * 0.7), () => this.burn());
    this.#resubmit();
  }

  #count(kind: string): void {
    this.made[kind] = (this.made[kind] ?? 0) + 1;
  }

  deposit(kind = this.#depositKind(), toEpoch: number | null = null): void {
    const { random, bitcoin, governance, network } = this.#world;
    const newest = governance.epochs.length - 1;
    // Some still pay the address that they know.
    const epoch = toEpoch ?? (newest > 0 && random() < FORMER_ADDRESS_SHARE ? newest - 1 : newest);
    const federation = governance.outputOf(epoch).script;
    const account = this.#world.pick(this.#accounts);
    const sats = (least: number): bigint => BigInt(least + Math.floor(random() * 30_000_000));
    const to = (value: bigint): TxOutput => ({ script: federation, sats: value });
    const named = (script: string): TxOutput => ({ script, sats: 0n });
    const raw = named(`6a14${account.address.slice(2)}`);
    const asText = (text: string): TxOutput =>
      named(`6a${text.length.toString(16).padStart(2, '0')}${hexOf(utf8(text))}`);
    const outputs: Record<string, () => TxOutput[]> = {
      plain: () => [to(sats(5_000_000)), raw],
      twoOutputs: () => [to(sats(2_000_000)), raw, to(sats(2_000_000))],
      text: () => [to(sats(2_000_000)), asText(account.address)],
      textWithoutPrefix: () => [asText(account.address.slice(2)), to(sats(2_000_000))],
      unnamed: () => [to(sats(2_000_000))],
      twiceNamed: () => [to(sats(2_000_000)), raw, asText(account.address)],
      tooSmall: () => [to(BigInt(network.bitcoin.minDepositSats) - 1n), raw],
      smallest: () => [to(BigInt(network.bitcoin.minDepositSats)), raw],
    };
    this.#count(kind);
    const coin = `${hexOf(sha256(utf8(`coin ${this.#coins++}`)))}:0`;
    bitcoin.submit(buildTx([coin], (outputs[kind] as () => TxOutput[])()).raw);
  }

  #depositKind(): string {
    const { random, pick } = { random: this.#world.random, pick: this.#world.pick.bind(this.#world) };
    if (random() < 0.45) return 'plain';
    return pick([
      'twoOutputs',
      'twoOutputs',
      'text',
      'textWithoutPrefix',
      'unnamed',
      'twiceNamed',
      'tooSmall',
      'smallest',
    ]);
  }

  /** Burns a part of what an account has; when none has enough yet, tries again later. */
  burn(): void {
    const { pump, random, pick } = {
      pump: this.#world.pump,
      random: this.#world.random,
      pick: this.#world.pick.bind(this.#world),
    };
    const rich = this.#accounts.filter(({ address, nonce }) => {
      const { wei, nonce: used } = this.#balanceOf(address);
      return used === nonce && wei > (MIN_BURN_SATS + 1n) * WEI_PER_SAT + FEE_RESERVE_WEI;
    });
    if (rich.length === 0) {
      if (this.burnsLeft > 0) pump.after(RETRY_MS, () => this.burn());
      return;
    }
    this.burnsLeft--;
    const account = pick(rich);
    const spendable = (this.#balanceOf(account.address).wei - FEE_RESERVE_WEI) / WEI_PER_SAT;
    const share = BigInt(Math.floor(random() * 1000));
    const sats = MIN_BURN_SATS + ((spendable - MIN_BURN_SATS) * share) / 2000n;
    const dice = random();
    const kind: UserTx['kind'] =
      dice < 0.65 ? 'burn' : pick(['nestedBurn', 'nestedBurn', 'imitation', 'creation', 'failed', 'transfer'] as const);
    const unpayable = kind === 'burn' && random() < 0.1;
    const payee = payeeOf(sha256(utf8(`payee ${this.#payees++}`)).subarray(0, random() < 0.7 ? 20 : 32));
    this.#world.payees.set(payee.address, payee.script);
    const to = kind === 'transfer' ? pick(this.#accounts).address : unpayable ? 'no address' : payee.address;
    this.#count(unpayable ? 'unpayableBurn' : kind);
    const raw = encodeUserTx({ kind, from: account.address, nonce: account.nonce++, wei: `${sats * WEI_PER_SAT}`, to });
    this.pending.add(raw);
    this.#submit(raw);
  }

  /** To one node, as a wallet does. */
  #submit(raw: `0x${string}`): void {
    const alive = this.#world.nodes.filter((node) => node.alive);
    if (alive.length === 0) return;
    this.#world
      .pick(alive)
      .tell('EngineActor', { type: 'BurnTransaction', raw } as never, 'User', `tx:${userTxHash(raw)}`);
  }

  /** A wallet whose transaction isn't in a block after a while asks another node. */
  #resubmit(): void {
    for (const raw of this.pending) {
      const { from, nonce } = JSON.parse(Buffer.from(raw.slice(4), 'hex').toString('utf8')) as UserTx;
      if (this.#balanceOf(from).nonce > nonce) this.pending.delete(raw);
      else this.#submit(raw as `0x${string}`);
    }
    this.#world.pump.after(RETRY_MS, () => this.#resubmit());
  }
}
