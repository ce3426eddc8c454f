import type { PegIn } from '../../../domain/pegin/operation.ts';
import { isPegInTerminal } from '../../../domain/pegin/operation.ts';
import { type PegOut, isPegOutTerminal } from '../../../domain/pegout/operation.ts';
import { encodeJson } from '../../../domain/utxo/json.ts';
import { type OperationId, pegInId, pegOutId, splitOutpoint } from '../../../primitives/ids.ts';
import { weiToSats } from '../../../primitives/units.ts';
import type { OperationRecord } from '../../../ports/store.ts';
import type { OperationView } from '../../../protocol/views.ts';

/** What an operation's view needs beside the operation. */
export interface OperationContext {
  readonly confirmations: number;
  readonly confirmationsRequired: number;
  readonly memberCount: number;
  readonly threshold: number;
  /** What it waits for, in words. */
  readonly blocker: string | null;
}

const MINUTE_MS = 60_000;
/** How long a state may last before the operator should look, from the operation's last step. A deposit and a payout wait for Bitcoin. */
const PATIENCE_MS: Readonly<Record<string, number>> = {
  ProcessingPegIn: 6 * 60 * MINUTE_MS,
  WaitingApproval: 30 * MINUTE_MS,
  Minting: 10 * MINUTE_MS,
  ProcessingPegOut: 30 * MINUTE_MS,
  CollectingSignatures: 30 * MINUTE_MS,
  Broadcasting: 10 * MINUTE_MS,
  Confirming: 6 * 60 * MINUTE_MS,
};

const deadlineOf = (state: string, updatedAtMs: number): number | null => {
  const patience = PATIENCE_MS[state];
  return patience === undefined ? null : updatedAtMs + patience;
};

type MemberAnswer = OperationView['members'][number];

function membersOf(count: number, answers: ReadonlyMap<number, Omit<MemberAnswer, 'member'>>): MemberAnswer[] {
  return Array.from({ length: count }, (_, member) => ({
    member,
    ...(answers.get(member) ?? { answer: 'waiting', reason: null }),
  }));
}

export function pegInView(pegIn: PegIn, context: OperationContext): OperationView {
  const { state, mint } = pegIn;
  const terminal = isPegInTerminal(pegIn);
  const answers = pegIn.votes.map(({ member, approved, reason }): [number, Omit<MemberAnswer, 'member'>] => [
    member,
    { answer: approved ? 'approved' : 'refused', reason },
  ]);
  return {
    id: pegInId(pegIn.outpoint),
    kind: 'pegIn',
    state,
    terminal,
    amountSats: pegIn.amountSats.toString(),
    evmAddress: pegIn.recipient,
    bitcoinAddress: null,
    txid: splitOutpoint(pegIn.outpoint).txid,
    evmTxHash: null,
    evmBlockHash: mint?.blockHash ?? null,
    evmBlockHeight: mint?.height ?? null,
    bitcoinHeight: pegIn.bitcoinHeight,
    confirmations: context.confirmations,
    confirmationsRequired: context.confirmationsRequired,
    members: membersOf(context.memberCount, new Map(answers)),
    threshold: context.threshold,
    feeSats: null,
    rawTx: null,
    blocker: terminal ? null : context.blocker,
    deadlineMs: terminal ? null : deadlineOf(state, pegIn.updatedAtMs),
    rejection: state === 'Rejected' ? pegIn.rejection : null,
    createdAtMs: pegIn.createdAtMs,
    updatedAtMs: pegIn.updatedAtMs,
    steps: pegIn.steps,
    correlationId: correlationOfPegIn(pegIn),
  };
}

export function pegOutView(pegOut: PegOut, context: OperationContext): OperationView {
  const { state, burn, payout } = pegOut;
  const terminal = isPegOutTerminal(pegOut);
  const share = payout?.entry.shares.find((candidate) => candidate.burn === burn.id);
  const answers = pegOut.signatures.map(({ member, signatures, reason }): [number, Omit<MemberAnswer, 'member'>] => [
    member,
    { answer: signatures === null ? 'refused' : 'signed', reason },
  ]);
  return {
    id: pegOutId(burn.id),
    kind: 'pegOut',
    state,
    terminal,
    amountSats: weiToSats(burn.amountWei).quotientSats.toString(),
    evmAddress: burn.sender,
    bitcoinAddress: burn.destination,
    txid: pegOut.confirmedTxid ?? payout?.entry.txid ?? null,
    evmTxHash: burn.evmTxHash,
    evmBlockHash: burn.blockHash,
    evmBlockHeight: burn.height,
    bitcoinHeight: pegOut.bitcoinHeight,
    confirmations: context.confirmations,
    confirmationsRequired: context.confirmationsRequired,
    members: membersOf(context.memberCount, new Map(answers)),
    threshold: context.threshold,
    feeSats: share?.feeShareSats.toString() ?? null,
    rawTx: pegOut.rawTx ?? payout?.entry.unsignedTx ?? null,
    blocker: terminal ? null : context.blocker,
    deadlineMs: terminal ? null : deadlineOf(state, pegOut.updatedAtMs),
    rejection: state === 'Rejected' ? pegOut.rejection : null,
    createdAtMs: pegOut.createdAtMs,
    updatedAtMs: pegOut.updatedAtMs,
    steps: pegOut.steps,
    correlationId: correlationOfPegOut(pegOut),
  };
}

/** A deposit's story is its operation's own; a burn's began with the user's transaction. */
export const correlationOfPegIn = ({ outpoint }: Pick<PegIn, 'outpoint'>): OperationId => pegInId(outpoint);
export const correlationOfPegOut = ({ burn }: Pick<PegOut, 'burn'>): string => `tx:${burn.evmTxHash}`;

export const pegInRecord = (pegIn: PegIn): OperationRecord => ({
  id: pegInId(pegIn.outpoint),
  kind: 'pegIn',
  state: pegIn.state,
  terminal: isPegInTerminal(pegIn),
  data: encodeJson(pegIn),
  createdAtMs: pegIn.createdAtMs,
  updatedAtMs: pegIn.updatedAtMs,
});

export const pegOutRecord = (pegOut: PegOut): OperationRecord => ({
  id: pegOutId(pegOut.burn.id),
  kind: 'pegOut',
  state: pegOut.state,
  terminal: isPegOutTerminal(pegOut),
  data: encodeJson(pegOut),
  createdAtMs: pegOut.createdAtMs,
  updatedAtMs: pegOut.updatedAtMs,
});
