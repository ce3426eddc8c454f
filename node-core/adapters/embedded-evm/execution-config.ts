import { z } from 'zod';
import { MAX_TRANSACTION_BYTES } from '../../domain/consensus/ssz.ts';
import { DEFAULT_RPC_BOUNDS, rpcBoundsSchema } from '../../config/rpc-bounds.ts';

const count = z.number().int().positive();
const weiText = z.string().regex(/^\d{1,30}$/, 'a whole number of wei, as decimal text');

/** What may be changed while the node runs. Defaults in brackets. */
export const executionConfigSchema = z.strictObject({
  /** The gas limit moves toward it by less than a 1024th a block; at most the network file's, which null means. */
  gasLimitTarget: z.number().int().min(5_000_000).max(1_000_000_000).nullable(),
  /** Lowest priority fee a unit of gas that the pool takes: 0.001 gwei, so that a transfer tips 2 sat. */
  minTipWei: weiText,
  /**
   * The states of this many last final blocks are kept, and those of all newer ones; null: of all, as an archive does.
   * Blocks and receipts are always kept. A pruned state comes back only by executing the chain again.
   */
  keepStateBlocks: z.number().int().min(16).max(1_000_000_000).nullable(),
  pool: z.strictObject({
    /** Transactions in all. */
    maxTransactions: count.max(1_000_000),
    /** Bytes in all. */
    maxBytes: count.max(1 << 30),
    /** Transactions of one account, those that wait for a nonce included. */
    maxPerAccount: count.max(100_000),
    /** What a replacement must pay more than what it replaces, in percent. Source: geth, `PriceBump`. */
    priceBumpPercent: z.number().int().min(1).max(1000),
    /** Bytes of one transaction. Source: geth, `txMaxSize`. A block with a longer one is invalid. */
    maxTransactionBytes: count.max(MAX_TRANSACTION_BYTES),
    /** Gas of one transaction: what a block's time is enough for, of nearly all code. The largest contract's creation takes 6 million. */
    maxTransactionGas: z.number().int().min(21_000).max(1_000_000_000),
  }),
  rpc: rpcBoundsSchema,
});
export type ExecutionConfig = z.infer<typeof executionConfigSchema>;

/** Any part of the settings. */
const changeSchema = z.strictObject({
  ...executionConfigSchema.partial().shape,
  pool: executionConfigSchema.shape.pool.partial().optional(),
  rpc: executionConfigSchema.shape.rpc.partial().optional(),
});

/** The settings with a change, given as JSON text; or what is wrong with it. */
export function changeConfig(
  config: ExecutionConfig,
  text: string,
  mostGas: number,
):
  | { readonly ok: true; readonly config: ExecutionConfig }
  | { readonly ok: false; readonly reasons: readonly string[] } {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return { ok: false, reasons: ['the settings are not JSON'] };
  }
  const change = changeSchema.safeParse(json);
  if (!change.success) return { ok: false, reasons: sentences(change.error) };
  const { gasLimitTarget } = change.data;
  if (gasLimitTarget !== undefined && gasLimitTarget !== null && gasLimitTarget > mostGas)
    return { ok: false, reasons: [`gasLimitTarget: at most ${mostGas}, the network's gas limit`] };
  const { pool, rpc, ...rest } = change.data;
  const changed = { ...config, ...rest, pool: { ...config.pool, ...pool }, rpc: { ...config.rpc, ...rpc } };
  return { ok: true, config: executionConfigSchema.parse(changed) };
}

const sentences = (error: z.ZodError): readonly string[] =>
  error.issues.map(({ path, message }) => `${path.join('.') || 'settings'}: ${message}`);

export const DEFAULT_EXECUTION_CONFIG: ExecutionConfig = {
  gasLimitTarget: null,
  minTipWei: '1000000',
  keepStateBlocks: 1024,
  pool: {
    maxTransactions: 8192,
    maxBytes: 64 * 1024 * 1024,
    maxPerAccount: 256,
    priceBumpPercent: 10,
    maxTransactionBytes: MAX_TRANSACTION_BYTES,
    maxTransactionGas: 8_000_000,
  },
  rpc: DEFAULT_RPC_BOUNDS,
};
