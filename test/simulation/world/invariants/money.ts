import type { SignatureRequest } from '../../../../node-core/ports/governance.ts';
import type { Tx, TxOutput } from '../bitcoin/transaction.ts';
import type { Observer } from '../observation.ts';
import type { FinalBlock } from '../reference/final-chain.ts';
import type { KnownPayout, ReferenceLedger, Unsigned } from '../reference/ledger.ts';
import type { World } from '../world.ts';
import type { Report } from './report.ts';

const WEI_PER_SAT = 10n ** 10n;

/** INV-1 to INV-8, by the reference ledger. `deepReorg` says whether Bitcoin ever took back what counts as deep. */
export class MoneyRules {
  readonly #world: World;
  readonly #ledger: ReferenceLedger;
  readonly #report: Report;
  /** Signed transactions that a node broadcast, by the burns that they pay. */
  readonly #broadcast = new Map<string, Tx[]>();
  deepReorg = false;

  constructor(world: World, ledger: ReferenceLedger, report: Report) {
    this.#world = world;
    this.#ledger = ledger;
    this.#report = report;
  }

  /** Called with each new final block, before the ledger takes it in. */
  onFinal({ signedBlock: { block } }: FinalBlock): void {
    const { pegIns, pegOuts, payload, height } = block;
    if (payload.withdrawals.length !== pegIns.length)
      this.#report('INV-3', `block ${height} mints ${payload.withdrawals.length} times for ${pegIns.length} deposits`);
    const inBlock = new Set<string>();
    for (const [index, { outpoint }] of pegIns.entries()) {
      if (inBlock.has(outpoint) || this.#ledger.mints.has(outpoint))
        this.#report('INV-2', `${outpoint} is minted again in block ${height}`);
      inBlock.add(outpoint);
      this.#checkMint(outpoint, payload.withdrawals[index], height);
    }
    for (const entry of pegOuts) if (entry.status !== 'Confirmed') this.#checkEntry(entry, height);
  }

  #checkMint(
    outpoint: string,
    withdrawal: { readonly address: string; readonly amountGwei: bigint } | undefined,
    height: number,
  ): void {
    const output = this.#outputAt(outpoint);
    const coin = this.#world.bitcoin.chain.coins.get(outpoint);
    if (output === undefined || this.#world.bitcoin.federationOf(output.script) === undefined) {
      this.#report('INV-3', `block ${height} mints ${outpoint}, which never paid the federation`);
      return;
    }
    if (withdrawal?.amountGwei !== output.sats * 10n)
      this.#report(
        'INV-3',
        `block ${height} mints ${withdrawal?.amountGwei} gwei for the ${output.sats} sat of ${outpoint}`,
      );
    if (coin === undefined) return;
    const judged = this.#ledger.judge(coin);
    if (judged.kind !== 'deposit') this.#report('INV-3', `block ${height} mints ${outpoint}, which is ${judged.kind}`);
    else if (judged.recipient !== withdrawal?.address)
      this.#report('INV-3', `block ${height} mints ${outpoint} to another than it names`);
  }

  #checkEntry(entry: Unsigned, height: number): void {
    const ledger = this.#ledger;
    const { id, shares } = entry;
    for (const { burn, outputSats, feeShareSats } of shares) {
      const known = ledger.burns.get(burn);
      if (known === undefined) {
        this.#report('INV-5', `block ${height} pays ${burn}, which is no authentic final burn`);
        continue;
      }
      if (known.payout !== null && known.payout !== id)
        this.#report('INV-4', `block ${height} pays ${burn} by ${id}, and ${known.payout} pays it already`);
      const owed = known.wei / WEI_PER_SAT;
      if (outputSats + feeShareSats !== owed)
        this.#report(
          outputSats + feeShareSats > owed ? 'INV-8' : 'INV-6',
          `block ${height} pays ${burn} ${outputSats} + ${feeShareSats} sat of ${owed}`,
        );
    }
    const inputs = entry.inputs.map(({ outpoint }) => outpoint as string);
    for (const other of ledger.payouts.values()) {
      const shared = other.versions.some(({ tx }) => tx.inputs.some(({ outpoint }) => inputs.includes(outpoint)));
      if (other.id !== id && !other.confirmed && shared)
        this.#report('INV-7', `block ${height}: payout ${id} spends an input of ${other.id}, which is live`);
      if (
        other.id === id &&
        !other.versions.every(({ tx }) => tx.inputs.some(({ outpoint }) => inputs.includes(outpoint)))
      )
        this.#report('INV-4', `block ${height}: a version of payout ${id} doesn't conflict with another`);
    }
  }

  /** Each payment of a payout goes to its burn's script, and nothing else but change is paid. */
  onSettled(payout: KnownPayout): void {
    for (const { tx, entry } of payout.versions) {
      const spent = tx.inputs.reduce((sum, { outpoint }) => sum + (this.#outputAt(outpoint)?.sats ?? 0n), 0n);
      const paid = tx.outputs.reduce((sum, { sats }) => sum + sats, 0n);
      const fee = entry.shares.reduce((sum, { feeShareSats }) => sum + feeShareSats, 0n);
      if (spent - paid !== fee)
        this.#report('INV-6', `${tx.txid} gives miners ${spent - paid} sat, and its burns ${fee}`);
      for (const [index, { burn, outputSats }] of entry.shares.entries()) {
        const destination = this.#ledger.burns.get(burn)?.destination ?? '';
        const output = tx.outputs[index];
        if (output?.sats !== outputSats || output.script !== this.#world.payees.get(destination))
          this.#report('INV-6', `output ${index} of ${tx.txid} is not that of ${burn}`);
      }
      const rest = tx.outputs.slice(entry.shares.length);
      if (rest.length > 1 || rest.some(({ script }) => this.#world.bitcoin.federationOf(script) === undefined))
        this.#report('INV-6', `${tx.txid} pays more than burns and change`);
    }
  }

  readonly observe: Observer = (observation) => {
    switch (observation.kind) {
      case 'bitcoinBlocks':
        if (observation.undone.length >= this.#ledger.depth) this.deepReorg = true;
        for (const { txs } of observation.added) for (const tx of txs) this.#checkSpend(tx);
        this.checkSolvency();
        return;
      case 'broadcast':
        this.#checkBroadcast(observation.tx);
        return;
      case 'signaturesAsked':
        this.#checkRequest(observation.request, observation.node);
        return;
      default:
    }
  };

  checkSolvency(): void {
    // What a reorganisation deeper than the depth takes away is lost: then nodes must stop, which INV-9 looks at.
    if (this.deepReorg) return;
    const { reserveSats, liabilitiesSats } = this.#ledger.balance();
    if (reserveSats < liabilitiesSats)
      this.#report('INV-1', `${liabilitiesSats - reserveSats} sat short: ${reserveSats} held, ${liabilitiesSats} owed`);
  }

  /** A transaction that spends the federation's coins is a version of a payout that a final block ordered. */
  #checkSpend(tx: Tx): void {
    const spends = tx.inputs.some(({ outpoint }) => this.#isFederations(outpoint));
    if (!spends) return;
    const ordered = [...this.#ledger.payouts.values()].some(({ versions }) =>
      versions.some((version) => version.tx.txid === tx.txid),
    );
    if (!ordered) this.#report('INV-5', `${tx.txid} spends the federation's coins and no final block ordered it`);
  }

  #outputAt(outpoint: string): TxOutput | undefined {
    return this.#world.bitcoin.chain.ever.get(outpoint.slice(0, 64))?.outputs[Number(outpoint.slice(65))];
  }

  #isFederations(outpoint: string): boolean {
    const output = this.#outputAt(outpoint);
    return output !== undefined && this.#world.bitcoin.federationOf(output.script) !== undefined;
  }

  /** Signed transactions that pay one burn conflict: else both could be mined (HOLE-14). */
  #checkBroadcast(tx: Tx): void {
    this.#checkSpend(tx);
    const version = [...this.#ledger.payouts.values()]
      .flatMap(({ versions }) => versions)
      .find((candidate) => candidate.tx.txid === tx.txid);
    for (const { burn } of version?.entry.shares ?? []) {
      const others = this.#broadcast.get(burn) ?? [];
      if (others.some(({ txid }) => txid === tx.txid)) continue;
      const inputs = new Set(tx.inputs.map(({ outpoint }) => outpoint));
      if (others.some((other) => !other.inputs.some(({ outpoint }) => inputs.has(outpoint))))
        this.#report('INV-4', `${burn} could be paid twice: ${tx.txid} doesn't conflict with an earlier version`);
      this.#broadcast.set(burn, [...others, tx]);
    }
  }

  #checkRequest(request: SignatureRequest, node: number): void {
    const payout = this.#ledger.payouts.get(request.payoutId);
    if (payout?.versions.some(({ tx }) => tx.txid === request.txid) !== true)
      this.#report('INV-5', `node ${node} asks for signatures of ${request.txid}, which is in no final block`);
    else this.onSettled(payout);
    this.checkSolvency();
  }
}
