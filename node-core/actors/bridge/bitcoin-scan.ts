import { scanBlock } from '../../domain/pegin/deposits.ts';
import { newPegIn } from '../../domain/pegin/operation.ts';
import { settle } from '../../domain/utxo/books.ts';
import { type BlockFindings, type FederationOutput, addFindings, applyBlock, tipOf } from '../../domain/utxo/view.ts';
import { capWindowStart } from '../../domain/pegout/cap.ts';
import {
  type BitcoinBlockHash,
  type BitcoinHeight,
  type Outpoint,
  type Slot,
  bitcoinHeight,
  pegInId,
  splitOutpoint,
} from '../../primitives/ids.ts';
import type { BitcoinTip } from '../../ports/bitcoin.ts';
import type {
  BitcoinBlockHashObserved,
  BitcoinBlockObserved,
  BitcoinTipObserved,
  BitcoinTransactionDetected,
  BridgeMessage,
} from '../../protocol/bridge.ts';
import { depositRulesOf } from './federation.ts';
import { tellDepths } from './depths.ts';
import { assess, noteConnection } from './health.ts';
import { pegInRecord } from './operation/view.ts';
import { spawnOperation, tellOperation } from './operations.ts';
import { tellPlans } from './payouts.ts';
import { undoTo } from './reorganisation.ts';
import { saveScan } from './saving.ts';
import { isScanned, missingAddresses, nextToSearchAgain } from './search-again.ts';
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

/** What was found is on disk: the scan goes on. */
export function resumeScan(state: BridgeActorState, ctx: BridgeCtx): void {
  state.scanning = false;
  scanNext(state, ctx);
}

/** Goes on towards the tip by one block, or notes that it is reached. */
function scanNext(state: BridgeActorState, ctx: BridgeCtx): void {
  const { tip, view, args } = state;
  if (state.scanning || tip === null) return;
  const again = nextToSearchAgain(state);
  if (again !== null) {
    state.scanning = true;
    const scanned = view.headers.find(({ height }) => height === again);
    if (scanned === undefined) fetchHash(state, again, ctx);
    else fetchBlock(state, scanned.hash, again, ctx);
    return;
  }
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
  const again = isScanned(state, height);
  const cursor = again ? null : tipOf(view);
  const watched = again ? missingAddresses(state) : rules.watched;
  ctx.call('bitcoin', 'getBlock', [hash], {
    party,
    as: 'GetBlock',
    timeoutMs: args.local.bitcoin.requestTimeoutMs,
    done: (outcome): BridgeMessage[] => {
      const nothing = { type: 'BitcoinBlockObserved', height, previousHash: null, findings: null } as const;
      if (!outcome.ok) return [{ ...nothing, failure: `${outcome.error.code}: ${outcome.error.reason}` }];
      const { previousHash } = outcome.value;
      if (cursor !== null && previousHash !== cursor.hash) return [{ ...nothing, previousHash, failure: null }];
      const scanned = scanBlock({ ...outcome.value, height, hash }, view, { ...rules, watched });
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

/** What an operation is told of its output; nothing for change, which is nobody's deposit. */
export function detectionOf({ outpoint, amountSats, height, origin }: FederationOutput): BitcoinTransactionDetected[] {
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
  if (isScanned(state, findings.header.height)) {
    onSearchedAgain(state, findings, ctx);
    return;
  }
  state.reorgDepth = 0;
  const slot = Math.floor(ctx.nowMs / state.args.network.slotDurationMs) as Slot;
  state.view = applyBlock(state.view, findings);
  ({ view: state.view, ledger: state.ledger } = settle(booksOf(state), capWindowStart(slot, state.args.network)));
  const quiet = findings.created.length === 0 && findings.spent.length === 0;
  if (quiet && findings.header.hash !== state.tip?.hash && findings.header.height % CURSOR_INTERVAL_BLOCKS !== 0) {
    resumeScan(state, ctx);
    return;
  }
  keepFindings(state, findings, ctx);
}

/** A block was searched once more: the next one is, when what it holds is on disk. */
function onSearchedAgain(state: BridgeActorState, findings: BlockFindings, ctx: BridgeCtx): void {
  state.view = addFindings(state.view, findings);
  state.searchAgainAt = bitcoinHeight(findings.header.height + 1);
  if (findings.created.length + findings.spent.length === 0) resumeScan(state, ctx);
  else keepFindings(state, findings, ctx);
}

/** Writes what a block holds with the operations of its deposits, which begin when it is on disk. */
function keepFindings(state: BridgeActorState, findings: BlockFindings, ctx: BridgeCtx): void {
  const deposits = findings.created.filter(({ origin }) => origin.kind !== 'change');
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
    if (detected === undefined) continue;
    const record = records.find((candidate) => candidate.id === id);
    if (record !== undefined) spawnOperation(state, record, ctx, [detected], trace);
    else tellOperation(state, id, detected, ctx, trace);
  }
  resumeScan(state, ctx);
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
