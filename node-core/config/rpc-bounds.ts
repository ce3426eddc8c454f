import { z } from 'zod';

const count = z.number().int().positive();

/** What wallets may ask for, whichever execution client answers. Changed while the node runs, with the execution's settings. */
export const rpcBoundsSchema = z.strictObject({
  /** Gas that a call or an estimate may use. Source: geth, `--rpc.gascap`. */
  callGasLimit: z.number().int().min(21_000).max(1_000_000_000),
  /** How long a call or an estimate may run. Source: geth, `--rpc.evmtimeout`. */
  callTimeoutMs: count.max(60_000),
  /** Blocks that one query for logs may span. */
  maxLogRange: count.max(1_000_000),
  /** Logs that one query may return. */
  maxLogs: count.max(1_000_000),
  /** Filters at a time; one that nobody asks for is forgotten after `filterIdleMs`. */
  maxFilters: count.max(10_000),
  filterIdleMs: count,
});
export type RpcBounds = z.infer<typeof rpcBoundsSchema>;

export const DEFAULT_RPC_BOUNDS: RpcBounds = {
  callGasLimit: 50_000_000,
  callTimeoutMs: 5000,
  maxLogRange: 5000,
  maxLogs: 10_000,
  maxFilters: 1024,
  filterIdleMs: 300_000,
};
