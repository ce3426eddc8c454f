import { networks } from 'bitcoinjs-lib';
import type { Burn, CertifiedPegIn, PegOutEntry } from '../../../node-core/domain/consensus/types.ts';
import { type Federation, federationOf, threshold } from '../../../node-core/domain/federation/address.ts';
import { scanBlock } from '../../../node-core/domain/pegin/deposits.ts';
import type { PayoutRules } from '../../../node-core/domain/pegout/rules.ts';
import type { Books } from '../../../node-core/domain/utxo/books.ts';
import {
  type PegLedger,
  applyBurn,
  applyFinalBlock,
  burnsScanned,
  emptyLedger,
} from '../../../node-core/domain/utxo/ledger.ts';
import {
  type BitcoinView,
  type FederationOutput,
  applyBlock,
  emptyView,
  tipOf,
  undoTip,
} from '../../../node-core/domain/utxo/view.ts';
import {
  bitcoinBlockHash,
  bitcoinHeight,
  blockHeight,
  blockRoot,
  burnId,
  epoch,
  evmAddress,
  evmBlockHash,
  evmTxHash,
  type Outpoint,
  slot,
} from '../../../node-core/primitives/ids.ts';
import { addSats, sats, satsToWei, wei } from '../../../node-core/primitives/units.ts';
import { membersOf } from '../../unit/federation/members.ts';
import { PAYEE } from './bridge-world.ts';
import { opReturn, transaction, txidOf } from './fake-bitcoin.ts';

export const federation: Federation = federationOf(membersOf(3), threshold(3));
export const RECIPIENT = evmAddress(`0x${'a1'.repeat(20)}`);

export const rules: PayoutRules = {
  bitcoinNetwork: networks.regtest,
  minPegOutSats: sats(1_000_000n),
  maxPegOutSats: sats(1_000_000_000n),
  dustSats: sats(546n),
  minFeeRateSatsPerVbyte: 2,
  maxFeeRateSatsPerVbyte: 100,
  federations: new Map([[epoch(0), federation]]),
  knownSince: new Map(),
  activeEpoch: epoch(0),
};

const depositRules = {
  watched: [
    { scriptPubKey: federation.scriptPubKey, epoch: epoch(0), fromHeight: bitcoinHeight(0), retiredFrom: null },
  ],
  minDepositSats: sats(10_000n),
};
const number = (value: number, digits: number): string => value.toString(16).padStart(digits, '0');

/** Both sides of the peg, built block by block as a node would see them. Depth 2. */
export class BookKeeper {
  view: BitcoinView = emptyView;
  ledger: PegLedger = emptyLedger;
  #salt = 1;
  #branch = 1;

  get books(): Books {
    return { view: this.view, ledger: this.ledger, depth: 2 };
  }

  mine(...transactions: readonly string[]): void {
    const height = bitcoinHeight((tipOf(this.view)?.height ?? 99) + 1);
    const hash = bitcoinBlockHash(`${number(this.#branch, 8)}${number(height, 56)}`);
    const scanned = scanBlock({ hash, height, transactions }, this.view, depositRules);
    if (!scanned.ok) throw new Error(scanned.refusal.reason);
    this.view = applyBlock(this.view, scanned.value);
  }

  undo(): void {
    this.#branch++;
    this.view = undoTip(this.view).view;
  }

  deposit(amountSats: bigint): FederationOutput {
    const raw = transaction(
      [
        { script: federation.scriptPubKey, value: amountSats },
        { script: opReturn(RECIPIENT), value: 0n },
      ],
      [],
      this.#salt++,
    );
    this.mine(raw);
    const output = this.view.outputs[`${txidOf(raw)}:0` as Outpoint];
    if (output === undefined) throw new Error('no deposit');
    return output;
  }

  /** The next final block with these pegs, and its burns. */
  finalize(
    pegIns: readonly CertifiedPegIn[],
    pegOuts: readonly PegOutEntry[] = [],
    burns: readonly { readonly amountSats: bigint; readonly destination?: string }[] = [],
  ): Burn[] {
    const height = blockHeight(this.ledger.finalHeight + 1);
    const minted = this.ledger.totals.at(-1)?.mintedSats ?? sats(0n);
    const blockHash = evmBlockHash(`0xb1${number(height, 62)}`);
    this.ledger = applyFinalBlock(
      this.ledger,
      {
        root: blockRoot(`0x0c${number(height, 62)}`),
        height,
        slot: slot(1_700_000_000 + height),
        blockHash,
        pegIns,
        pegOuts,
        federationUpdates: [],
        mintedTotalSats: addSats(minted, ...pegIns.map(({ amountSats }) => amountSats)),
        burnedFeesTotalWei: wei(0n),
      },
      tipOf(this.view)?.height ?? null,
    );
    const found = burns.map(({ amountSats, destination = PAYEE }, index): Burn => ({
      id: burnId(blockHash, index),
      blockHash,
      height,
      logIndex: index,
      evmTxHash: evmTxHash(`0x7e${number(height * 100 + index, 62)}`),
      sender: evmAddress(`0x${'5e'.repeat(20)}`),
      destination,
      amountWei: satsToWei(sats(amountSats)),
    }));
    for (const burn of found) this.ledger = applyBurn(this.ledger, burn);
    this.ledger = burnsScanned(this.ledger, height);
    return found;
  }

  /** A minted and deep coin of the federation's. */
  coin(amountSats: bigint): FederationOutput {
    const output = this.deposit(amountSats);
    this.mine();
    this.finalize([mintOf(output)]);
    return output;
  }
}

export const mintOf = ({ outpoint, amountSats, epoch: of }: FederationOutput): CertifiedPegIn => ({
  outpoint,
  amountSats,
  recipient: RECIPIENT,
  epoch: of,
  certificate: [],
});
