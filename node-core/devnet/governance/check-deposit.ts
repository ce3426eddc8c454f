import type { Network } from '../../config/network.ts';
import { type Checked, accept, refuse } from '../../primitives/errors.ts';
import { bytesToBareHex } from '../../primitives/hex.ts';
import type { BitcoinView, ConfirmedTransaction } from './bitcoin-view.ts';
import type { ClaimRefusal, DepositClaim } from './claims.ts';
import type { MemberFederation } from './federation.ts';
import type { EpochSchedule } from './schedule.ts';

/** Blocks until a coinbase can be spent. Source: Bitcoin Core, consensus.h. */
const COINBASE_MATURITY = 100;

/** OP_RETURN with 20 raw bytes, or with the 40 hex digits as text, with or without `0x`. Source: protocol.md, deposits. */
const RAW_RECIPIENT = /^6a14([0-9a-f]{40})$/;
const TEXT_RECIPIENT = /^6a(?:28|2a3078)((?:[0-9a-f]{2}){40})$/;

/** The account that an output names, `0x` and 40 digits; null when it names none. */
function recipientIn(script: string): string | null {
  const raw = RAW_RECIPIENT.exec(script)?.[1];
  if (raw !== undefined) return `0x${raw}`;
  const text = TEXT_RECIPIENT.exec(script)?.[1];
  if (text === undefined) return null;
  const digits = Buffer.from(text, 'hex').toString('latin1').toLowerCase();
  return /^[0-9a-f]{40}$/.test(digits) ? `0x${digits}` : null;
}

/** A script-path spend shows the leaf: with the unspendable internal key there is no other way to spend the federation. */
function spendsFederation({ witnesses }: ConfirmedTransaction, federations: readonly MemberFederation[]): boolean {
  const leaves = federations.map(({ leafScript }) => bytesToBareHex(leafScript));
  return witnesses.some((stack) => stack.some((item) => leaves.includes(bytesToBareHex(item))));
}

/**
 * Whether a claimed deposit is on Bitcoin as claimed: at that outpoint and height, deep enough, to the epoch's
 * federation, of that amount, naming that account and no other.
 */
export async function checkDeposit(
  claim: DepositClaim,
  rules: Network['bitcoin'],
  schedule: EpochSchedule,
  bitcoin: BitcoinView,
): Promise<Checked<undefined, ClaimRefusal>> {
  const federation = schedule.find(claim.epoch);
  const activeEpoch = schedule.active().entry.epoch;
  if (claim.epoch > activeEpoch) return refuse('NOT_YET', 'an epoch to come');
  // What was asked before the members changed is still the former members' to approve.
  if (federation === null || claim.epoch < activeEpoch - 1) return refuse('FALSE', 'an epoch of the past');
  const transaction = await bitcoin.transactionAt(claim.bitcoinHeight, claim.txid);
  if (transaction === null) return refuse('NOT_YET', 'the transaction is not in the block at that height');
  const required = transaction.isCoinbase ? COINBASE_MATURITY : rules.depositConfirmations;
  if (transaction.confirmations < required) {
    return refuse('NOT_YET', `${transaction.confirmations} confirmations of the ${required} needed`);
  }
  const output = transaction.outputs[claim.vout];
  // The present members approve what pays an address of former ones as well, until it is retired.
  const paid = schedule.all().findLast(({ scriptPubKey }) => scriptPubKey === output?.script)?.entry.epoch;
  if (output === undefined || paid === undefined || paid > claim.epoch)
    return refuse('FALSE', 'the output does not pay the federation');
  const retiredFrom = schedule.find(paid + 1)?.entry.handover?.untilBitcoinHeight ?? Infinity;
  if (claim.bitcoinHeight >= retiredFrom) return refuse('FALSE', `the address of epoch ${paid} is retired`);
  if (output.amountSats !== claim.amountSats) return refuse('FALSE', `the output is of ${output.amountSats} sat`);
  if (output.amountSats < BigInt(rules.minDepositSats)) return refuse('FALSE', 'the deposit is below the minimum');
  if (spendsFederation(transaction, schedule.all()))
    return refuse('FALSE', "the output is the federation's own change");
  const recipients = transaction.outputs.map(({ script }) => recipientIn(script)).filter((name) => name !== null);
  if (recipients.length !== 1) return refuse('FALSE', `the transaction names ${recipients.length} accounts`);
  if (recipients[0] !== claim.recipient) return refuse('FALSE', 'the transaction names another account');
  return accept(undefined);
}
