import type {
  BitcoinHeight,
  BlockHeight,
  BlockRoot,
  Epoch,
  EvmAddress,
  EvmBlockHash,
  MemberIndex,
  Outpoint,
} from '../../primitives/ids.ts';
import type { Sats } from '../../primitives/units.ts';
import type { CertifiedPegIn, MemberSignature, SchnorrSignature } from '../consensus/types.ts';
import { type OperationStep, addStep } from '../operation-steps.ts';
import type { FederationOutput } from '../utxo/view.ts';
import { type PegInEvent, type PegInState, pegInMachine } from './machine.ts';

/** One member's verified answer about a deposit. */
export interface MemberVote {
  readonly member: MemberIndex;
  readonly approved: boolean;
  readonly reason: string | null;
  readonly signature: SchnorrSignature | null;
}

/** A peg-in as the store keeps it: everything that its actor needs to go on after a crash. */
export interface PegIn {
  readonly state: PegInState;
  readonly outpoint: Outpoint;
  readonly amountSats: Sats;
  /** Null together with a rejection. */
  readonly recipient: EvmAddress | null;
  readonly rejection: string | null;
  /** Null while a reorganisation has the deposit out of the chain. */
  readonly bitcoinHeight: BitcoinHeight | null;
  /** Epoch of the member set that is asked. */
  readonly epoch: Epoch;
  /** By member. */
  readonly votes: readonly MemberVote[];
  /** How often governance has denied it as a whole. */
  readonly denials: number;
  readonly certificate: readonly MemberSignature[] | null;
  readonly mint: { readonly root: BlockRoot; readonly blockHash: EvmBlockHash; readonly height: BlockHeight } | null;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
  readonly steps: readonly OperationStep[];
}

/** A deposit that was just seen. */
export function newPegIn(output: FederationOutput, epoch: Epoch, nowMs: number): PegIn {
  const { origin } = output;
  return {
    state: pegInMachine.initial as PegInState,
    outpoint: output.outpoint,
    amountSats: output.amountSats,
    recipient: origin.kind === 'deposit' ? origin.recipient : null,
    rejection: origin.kind === 'rejected' ? origin.reason : null,
    bitcoinHeight: output.height,
    epoch,
    votes: [],
    denials: 0,
    certificate: null,
    mint: null,
    createdAtMs: nowMs,
    updatedAtMs: nowMs,
    steps: [{ atMs: nowMs, event: 'BitcoinTransactionDetected', state: 'ProcessingPegIn', detail: null }],
  };
}

type PegInChange = Partial<Omit<PegIn, 'state' | 'steps' | 'createdAtMs' | 'updatedAtMs'>>;

/** Takes one arrow of the machine. @throws LogicError when there is no such arrow. */
export function stepPegIn(
  pegIn: PegIn,
  event: PegInEvent,
  nowMs: number,
  change: PegInChange = {},
  detail: string | null = null,
): PegIn {
  const state = pegInMachine.next(pegIn.state, event);
  const steps = addStep(pegIn.steps, { atMs: nowMs, event, state, detail });
  return { ...pegIn, ...change, state, updatedAtMs: nowMs, steps };
}

/** Notes what happened without an arrow. */
export function notePegIn(
  pegIn: PegIn,
  event: string,
  nowMs: number,
  change: PegInChange,
  detail: string | null = null,
): PegIn {
  const steps = addStep(pegIn.steps, { atMs: nowMs, event, state: pegIn.state, detail });
  return { ...pegIn, ...change, updatedAtMs: nowMs, steps };
}

/** Adds or replaces one member's vote, in member order. */
export const withVote = (votes: readonly MemberVote[], vote: MemberVote): readonly MemberVote[] =>
  [...votes.filter(({ member }) => member !== vote.member), vote].sort((a, b) => a.member - b.member);

/** Nothing more is done about it by this node. */
export const isPegInTerminal = ({ state }: Pick<PegIn, 'state'>): boolean =>
  state === 'Completed' || state === 'Rejected';

/** What the chain mints by; null before governance approved. */
export function certifiedPegIn({ outpoint, amountSats, recipient, epoch, certificate }: PegIn): CertifiedPegIn | null {
  return recipient === null || certificate === null ? null : { outpoint, amountSats, recipient, epoch, certificate };
}
