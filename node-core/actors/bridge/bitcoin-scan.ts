import { scanBlock } from '../../domain/pegin/deposits.ts';
import { newPegIn } from '../../domain/pegin/operation.ts';
import { settle } from '../../domain/utxo/books.ts';
import { type FederationOutput, applyBlock, emptyView, tipOf, undoTip } from '../../domain/utxo/view.ts';
import { anchorOf } from '../../domain/utxo/ledger.ts';
import { capWindowStart } from '../../domain/pegout/cap.ts';
import {
  type BitcoinBlockHash,
  type BitcoinHeight,
  type Outpoint,
  type Slot,
  type Txid,
  bitcoinHeight,
  pegInId,
  splitOutpoint,
} from '../../primitives/ids.ts';
import type { BitcoinTip } from '../../ports/bitcoin.ts';
import type {
  BitcoinBlockHashObserved,
  BitcoinBlockObserved,
  BitcoinTipObserved,
  BridgeMessage,
} from '../../protocol/bridge.ts';
import { depositRulesOf } from './federation.ts';
import { tellDepths } from './depths.ts';
import { assess, noteConnection, raiseAlarm } from './health.ts';
import { pegInRecord } from './operation-view.ts';
import { pegOutsOf, reviveOperation, spawnOperation, tellOperation } from './operations.ts';
import { tellPlans } from './payouts.ts';
import { saveScan } from './saving.ts';
import { type BridgeActorState, type BridgeCtx, type PendingScan, booksOf } from './state.ts';

const party = 'BitcoinNetwork';
/** Blocks without anything for the federation are written down this often: a crash scans them again. */
const CURSOR_INTERVAL_BLOCKS = 64;

/** Each poll is a story of its own. */
export function poll({ args }: BridgeActorState, ctx: BridgeCtx): void {
  ctx.call('bitcoin', 'getTip', [], {
    party,
    as: 'GetTip',
    correlationId: `bitcoin-poll:${ctx.nowMs}`,
    timeoutMs: args.local.bitcoin.requestTimeoutMs,
    done: (outcome) => ({
      type: 'BitcoinTipObserved',
      tip: outcome.ok ? outcome.value : null,
      feeRateSatsPerVbyte: null,
      failure: outcome.ok ? null : `${outcome.error.code}: ${outcome.error.reason}`,
    }),
  });
}

export function onTip(state: BridgeActorState, { tip, failure }: BitcoinTipObserved, ctx: BridgeCtx): void {
  const { args } = state;
  ctx.timer('poll', args.local.bitcoin.pollMs, { type: 'PollBitcoin' });
  if (tip === null) {
    ctx.log('warn', "Bitcoin's tip could not be read", { failure });
    noteConnection(state, false, ctx);
    return;
  }
  if (tip.chain !== CHAIN_OF[args.network.bitcoin.network]) {
    ctx.log('error', 'the Bitcoin node is on another network', { its: tip.chain, ours: args.network.bitcoin.network });
    noteConnection(state, false, ctx);
    return;
  }
  noteConnection(state, true, ctx);
  if (tip.hash !== state.tip?.hash) askFeeRate(state, ctx);
  state.tip = tip;
  scanNext(state, ctx);
}

const CHAIN_OF: Readonly<Record<BridgeActorState['args']['network']['bitcoin']['network'], BitcoinTip['chain']>> = {
  regtest: 'regtest',
  signet: 'signet',
  testnet: 'test',
  bitcoin: 'main',
};

function askFeeRate({ args, timing }: BridgeActorState, ctx: BridgeCtx): void {
  ctx.call('bitcoin', 'estimateFeeRate', [timing.feeTargetBlocks], {
    party,
    as: 'EstimateFeeRate',
    timeoutMs: args.local.bitcoin.requestTimeoutMs,
    done: (outcome) => ({ type: 'FeeRateObserved', feeRateSatsPerVbyte: outcome.ok ? outcome.value : null }),
  });
}

/** Goes on towards the tip by one block, or notes that it is reached. */
export function scanNext(state: BridgeActorState, ctx: BridgeCtx): void {
  const { tip, view, args } = state;
  if (state.scanning || tip === null) return;
  const cursor = tipOf(view);
  if (cursor?.hash === tip.hash) {
    reachedTip(state, ctx);
    return;
  }
  const next = cursor === null ? args.network.bitcoin.startHeight : cursor.height + 1;
  if (next <= tip.height) {
    state.scanning = true;
    if (next === tip.height) fetchBlock(state, tip.hash, tip.height, ctx);
    else fetchHash(state, bitcoinHeight(next), ctx);
    return;
  }
  if (cursor === null) return;
  // The tip is at or below the cursor: a branch that is to replace what was scanned, or an answer that lags.
  const scanned = view.headers.find(({ height }) => height === tip.height);
  if (scanned?.hash !== tip.hash) undoTo(state, tip.height - 1, ctx);
}

function fetchHash({ args }: BridgeActorState, height: BitcoinHeight, ctx: BridgeCtx): void {
  ctx.call('bitcoin', 'getBlockHash', [height], {
    party,
    as: 'GetBlockHash',
    timeoutMs: args.local.bitcoin.requestTimeoutMs,
    done: (outcome) => ({
      type: 'BitcoinBlockHashObserved',
      height,
      hash: outcome.ok ? outcome.value : null,
      failure: outcome.ok ? null : `${outcome.error.code}: ${outcome.error.reason}`,
    }),
  });
}

export function onBlockHash(state: BridgeActorState, message: BitcoinBlockHashObserved, ctx: BridgeCtx): void {
  if (message.hash !== null) fetchBlock(state, message.hash, message.height, ctx);
  else giveUp(state, message.failure, ctx);
}

/** The next poll tries again. */
function giveUp(state: BridgeActorState, failure: string | null, ctx: BridgeCtx): void {
  state.scanning = false;
  ctx.log('warn', 'a Bitcoin block could not be read', { failure });
  noteConnection(state, false, ctx);
}

/** Deposits come as messages of their own, each the beginning of its operation's story, ahead of their block. */
function fetchBlock(state: BridgeActorState, hash: BitcoinBlockHash, height: BitcoinHeight, ctx: BridgeCtx): void {
  const { view, args, federation } = state;
  const rules = depositRulesOf(federation, args.network);
  const cursor = tipOf(view);
  ctx.call('bitcoin', 'getBlock', [hash], {
    party,
    as: 'GetBlock',
    timeoutMs: args.local.bitcoin.requestTimeoutMs,
    done: (outcome): BridgeMessage[] => {
      const nothing = { type: 'BitcoinBlockObserved', height, previousHash: null, findings: null } as const;
      if (!outcome.ok) return [{ ...nothing, failure: `${outcome.error.code}: ${outcome.error.reason}` }];
      const { previousHash } = outcome.value;
      if (cursor !== null && previousHash !== cursor.hash) return [{ ...nothing, previousHash, failure: null }];
      const scanned = scanBlock({ ...outcome.value, height, hash }, view, rules);
      if (!scanned.ok) return [{ ...nothing, failure: scanned.refusal.reason }];
      const detections = scanned.value.created.flatMap(detectionOf);
      return [
        ...detections,
        { type: 'BitcoinBlockObserved', height, previousHash, findings: scanned.value, failure: null },
      ];
    },
    correlate: (message) => (message.type === 'BitcoinTransactionDetected' ? message.operation : undefined),
  });
}

function detectionOf({ outpoint, amountSats, height, origin }: FederationOutput): BridgeMessage[] {
  if (origin.kind === 'change') return [];
  const { txid, vout } = splitOutpoint(outpoint);
  return [
    {
      type: 'BitcoinTransactionDetected',
      operation: pegInId(outpoint),
      txid,
      vout,
      amountSats,
      height,
      recipient: origin.kind === 'deposit' ? origin.recipient : null,
      rejection: origin.kind === 'rejected' ? origin.reason : null,
    },
  ];
}

export function onBlock(state: BridgeActorState, message: BitcoinBlockObserved, ctx: BridgeCtx): void {
  const { findings } = message;
  if (message.failure !== null) {
    giveUp(state, message.failure, ctx);
    return;
  }
  const cursor = tipOf(state.view);
  if (findings === null) {
    state.scanning = false;
    if (cursor !== null) undoTo(state, cursor.height - 1, ctx);
    return;
  }
  state.reorgDepth = 0;
  const slot = Math.floor(ctx.nowMs / state.args.network.slotDurationMs) as Slot;
  state.view = applyBlock(state.view, findings);
  ({ view: state.view, ledger: state.ledger } = settle(booksOf(state), capWindowStart(slot, state.args.network)));
  const deposits = findings.created.filter(({ origin }) => origin.kind !== 'change');
  const quiet = findings.created.length === 0 && findings.spent.length === 0;
  if (quiet && findings.header.hash !== state.tip?.hash && findings.header.height % CURSOR_INTERVAL_BLOCKS !== 0) {
    state.scanning = false;
    scanNext(state, ctx);
    return;
  }
  const records = deposits
    .filter(({ outpoint }) => !isKnown(state, outpoint))
    .map((output) => pegInRecord(newPegIn(output, state.federation.activeEpoch, ctx.nowMs)));
  const pending: PendingScan = { kind: 'block', deposits: deposits.map(({ outpoint }) => outpoint), records };
  saveScan(state, `block:${findings.header.height}:${state.nextKey++}`, pending, ctx);
}

const isKnown = ({ operations, finished }: BridgeActorState, outpoint: Outpoint): boolean =>
  operations.has(pegInId(outpoint)) || finished.has(pegInId(outpoint));

/** The block and its deposits are on disk: the operations begin, each in its own story. */
export function onBlockSaved(
  state: BridgeActorState,
  { deposits, records }: Extract<PendingScan, { readonly kind: 'block' }>,
  ctx: BridgeCtx,
): void {
  for (const outpoint of deposits) {
    const id = pegInId(outpoint);
    const trace = state.detections.get(id);
    state.detections.delete(id);
    const output = state.view.outputs[outpoint];
    const [detected] = output === undefined ? [] : detectionOf(output);
    if (detected?.type !== 'BitcoinTransactionDetected') continue;
    const record = records.find((candidate) => candidate.id === id);
    if (record !== undefined) spawnOperation(state, record, ctx, [detected], trace);
    else tellOperation(state, id, detected, ctx, trace);
  }
  state.scanning = false;
  scanNext(state, ctx);
}

/** Takes blocks back until `height` is the tip; what is undone is on disk before an operation hears of it. */
function undoTo(state: BridgeActorState, height: number, ctx: BridgeCtx): void {
  const deposits: Outpoint[] = [];
  const payouts = new Set<Txid>();
  for (let tip = tipOf(state.view); tip !== null && tip.height > height; tip = tipOf(state.view)) {
    const undone = undoTip(state.view);
    state.view = undone.view;
    state.reorgDepth++;
    deposits.push(...undone.removed.filter(({ origin }) => origin.kind !== 'change').map(({ outpoint }) => outpoint));
    for (const payout of Object.values(state.ledger.payouts)) {
      if (undone.unspent.some(({ outpoint }) => outpoint === anchorOf(payout))) payouts.add(payout.id);
    }
    ctx.log('warn', 'Bitcoin reorganized a block out', { height: tip.height, hash: tip.hash });
  }
  if (tipOf(state.view) === null) {
    ctx.log('error', 'the reorganisation is deeper than the blocks that can be undone: the scan begins anew');
    state.view = emptyView;
    state.caughtUp = false;
  }
  const { depositConfirmations } = state.args.network.bitcoin;
  if (state.reorgDepth >= depositConfirmations) {
    raiseAlarm(
      state,
      'reorganisation',
      `Bitcoin reorganized ${state.reorgDepth} blocks, and ${depositConfirmations} count as deep`,
      ctx,
    );
  }
  state.scanning = true;
  saveScan(state, `undo:${state.nextKey++}`, { kind: 'undo', deposits, payouts: [...payouts], records: [] }, ctx);
}

export function onUndoSaved(
  state: BridgeActorState,
  { deposits, payouts }: Extract<PendingScan, { readonly kind: 'undo' }>,
  ctx: BridgeCtx,
): void {
  for (const outpoint of deposits) tellOperation(state, pegInId(outpoint), { type: 'DepositReorganized' }, ctx);
  for (const id of payouts) {
    for (const operation of pegOutsOf(state, id))
      reviveOperation(state, operation, { type: 'PayoutReorganized', txid: id }, ctx);
  }
  assess(state, ctx);
  state.scanning = false;
  scanNext(state, ctx);
}

/** The view is Bitcoin's again: operations learn how deep they are, and payouts may have found their coins. */
function reachedTip(state: BridgeActorState, ctx: BridgeCtx): void {
  const { view } = state;
  const hash = tipOf(view)?.hash ?? null;
  state.caughtUp = true;
  if (hash === state.toldTip) return;
  state.toldTip = hash;
  assess(state, ctx);
  tellDepths(state, ctx);
  tellPlans(state, ctx);
}
