import { z } from 'zod';
import { amountText, count, list, timeMs } from './values.ts';

export const blockSummary = z.strictObject({
  root: z.string(),
  blockHash: z.string(),
  parentRoot: z.string(),
  height: count,
  slot: count,
  proposer: count,
  transactions: count,
  gasUsed: amountText,
  mints: count,
  payouts: count,
  parentVotes: count,
  finalized: z.boolean(),
});
export type BlockSummary = z.infer<typeof blockSummary>;

export const slotEntry = z.strictObject({
  slot: count,
  authority: count,
  outcome: z.enum(['ours', 'others', 'missed', 'pending']),
});
export type SlotEntry = z.infer<typeof slotEntry>;

export const haltCause = z.strictObject({
  source: z.enum(['operator', 'governance', 'node']),
  reason: z.string(),
  sinceMs: timeMs,
});

/** Two blocks or votes of one key for one slot, with both signatures. */
const evidence = z.strictObject({
  kind: z.enum(['block', 'vote']),
  slot: count,
  name: z.string(),
  publicKey: z.string(),
  firstRoot: z.string(),
  secondRoot: z.string(),
  firstSignature: z.string(),
  secondSignature: z.string(),
  firstClean: z.boolean().nullable(),
  secondClean: z.boolean().nullable(),
});
export type Evidence = z.infer<typeof evidence>;

export const chainModel = z.strictObject({
  chain: z
    .strictObject({
      state: z.string(),
      slot: count,
      highCertificateSlot: count,
      evidenceCount: count,
      evidence: list(evidence),
      mintedSats: amountText,
      burnedFeesWei: amountText,
      authorityCount: count,
    })
    .nullable(),
  head: blockSummary.nullable(),
  finalized: blockSummary.nullable(),
  blocks: list(blockSummary.extend({ proposerName: z.string() })),
});
export type ChainModel = z.infer<typeof chainModel>;

/** `settings` in the client's own order; null while the node is stopped or the client has not told them. */
export const executionModel = z.strictObject({
  settings: list(
    z.strictObject({
      path: z.string(),
      value: z.union([z.string(), z.number(), z.boolean(), z.null()]),
      changed: z.strictObject({ source: z.enum(['governance', 'operator']), who: z.string(), atMs: timeMs }).nullable(),
    }),
  ).nullable(),
});
export type ExecutionModel = z.infer<typeof executionModel>;
export type ExecutionSetting = NonNullable<ExecutionModel['settings']>[number];

export const blockDetail = z.strictObject({
  root: z.string(),
  blockHash: z.string(),
  parentRoot: z.string(),
  height: count,
  slot: count,
  proposer: z.string(),
  gasUsed: amountText,
  gasLimit: amountText,
  baseFeeWei: amountText,
  burnedFeesWei: amountText,
  stateRoot: z.string(),
  feeRecipient: z.string(),
  timestampMs: timeMs,
  transactions: list(
    z.strictObject({
      evmTxHash: z.string(),
      from: z.string(),
      to: z.string().nullable(),
      amountWei: amountText,
      selector: z.string().nullable(),
    }),
  ),
  mints: list(
    z.strictObject({ outpoint: z.string(), recipient: z.string(), amountSats: amountText, signatures: count }),
  ),
  payouts: list(z.strictObject({ status: z.string(), id: z.string(), txid: z.string(), burns: count })),
  certificate: z.strictObject({ slot: count, voters: list(z.string()) }),
});
export type BlockDetail = z.infer<typeof blockDetail>;
