import { z } from 'zod';
import { machinePicture } from './record.ts';
import { amountText, count, list, timeMs } from './values.ts';

export const solvency = z.strictObject({
  reserveSats: amountText,
  supplySats: amountText,
  burnsUnpaidSats: amountText,
  depositsUnmintedSats: amountText,
  rejectedUnreturnedSats: amountText,
  liabilitiesSats: amountText,
  surplusSats: amountText,
  atBitcoinHeight: count,
  atBlockHeight: count,
});
export type Solvency = z.infer<typeof solvency>;

export const pegTotals = z.strictObject({
  pegInsPending: count,
  pegOutsPending: count,
  completed: count,
  rejected: count,
  pendingSats: amountText,
});

const operationHead = z.strictObject({
  id: z.string(),
  kind: z.enum(['pegIn', 'pegOut']),
  state: z.string(),
  terminal: z.boolean(),
  amountSats: amountText,
  evmAddress: z.string().nullable(),
  bitcoinAddress: z.string().nullable(),
  txid: z.string().nullable(),
  evmTxHash: z.string().nullable(),
  confirmations: count,
  confirmationsRequired: count,
  threshold: count,
  blocker: z.string().nullable(),
  deadlineMs: timeMs.nullable(),
  rejection: z.string().nullable(),
  createdAtMs: timeMs,
  updatedAtMs: timeMs,
});

export const pegRow = operationHead.extend({ answered: count });
export type PegRow = z.infer<typeof pegRow>;

export const pegTable = z.strictObject({ total: count, offset: count, rows: list(pegRow), totals: pegTotals });
export type PegTable = z.infer<typeof pegTable>;

export const operation = operationHead.extend({
  evmBlockHash: z.string().nullable(),
  evmBlockHeight: count.nullable(),
  bitcoinHeight: count.nullable(),
  members: list(
    z.strictObject({
      member: count,
      answer: z.enum(['waiting', 'approved', 'signed', 'refused']),
      reason: z.string().nullable(),
    }),
  ),
  feeSats: amountText.nullable(),
  rawTx: z.string().nullable(),
  steps: list(z.strictObject({ atMs: timeMs, event: z.string(), state: z.string(), detail: z.string().nullable() })),
  correlationId: z.string(),
});
export type Operation = z.infer<typeof operation>;

export const caseFile = z.strictObject({
  operation,
  machine: machinePicture.nullable(),
  transaction: z
    .strictObject({
      txid: z.string(),
      virtualBytes: count,
      signalsReplacement: z.boolean(),
      inputs: list(z.strictObject({ outpoint: z.string(), witnessItems: count })),
      outputs: list(
        z.strictObject({ vout: count, amountSats: amountText, address: z.string().nullable(), script: z.string() }),
      ),
    })
    .nullable(),
  members: list(
    z.strictObject({
      name: z.string(),
      standing: z.enum(['approved', 'signed', 'refused', 'notAsked', 'missing', 'notNeeded']),
      reason: z.string().nullable(),
    }),
  ),
  nextAction: z.string(),
});
export type CaseFile = z.infer<typeof caseFile>;
