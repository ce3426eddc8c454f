import type { OperationView } from '../protocol/views.ts';
import type { PegRow, PegTable, PegTotals } from './shapes.ts';

export interface PegQuery {
  /** A txid, an address, an operation id or an EVM hash, or a part of one; empty finds all. */
  readonly search: string;
  readonly kind: 'all' | 'pegIn' | 'pegOut';
  readonly status: 'all' | 'pending' | 'completed' | 'rejected';
  readonly offset: number;
  readonly limit: number;
}

const isRejected = (operation: OperationView): boolean => operation.rejection !== null;

const statusOf = (operation: OperationView): 'pending' | 'completed' | 'rejected' =>
  isRejected(operation) ? 'rejected' : operation.terminal ? 'completed' : 'pending';

export function pegTotals(operations: readonly OperationView[]): PegTotals {
  let pegInsPending = 0;
  let pegOutsPending = 0;
  let completed = 0;
  let rejected = 0;
  let pendingSats = 0n;
  for (const operation of operations) {
    const status = statusOf(operation);
    if (status === 'rejected') rejected += 1;
    else if (status === 'completed') completed += 1;
    else {
      if (operation.kind === 'pegIn') pegInsPending += 1;
      else pegOutsPending += 1;
      pendingSats += BigInt(operation.amountSats);
    }
  }
  return { pegInsPending, pegOutsPending, completed, rejected, pendingSats: pendingSats.toString() };
}

export function pegTable(operations: readonly OperationView[], query: PegQuery): PegTable {
  const needle = query.search.trim().toLowerCase();
  const found = operations.filter(
    (operation) =>
      (query.kind === 'all' || operation.kind === query.kind) &&
      (query.status === 'all' || statusOf(operation) === query.status) &&
      (needle === '' || mentions(operation, needle)),
  );
  return {
    total: found.length,
    offset: query.offset,
    rows: found.slice(query.offset, query.offset + query.limit).map(pegRow),
    totals: pegTotals(operations),
  };
}

function mentions(operation: OperationView, needle: string): boolean {
  return [
    operation.id,
    operation.txid,
    operation.evmTxHash,
    operation.evmBlockHash,
    operation.evmAddress,
    operation.bitcoinAddress,
    operation.state,
    operation.correlationId,
  ].some((text) => text !== null && text.toLowerCase().includes(needle));
}

function pegRow(operation: OperationView): PegRow {
  return {
    id: operation.id,
    kind: operation.kind,
    state: operation.state,
    terminal: operation.terminal,
    amountSats: operation.amountSats,
    evmAddress: operation.evmAddress,
    bitcoinAddress: operation.bitcoinAddress,
    txid: operation.txid,
    evmTxHash: operation.evmTxHash,
    confirmations: operation.confirmations,
    confirmationsRequired: operation.confirmationsRequired,
    answered: operation.members.filter(({ answer }) => answer === 'approved' || answer === 'signed').length,
    threshold: operation.threshold,
    blocker: operation.blocker,
    deadlineMs: operation.deadlineMs,
    rejection: operation.rejection,
    createdAtMs: operation.createdAtMs,
    updatedAtMs: operation.updatedAtMs,
  };
}
