import { encodeJson } from '../../domain/utxo/json.ts';
import type { OperationRecord } from '../../ports/store.ts';
import { BITCOIN_KEY, LEDGER_KEY } from './keys.ts';
import type { BridgeActorState, BridgeCtx, PendingScan } from './state.ts';

/** The ledger's cursor is written down at least this often; final blocks above it are asked for again after a restart. */
const LEDGER_INTERVAL_BLOCKS = 64;

/** Writes what a scan found with the cursors that say how far it got; it takes effect when it is on disk. */
export function saveScan(state: BridgeActorState, key: string, pending: PendingScan, ctx: BridgeCtx): void {
  state.pendingScans.set(key, pending);
  writeBooks(state, key, ctx);
}

/** Writes the ledger when a final block changed the pegs, and now and then when none did. */
export function saveLedger(state: BridgeActorState, changed: boolean, ctx: BridgeCtx): void {
  if (!changed && state.ledger.finalHeight % LEDGER_INTERVAL_BLOCKS !== 0) return;
  writeBooks(state, `ledger:${state.nextKey++}`, ctx);
}

/**
 * Writes both sides of the books, all or nothing, with every operation that they know of and that is not on disk yet: so
 * the books on disk never hold a deposit or a burn without its operation, whichever write of several succeeds.
 */
export function writeBooks(state: BridgeActorState, key: string, ctx: BridgeCtx): void {
  const operations = [...state.pendingScans.values()].flatMap(({ records }): readonly OperationRecord[] => records);
  ctx.ask(
    state.storage,
    {
      type: 'PersistScan',
      key,
      operations,
      values: [
        [BITCOIN_KEY, encodeJson(state.view)],
        [LEDGER_KEY, encodeJson(state.ledger)],
      ],
    },
    { timeoutMs: state.timing.storageTimeoutMs, onTimeout: { type: 'BridgeTimeout', what: 'scan', key } },
  );
}
