import type { Hex } from '../../../primitives/hex.ts';
import type { HeadMove } from '../chain-index.ts';
import type { EthContext, MethodTable } from './context.ts';
import { limitExceeded, serverError } from './errors.ts';
import type { Json } from './json.ts';
import { toQuantity } from './json.ts';
import { type LogFilter, logFilter, matchingLogs, queriedLogs } from './log-methods.ts';
import { quantity } from './params.ts';

/** Changes that a filter keeps for its owner; then the oldest go. */
const MAX_CHANGES = 2000;

interface Filter {
  readonly kind: 'logs' | 'blocks' | 'transactions';
  readonly logs: LogFilter | null;
  readonly query: unknown;
  changes: unknown[];
  usedMs: number;
}

/** Filters that are asked for their news. Those that nobody asks for are forgotten. */
export class Filters {
  readonly #context: EthContext;
  readonly #filters = new Map<string, Filter>();
  #next = 1n;

  constructor(context: EthContext) {
    this.#context = context;
  }

  methods(): MethodTable {
    return {
      eth_newFilter: ([query]) => this.#open('logs', logFilter(query), query),
      eth_newBlockFilter: () => this.#open('blocks', null, null),
      eth_newPendingTransactionFilter: () => this.#open('transactions', null, null),
      eth_getFilterChanges: ([id]) => {
        const filter = this.#require(id);
        const { changes } = filter;
        filter.changes = [];
        return changes;
      },
      eth_getFilterLogs: ([id]) => {
        const filter = this.#require(id);
        if (filter.kind !== 'logs') throw serverError('filter not found');
        return queriedLogs(this.#context, filter.query);
      },
      eth_uninstallFilter: ([id]) => this.#filters.delete(toQuantity(quantity(id, 'filter'))),
    };
  }

  #open(kind: Filter['kind'], logs: LogFilter | null, query: unknown): Hex {
    this.#forgetIdle();
    const { maxFilters } = this.#context.config().rpc;
    if (this.#filters.size >= maxFilters) throw limitExceeded(`more than ${maxFilters} filters`);
    const id = toQuantity(this.#next++);
    this.#filters.set(id, { kind, logs, query, changes: [], usedMs: this.#context.clock() });
    return id;
  }

  #require(id: unknown): Filter {
    this.#forgetIdle();
    const filter = this.#filters.get(toQuantity(quantity(id, 'filter')));
    if (filter === undefined) throw serverError('filter not found');
    filter.usedMs = this.#context.clock();
    return filter;
  }

  #forgetIdle(): void {
    const oldest = this.#context.clock() - this.#context.config().rpc.filterIdleMs;
    for (const [id, { usedMs }] of this.#filters) if (usedMs < oldest) this.#filters.delete(id);
  }

  onHeadMoved({ removed, added }: HeadMove): void {
    for (const filter of this.#filters.values()) {
      if (filter.kind === 'blocks')
        note(
          filter,
          added.map(({ payload }) => payload.blockHash),
        );
      if (filter.logs === null) continue;
      const { logs } = filter;
      note(
        filter,
        removed.toReversed().flatMap((block) => matchingLogs(block, logs).map(asRemoved)),
      );
      note(
        filter,
        added.flatMap((block) => matchingLogs(block, logs)),
      );
    }
  }

  onPendingTransaction(hash: Hex): void {
    for (const filter of this.#filters.values()) if (filter.kind === 'transactions') note(filter, [hash]);
  }
}

export const asRemoved = (log: Json): Json => ({ ...log, removed: true });

function note(filter: Filter, changes: readonly unknown[]): void {
  filter.changes.push(...changes);
  if (filter.changes.length > MAX_CHANGES) filter.changes = filter.changes.slice(-MAX_CHANGES);
}
