import type { BitcoinHeight, BlockHeight, BlockRoot, MemberIndex, Txid } from '../../primitives/ids.ts';
import type { Burn, SchnorrSignature } from '../consensus/types.ts';
import { type OperationStep, addStep } from '../operation-steps.ts';
import type { UnsignedPayoutEntry } from '../utxo/ledger.ts';
import { type PegOutEvent, type PegOutState, pegOutMachine } from './machine.ts';

/** One member's verified signatures of the payout's newest version, one for each input; null when it refused. */
export interface MemberPayoutSignatures {
  readonly member: MemberIndex;
  readonly signatures: readonly SchnorrSignature[] | null;
  readonly reason: string | null;
}

/** A payout's newest version, in a final block. */
export interface FinalPayout {
  readonly entry: UnsignedPayoutEntry;
  readonly root: BlockRoot;
  readonly height: BlockHeight;
}

/** A peg-out as the store keeps it: everything that its actor needs to go on after a crash. */
export interface PegOut {
  readonly state: PegOutState;
  readonly burn: Burn;
  /** Why it can't be paid, known from the start. */
  readonly rejection: string | null;
  readonly payout: FinalPayout | null;
  /** Of `payout`, kept as they come (HOLE-7). */
  readonly signatures: readonly MemberPayoutSignatures[];
  /** The signed transaction, bare hex: on disk before it is broadcast. */
  readonly rawTx: string | null;
  /** The version of the payout that Bitcoin has in a block, and where. */
  readonly confirmedTxid: Txid | null;
  readonly bitcoinHeight: BitcoinHeight | null;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
  readonly steps: readonly OperationStep[];
}

/** A burn that was just found in a final block. */
export const newPegOut = (burn: Burn, rejection: string | null, nowMs: number): PegOut => ({
  state: pegOutMachine.initial as PegOutState,
  burn,
  rejection,
  payout: null,
  signatures: [],
  rawTx: null,
  confirmedTxid: null,
  bitcoinHeight: null,
  createdAtMs: nowMs,
  updatedAtMs: nowMs,
  steps: [{ atMs: nowMs, event: 'BurnEventDetected', state: 'ProcessingPegOut', detail: null }],
});

type PegOutChange = Partial<Omit<PegOut, 'state' | 'steps' | 'createdAtMs' | 'updatedAtMs'>>;

/** Takes one arrow of the machine. @throws LogicError when there is no such arrow. */
export function stepPegOut(
  pegOut: PegOut,
  event: PegOutEvent,
  nowMs: number,
  change: PegOutChange = {},
  detail: string | null = null,
): PegOut {
  const state = pegOutMachine.next(pegOut.state, event);
  const steps = addStep(pegOut.steps, { atMs: nowMs, event, state, detail });
  return { ...pegOut, ...change, state, updatedAtMs: nowMs, steps };
}

/** Notes what happened without an arrow. */
export function notePegOut(
  pegOut: PegOut,
  event: string,
  nowMs: number,
  change: PegOutChange,
  detail: string | null = null,
): PegOut {
  const steps = addStep(pegOut.steps, { atMs: nowMs, event, state: pegOut.state, detail });
  return { ...pegOut, ...change, updatedAtMs: nowMs, steps };
}

/** Adds or replaces one member's answer, in member order. */
export const withSignatures = (
  known: readonly MemberPayoutSignatures[],
  answer: MemberPayoutSignatures,
): readonly MemberPayoutSignatures[] =>
  [...known.filter(({ member }) => member !== answer.member), answer].sort((a, b) => a.member - b.member);

/** Nothing more is done about it by this node, unless Bitcoin takes its payout back. */
export const isPegOutTerminal = ({ state }: Pick<PegOut, 'state'>): boolean =>
  state === 'Completed' || state === 'Rejected';
