import { assert } from '../../primitives/assert.ts';
import type {
  BitcoinHeight,
  BlockHeight,
  BlockRoot,
  BurnId,
  EvmAddress,
  EvmBlockHash,
  Outpoint,
  Slot,
  Txid,
} from '../../primitives/ids.ts';
import type { Sats, Wei } from '../../primitives/units.ts';
import type {
  Burn,
  CertifiedPegIn,
  FederationUpdate,
  PayoutInput,
  PayoutShare,
  PegOutEntry,
} from '../consensus/types.ts';
import { type RecordedMemberSet, setsRecordedBy } from '../federation/succession.ts';

/** What a block says of a payout that is to be signed. */
export type UnsignedPayoutEntry = Extract<PegOutEntry, { readonly shares: unknown }>;

/** A mint in a final block. */
export interface Mint {
  readonly outpoint: Outpoint;
  readonly amountSats: Sats;
  readonly recipient: EvmAddress;
  readonly root: BlockRoot;
  readonly blockHash: EvmBlockHash;
  readonly height: BlockHeight;
}

/** One version of a payout, in a final block. */
export interface PayoutVersion {
  readonly txid: Txid;
  readonly unsignedTx: string;
  readonly inputs: readonly PayoutInput[];
  readonly shares: readonly PayoutShare[];
  readonly root: BlockRoot;
  readonly height: BlockHeight;
  readonly slot: Slot;
  /** Bitcoin's height by this node's view when the version became final: bumping counts from here. */
  readonly finalAtBitcoinHeight: BitcoinHeight | null;
}

/** A payout with all its versions, first one first. `id` is the first's txid. */
export interface Payout {
  readonly id: Txid;
  readonly versions: readonly [PayoutVersion, ...PayoutVersion[]];
  /** A final block says that a version is deep: the payout is no longer live. */
  readonly confirmed: boolean;
}

export interface LedgerBurn {
  readonly burn: Burn;
  /** The payout that pays it; null until one stands in a final block. */
  readonly payout: Txid | null;
}

/** The chain's running totals at a final height. */
export interface ChainTotals {
  readonly height: BlockHeight;
  readonly mintedSats: Sats;
  readonly burnedFeesWei: Wei;
}

/** The pegs as the final chain knows them: plain data, kept on disk and brought up to date by replaying final blocks. */
export interface PegLedger {
  /** Highest final block whose mints and payouts are in. */
  readonly finalHeight: BlockHeight;
  /** Highest final block whose burns are in; what was told out of order waits in `burnHeightsAhead`. */
  readonly burnHeight: BlockHeight;
  readonly burnHeightsAhead: readonly BlockHeight[];
  /** Totals at `burnHeight` and at each later final height that changed them, by height. */
  readonly totals: readonly ChainTotals[];
  readonly mints: Readonly<Record<Outpoint, Mint>>;
  readonly burns: Readonly<Record<BurnId, LedgerBurn>>;
  readonly payouts: Readonly<Record<Txid, Payout>>;
  /** All burns that have left `burns`, in full, and what of them was below a sat and so is still owed. */
  readonly settledBurnsWei: Wei;
  readonly settledRemaindersWei: Wei;
  /** Member sets that final blocks have recorded, by epoch. */
  readonly memberSets: readonly RecordedMemberSet[];
}

/** How far burns may be told ahead of a height whose logs could not be read; beyond it they are told again. */
export const MAX_BURN_HEIGHTS_AHEAD = 10_000;

export const emptyLedger: PegLedger = {
  finalHeight: 0 as BlockHeight,
  burnHeight: 0 as BlockHeight,
  burnHeightsAhead: [],
  totals: [{ height: 0 as BlockHeight, mintedSats: 0n as Sats, burnedFeesWei: 0n as Wei }],
  mints: {},
  burns: {},
  payouts: {},
  settledBurnsWei: 0n as Wei,
  settledRemaindersWei: 0n as Wei,
  memberSets: [],
};

/** A final block's part in the pegs. */
export interface FinalBlock {
  readonly root: BlockRoot;
  readonly height: BlockHeight;
  readonly slot: Slot;
  readonly blockHash: EvmBlockHash;
  readonly pegIns: readonly CertifiedPegIn[];
  readonly pegOuts: readonly PegOutEntry[];
  readonly federationUpdates: readonly FederationUpdate[];
  readonly mintedTotalSats: Sats;
  readonly burnedFeesTotalWei: Wei;
}

/** The final height at which mints, payouts and burns are all known: the books are read here. */
export const accountedHeight = ({ finalHeight, burnHeight }: PegLedger): BlockHeight =>
  Math.min(finalHeight, burnHeight) as BlockHeight;

/** Takes a final block in. Lower heights than the next were taken in before and change nothing. */
export function applyFinalBlock(ledger: PegLedger, block: FinalBlock, bitcoinHeight: BitcoinHeight | null): PegLedger {
  if (block.height <= ledger.finalHeight) return ledger;
  const last = ledger.totals.at(-1);
  const unchanged =
    last !== undefined && last.mintedSats === block.mintedTotalSats && last.burnedFeesWei === block.burnedFeesTotalWei;
  const totals = unchanged
    ? ledger.totals
    : [
        ...ledger.totals,
        { height: block.height, mintedSats: block.mintedTotalSats, burnedFeesWei: block.burnedFeesTotalWei },
      ];
  const recorded = setsRecordedBy(block);
  const memberSets = recorded.length === 0 ? ledger.memberSets : [...ledger.memberSets, ...recorded];
  const next = forgetPassedTotals({ ...ledger, finalHeight: block.height, totals, memberSets });
  return block.pegOuts.reduce(
    (sofar, entry) => applyPegOut(sofar, entry, block, bitcoinHeight),
    withMints(next, block),
  );
}

function withMints(ledger: PegLedger, { pegIns, root, height, blockHash }: FinalBlock): PegLedger {
  if (pegIns.length === 0) return ledger;
  const added = pegIns.map(({ outpoint, amountSats, recipient }) => [
    outpoint,
    { outpoint, amountSats, recipient, root, blockHash, height },
  ]);
  return { ...ledger, mints: { ...ledger.mints, ...(Object.fromEntries(added) as Record<Outpoint, Mint>) } };
}

function applyPegOut(
  ledger: PegLedger,
  entry: PegOutEntry,
  { root, height, slot }: FinalBlock,
  finalAtBitcoinHeight: BitcoinHeight | null,
): PegLedger {
  const known = ledger.payouts[entry.id];
  if (entry.status === 'Confirmed') {
    if (known === undefined) return ledger;
    return { ...ledger, payouts: { ...ledger.payouts, [entry.id]: { ...known, confirmed: true } } };
  }
  const { txid, unsignedTx, inputs, shares } = entry;
  const version: PayoutVersion = { txid, unsignedTx, inputs, shares, root, height, slot, finalAtBitcoinHeight };
  const payout: Payout =
    known === undefined
      ? { id: entry.id, versions: [version], confirmed: false }
      : { ...known, versions: [...known.versions, version] };
  const burns: Record<BurnId, LedgerBurn> = { ...ledger.burns };
  for (const { burn } of shares) {
    const paid = burns[burn];
    if (paid !== undefined) burns[burn] = { ...paid, payout: entry.id };
  }
  return { ...ledger, burns, payouts: { ...ledger.payouts, [entry.id]: payout } };
}

/** Takes a burn of a final block in. A burn that is known, or of a height that is accounted for, changes nothing. */
export function applyBurn(ledger: PegLedger, burn: Burn): PegLedger {
  if (ledger.burns[burn.id] !== undefined || burn.height <= ledger.burnHeight) return ledger;
  const payout = Object.values(ledger.payouts).find(({ versions }) =>
    versions[0].shares.some((share) => share.burn === burn.id),
  );
  return { ...ledger, burns: { ...ledger.burns, [burn.id]: { burn, payout: payout?.id ?? null } } };
}

/** Every burn of `height` has been told. Heights that come before their turn wait for it. */
export function burnsScanned(ledger: PegLedger, height: BlockHeight): PegLedger {
  if (height <= ledger.burnHeight) return ledger;
  const ahead = new Set([...ledger.burnHeightsAhead, height]);
  let { burnHeight } = ledger;
  while (ahead.delete((burnHeight + 1) as BlockHeight)) burnHeight = (burnHeight + 1) as BlockHeight;
  const burnHeightsAhead = [...ahead].sort((a, b) => a - b).slice(0, MAX_BURN_HEIGHTS_AHEAD);
  return forgetPassedTotals({ ...ledger, burnHeight, burnHeightsAhead });
}

/** Keeps the totals that still hold at `accountedHeight` and later. */
function forgetPassedTotals(ledger: PegLedger): PegLedger {
  const at = accountedHeight(ledger);
  const current = ledger.totals.findLastIndex(({ height }) => height <= at);
  return current <= 0 ? ledger : { ...ledger, totals: ledger.totals.slice(current) };
}

/** The payouts that may still be paid, and so hold their inputs and burns. */
export const livePayouts = (ledger: PegLedger): Payout[] =>
  Object.values(ledger.payouts).filter(({ confirmed }) => !confirmed);

/** The output that every version of a payout spends, so that only one of them can ever be paid (HOLE-14). */
export function anchorOf({ versions }: Payout): Outpoint {
  const [anchor] = versions[0].inputs;
  assert(anchor !== undefined, 'a payout has inputs');
  return anchor.outpoint;
}

export const latestVersion = ({ versions }: Payout): PayoutVersion => versions.at(-1) ?? versions[0];

/** A version as its block says it. */
export function entryOf({ id, versions }: Payout, version: PayoutVersion): UnsignedPayoutEntry {
  const { txid, unsignedTx, inputs, shares } = version;
  return { status: version.txid === versions[0].txid ? 'Proposed' : 'Replaced', id, txid, unsignedTx, inputs, shares };
}
