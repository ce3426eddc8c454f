import { encodeJson } from '../../domain/utxo/json.ts';
import { BITCOIN_KEY, LEDGER_KEY } from './keys.ts';
import type { BridgeActorState, BridgeCtx, PendingScan } from './state.ts';

/** The ledger's cursor is written down at least this often; final blocks above it are asked for again after a restart. */
const LEDGER_INTERVAL_BLOCKS = 64;

/** Writes what a scan found with the cursors that say how far it got, all or nothing. */
export function saveScan(state: BridgeActorState, key: string, pending: PendingScan, ctx: BridgeCtx): void {
  state.pendingScans.set(key, pending);
  writeScan(state, key, pending, ctx);
}

/** Writes a pending scan, with the cursors as they are now. */
export function writeScan(state: BridgeActorState, key: string, { records }: PendingScan, ctx: BridgeCtx): void {
  ctx.ask(
    state.storage,
    {
      type: 'PersistScan',
      key,
      operations: records,
      values: [
        [BITCOIN_KEY, encodeJson(state.view)],
        [LEDGER_KEY, encodeJson(state.ledger)],
      ],
    },
    { timeoutMs: state.timing.storageTimeoutMs, onTimeout: { type: 'BridgeTimeout', what: 'scan', key } },
  );
}

/** Writes the ledger when a final block changed the pegs, and now and then when none did. */
export function saveLedger(state: BridgeActorState, changed: boolean, ctx: BridgeCtx): void {
  if (!changed && state.ledger.finalHeight % LEDGER_INTERVAL_BLOCKS !== 0) return;
  const key = `ledger:${state.nextKey++}`;
  ctx.ask(
    state.storage,
    { type: 'PutValue', key, name: LEDGER_KEY, value: encodeJson(state.ledger) },
    { timeoutMs: state.timing.storageTimeoutMs, onTimeout: { type: 'BridgeTimeout', what: 'ledger', key } },
  );
}
