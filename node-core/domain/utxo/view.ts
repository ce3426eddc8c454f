import { assert } from '../../primitives/assert.ts';
import type { BitcoinBlockHash, BitcoinHeight, Epoch, EvmAddress, Outpoint, Txid } from '../../primitives/ids.ts';
import type { Sats } from '../../primitives/units.ts';

/** Blocks that can be undone, newest last. A day of Bitcoin: deeper than any reorganisation that it has seen. */
export const MAX_HEADERS = 150;
/** A coinbase output can be spent in the 100th block after its own, and counts no sooner. Source: Bitcoin consensus. */
export const COINBASE_MATURITY = 100;

/** What an output that pays the federation is to the books. */
export type OutputOrigin =
  | { readonly kind: 'deposit'; readonly recipient: EvmAddress }
  /** Nobody can be minted to: its sats are owed to an unknown owner. */
  | { readonly kind: 'rejected'; readonly reason: string }
  /** Of a transaction that spends the federation's own outputs. */
  | { readonly kind: 'change' };

/** Where on Bitcoin something happened. */
export interface Spend {
  readonly txid: Txid;
  readonly height: BitcoinHeight;
}

/** An output that pays a federation's address, in a block. */
export interface FederationOutput {
  readonly outpoint: Outpoint;
  readonly amountSats: Sats;
  /** Epoch of the federation that it pays. */
  readonly epoch: Epoch;
  readonly height: BitcoinHeight;
  readonly coinbase: boolean;
  readonly origin: OutputOrigin;
  readonly spentBy: Spend | null;
}

export interface ScannedHeader {
  readonly height: BitcoinHeight;
  readonly hash: BitcoinBlockHash;
}

/** This node's view of the federation's outputs on Bitcoin: plain data, kept on disk with the scan's cursor. */
export interface BitcoinView {
  /** The newest scanned blocks, in order of height without a gap, at most `MAX_HEADERS`. */
  readonly headers: readonly ScannedHeader[];
  readonly outputs: Readonly<Record<Outpoint, FederationOutput>>;
  /** The federations whose outputs the scanned blocks were searched for. */
  readonly searchedFor: readonly Epoch[];
}

/** What a block does to the view. */
export interface BlockFindings {
  readonly header: ScannedHeader;
  readonly created: readonly FederationOutput[];
  readonly spent: readonly { readonly outpoint: Outpoint; readonly by: Txid }[];
}

export const emptyView: BitcoinView = { headers: [], outputs: {}, searchedFor: [] };

/** The newest scanned block; null before the first. */
export const tipOf = (view: BitcoinView): ScannedHeader | null => view.headers.at(-1) ?? null;

/** Adds the block that follows the tip. An outpoint that is already known is never created again (HOLE-3). */
export function applyBlock(view: BitcoinView, { header, created, spent }: BlockFindings): BitcoinView {
  const tip = tipOf(view);
  assert(tip === null || header.height === tip.height + 1, 'a block follows the scanned tip');
  const headers = [...view.headers, header].slice(-MAX_HEADERS);
  if (created.length === 0 && spent.length === 0) return { ...view, headers };
  const outputs: Record<Outpoint, FederationOutput> = { ...view.outputs };
  for (const output of created) outputs[output.outpoint] ??= output;
  for (const { outpoint, by } of spent) {
    const output = outputs[outpoint];
    assert(output !== undefined && output.spentBy === null, 'a block spends an unspent output');
    outputs[outpoint] = { ...output, spentBy: { txid: by, height: header.height } };
  }
  return { ...view, headers, outputs };
}

/** Adds what a scanned block holds for a federation that wasn't looked for at first. Told again it changes nothing. */
export function addFindings(view: BitcoinView, { header, created, spent }: BlockFindings): BitcoinView {
  if (created.length === 0 && spent.length === 0) return view;
  const outputs: Record<Outpoint, FederationOutput> = { ...view.outputs };
  for (const output of created) outputs[output.outpoint] ??= output;
  for (const { outpoint, by } of spent) {
    const output = outputs[outpoint];
    if (output?.spentBy === null) outputs[outpoint] = { ...output, spentBy: { txid: by, height: header.height } };
  }
  return { ...view, outputs };
}

/** What undoing a block took back. */
export interface UndoneBlock {
  readonly view: BitcoinView;
  readonly removed: readonly FederationOutput[];
  /** Spent by the undone block, unspent again. */
  readonly unspent: readonly FederationOutput[];
}

/** Takes the tip's block back. */
export function undoTip(view: BitcoinView): UndoneBlock {
  const tip = tipOf(view);
  assert(tip !== null, 'there is a block to undo');
  const all = Object.values(view.outputs);
  const removed = all.filter((output) => output.height === tip.height);
  const unspent = all.filter((output) => output.spentBy?.height === tip.height && output.height !== tip.height);
  const headers = view.headers.slice(0, -1);
  if (removed.length === 0 && unspent.length === 0) return { view: { ...view, headers }, removed, unspent };
  const outputs: Record<Outpoint, FederationOutput> = { ...view.outputs };
  for (const { outpoint } of removed) Reflect.deleteProperty(outputs, outpoint);
  for (const output of unspent) outputs[output.outpoint] = { ...output, spentBy: null };
  return { view: { ...view, headers, outputs }, removed, unspent };
}

/** 1 for a block at the tip; 0 above it. */
export function confirmationsOf(view: BitcoinView, height: BitcoinHeight): number {
  const tip = tipOf(view);
  return tip === null ? 0 : Math.max(0, tip.height - height + 1);
}

/** Confirmations after which an output counts: the federation's depth, and a coinbase's maturity. */
export const depthNeeded = (output: Pick<FederationOutput, 'coinbase'>, depth: number): number =>
  output.coinbase ? Math.max(depth, COINBASE_MATURITY) : depth;

/** Whether an output's transaction has `depth` confirmations and, for a coinbase, is mature. */
export const isDeep = (view: BitcoinView, output: FederationOutput, depth: number): boolean =>
  confirmationsOf(view, output.height) >= depthNeeded(output, depth);

/** Whether a transaction with `depth` confirmations spends the output. */
export const isDeeplySpent = (view: BitcoinView, output: FederationOutput, depth: number): boolean =>
  output.spentBy !== null && confirmationsOf(view, output.spentBy.height) >= depth;
