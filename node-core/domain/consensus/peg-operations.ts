import { type Checked, accept, refuse } from '../../primitives/errors.ts';
import { buildPayoutTransaction } from '../pegout/payout-transaction.ts';
import { readTransaction } from '../utxo/bitcoin-transaction.ts';
import { MAX_PAYOUT_INPUTS, MAX_PAYOUT_SHARES } from './ssz.ts';
import type { Block, PegOutEntry } from './types.ts';

export type PegOutCode =
  | 'PEG_OUT_SIZE'
  | 'PEG_OUT_IDENTITY'
  | 'PEG_OUT_REPEATS'
  | 'PEG_OUT_TRANSACTION'
  | 'PEG_OUT_AMOUNTS'
  | 'PEG_OUT_CONFLICT';

type Payout = Exclude<PegOutEntry, { readonly status: 'Confirmed' }>;

/** `0x`, the 64 digits of a block hash, and a log's index. */
const BURN_ID = /^0x[0-9a-f]{64}:(?:0|[1-9]\d{0,9})$/;

/**
 * What anybody can say of a block's payouts from the block alone. Whether their inputs are the federation's, their burns
 * final and their fees right, each node's bridge says before it votes; so does it of conflicts with blocks before this
 * one, because validity must not depend on which of them are final here. Source: protocol.md, What gates what.
 */
export function checkPegOuts({ pegOuts }: Pick<Block, 'pegOuts'>): Checked<unknown, PegOutCode> {
  for (const entry of pegOuts) {
    const checked = entry.status === 'Confirmed' ? accept(undefined) : checkPayoutForm(entry);
    if (!checked.ok) return checked;
  }
  if (withoutConflicts(pegOuts, []).length < pegOuts.length)
    return refuse('PEG_OUT_CONFLICT', 'two entries pay one burn, spend one output, replace one payout or say the same');
  return accept(undefined);
}

/** An entry says of its transaction what is in it, and nothing else is. */
function checkPayoutForm(entry: Payout): Checked<unknown, PegOutCode> {
  const { status, id, txid, unsignedTx, inputs, shares } = entry;
  if (inputs.length < 1 || inputs.length > MAX_PAYOUT_INPUTS || shares.length < 1 || shares.length > MAX_PAYOUT_SHARES)
    return refuse('PEG_OUT_SIZE', `payout ${id} has ${inputs.length} inputs and ${shares.length} burns`);
  if ((id === txid) !== (status === 'Proposed'))
    return refuse('PEG_OUT_IDENTITY', `${txid} is ${status} as payout ${id}, whose first version alone has its id`);
  const strange = shares.find(({ burn }) => !BURN_ID.test(burn));
  if (strange !== undefined) return refuse('PEG_OUT_IDENTITY', `${strange.burn} names no log of a block`);
  if (hasRepeats(inputs.map(({ outpoint }) => outpoint)) || hasRepeats(shares.map(({ burn }) => burn)))
    return refuse('PEG_OUT_REPEATS', `payout ${id} names an input or a burn twice`);
  const read = readTransaction(unsignedTx);
  if (!read.ok) return refuse('PEG_OUT_TRANSACTION', read.refusal.reason);
  const { outputs } = read.value;
  const rebuilt = buildPayoutTransaction(
    inputs.map(({ outpoint }) => outpoint),
    outputs,
  );
  if (rebuilt.unsignedTx !== unsignedTx || rebuilt.txid !== txid)
    return refuse(
      'PEG_OUT_TRANSACTION',
      `the transaction of ${txid} is not of the form, the inputs and the id that are stated`,
    );
  return checkAmounts(
    entry,
    outputs.map(({ amountSats }) => amountSats),
  );
}

/** One output for each burn, in their order, at most one more for the change, and nothing is lost but the fee shares. */
function checkAmounts({ id, inputs, shares }: Payout, outputs: readonly bigint[]): Checked<unknown, PegOutCode> {
  const paid = shares.every(({ outputSats }, index) => outputs[index] === outputSats && outputSats > 0n);
  if (!paid || outputs.length > shares.length + 1)
    return refuse('PEG_OUT_AMOUNTS', `the outputs of payout ${id} are not its burns' and their change`);
  const spent = inputs.reduce((sum, { amountSats }) => sum + amountSats, 0n);
  const fees = shares.reduce((sum, { feeShareSats }) => sum + feeShareSats, 0n);
  const received = outputs.reduce((sum, amountSats) => sum + amountSats, 0n);
  return spent === received + fees
    ? accept(undefined)
    : refuse('PEG_OUT_AMOUNTS', `payout ${id} spends ${spent} sat for ${received} sat and ${fees} sat of fees`);
}

const hasRepeats = (values: readonly string[]): boolean => new Set(values).size < values.length;

/**
 * Leaves out what pays a burn again, spends an input again, replaces a payout again or says again what one of `standing`
 * says (INV-4, INV-7). Of two replacements the second's fee would not have been compared with the first's.
 */
export function withoutConflicts(
  entries: readonly PegOutEntry[],
  standing: readonly PegOutEntry[],
): readonly PegOutEntry[] {
  const taken = new Set(standing.flatMap(claimsOf));
  return entries.filter((entry) => {
    const claims = claimsOf(entry);
    if (claims.some((claim) => taken.has(claim))) return false;
    for (const claim of claims) taken.add(claim);
    return true;
  });
}

function claimsOf(entry: PegOutEntry): readonly string[] {
  switch (entry.status) {
    case 'Proposed':
      return [
        ...entry.shares.map(({ burn }) => `burn ${burn}`),
        ...entry.inputs.map(({ outpoint }) => `input ${outpoint}`),
      ];
    case 'Replaced':
      return [`replacement of ${entry.id}`];
    case 'Confirmed':
      return [`confirmed ${entry.id}`];
  }
}
