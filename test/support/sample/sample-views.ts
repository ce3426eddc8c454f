import { createHash } from 'node:crypto';
import type {
  BlockSummary,
  BridgeView,
  ChainView,
  NetworkView,
  OperationView,
  StreamView,
} from '../../../node-core/protocol/views.ts';

export const hex = (text: string): string => createHash('sha256').update(text).digest('hex');
export const FEDERATION = 'bcrt1pyjrtzxpj7vzpjz6kvps5c2ajhkupt8qk22ncdpdz23wdl5j7dp8qexkr43';

const SLOT_MS = 2000;

export function chainView(slot: number, halted: ChainView['haltCauses']): ChainView {
  const block = (height: number): BlockSummary => ({
    root: `0x${hex(`root ${height}`)}`,
    blockHash: `0x${hex(`hash ${height}`)}`,
    parentRoot: `0x${hex(`root ${height - 1}`)}`,
    height,
    slot: height + 7,
    proposer: height % 3,
    transactions: height % 5 === 0 ? 2 : 0,
    gasUsed: height % 5 === 0 ? '84312' : '0',
    mints: height % 9 === 0 ? 1 : 0,
    payouts: height % 17 === 0 ? 1 : 0,
    parentVotes: 3,
    finalized: height <= slot - 9,
  });
  const head = slot - 7;
  return {
    state: 'Active',
    loadFailure: null,
    halted: halted.length > 0,
    haltCauses: halted,
    haltUnsaved: null,
    authorityIndex: 0,
    authorityCount: 3,
    slot,
    slotDurationMs: SLOT_MS,
    head: block(head),
    finalized: block(head - 2),
    highCertificateSlot: slot - 1,
    recentBlocks: Array.from({ length: Math.min(64, head) }, (_, i) => block(head - i)),
    recentSlots: Array.from({ length: 60 }, (_, i) => {
      const at = slot - i;
      return {
        slot: at,
        authority: at % 3,
        outcome: i === 0 ? 'pending' : at % 23 === 0 ? 'missed' : at % 3 === 0 ? 'ours' : 'others',
      } as const;
    }),
    earlyBlocks: [],
    evidenceCount: 0,
    evidence: [],
    disarmed: null,
    guardFailure: null,
    lastSignedSlots: [],
    mintedSats: '45000000',
    burnedFeesWei: '8420000000000',
  };
}

const PEG_IN_STATES = ['ProcessingPegIn', 'WaitingApproval', 'Minting', 'Completed', 'Completed', 'Rejected'];
const PEG_OUT_STATES = ['ProcessingPegOut', 'CollectingSignatures', 'Broadcasting', 'Confirming', 'Completed'];

export function operationView(index: number, nowMs: number): OperationView {
  const kind = index % 3 === 2 ? 'pegOut' : 'pegIn';
  const states = kind === 'pegIn' ? PEG_IN_STATES : PEG_OUT_STATES;
  const state = index > 14 ? 'Completed' : (states[index % states.length] ?? 'Completed');
  const terminal = state === 'Completed' || state === 'Rejected';
  const txid = hex(`tx ${index}`);
  const id = kind === 'pegIn' ? `peg-in:${txid}:0` : `peg-out:0x${hex(`block ${index}`)}:${index}`;
  const createdAtMs = nowMs - index * 67_000 - 20_000;
  const answered = terminal ? 3 : index % 3;
  const done = kind === 'pegIn' ? 'approved' : 'signed';
  return {
    id,
    kind,
    state,
    terminal,
    amountSats: String(1_000_000 + ((index * 7_919_311) % 90_000_000)),
    evmAddress: `0x${hex(`account ${index}`).slice(0, 40)}`,
    bitcoinAddress: kind === 'pegOut' ? 'bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080' : null,
    txid: state === 'ProcessingPegOut' ? null : txid,
    evmTxHash: kind === 'pegOut' ? `0x${hex(`burn ${index}`)}` : null,
    evmBlockHash: terminal && kind === 'pegIn' ? `0x${hex(`mint ${index}`)}` : null,
    evmBlockHeight: terminal ? 1200 - index : null,
    bitcoinHeight: 214 - index,
    confirmations: terminal ? 6 : index % 3,
    confirmationsRequired: 2,
    members: [0, 1, 2].map((member) => ({
      member,
      answer: member < answered ? done : 'waiting',
      reason: null,
    })),
    threshold: 2,
    feeSats: kind === 'pegOut' ? '412' : null,
    rawTx: null,
    blocker: terminal ? null : state === 'WaitingApproval' ? 'votes of 2 members' : 'confirmations',
    deadlineMs: terminal ? null : createdAtMs + 90_000 + index * 30_000,
    rejection: state === 'Rejected' ? 'the deposit is below the minimum of 10000 sat' : null,
    createdAtMs,
    updatedAtMs: createdAtMs + 9000,
    steps: [
      { atMs: createdAtMs, event: 'Detected', state: states[0] ?? '', detail: `at height ${214 - index}` },
      ...(state === states[0] ? [] : [{ atMs: createdAtMs + 4200, event: 'ValidationPassed', state, detail: null }]),
    ],
    correlationId: id,
  };
}

export function bridgeView(operations: readonly OperationView[], tip: number): BridgeView {
  return {
    state: 'Monitoring',
    bitcoinTip: { height: tip, hash: hex(`tip ${tip}`) },
    scannedHeight: tip,
    federationAddress: FEDERATION,
    confirmationsRequired: 2,
    frozen: null,
    feeRateSatsPerVbyte: 2,
    operationsByState: {},
    operations,
    solvency: {
      reserveSats: '52000000',
      supplySats: '45000000',
      burnsUnpaidSats: '2000000',
      depositsUnmintedSats: '4000000',
      rejectedUnreturnedSats: '900000',
      liabilitiesSats: '51900000',
      surplusSats: '100000',
      atBitcoinHeight: tip - 2,
      atBlockHeight: 1200,
    },
  };
}

export const networkView = (nowMs: number): NetworkView => ({
  peerId: '12D3KooWA1bC2dE3fG4hJ5kL6mN7pQ8rS9tU1vW2xY3zA4bC5dE6',
  listen: ['/ip4/127.0.0.1/tcp/41231'],
  peers: ['node-2', 'node-3'].map((name, i) => ({
    peer: `12D3KooW${hex(name).slice(0, 44)}`,
    name,
    address: `/ip4/127.0.0.1/tcp/4123${i + 2}`,
    direction: i === 0 ? ('outbound' as const) : ('inbound' as const),
    headHeight: null,
    latencyMs: 1.4 + i,
    connectedAtMs: nowMs - 3_725_000,
  })),
});

export const streamView = (nowMs: number): StreamView => ({
  link: 'connected',
  endpoint: '127.0.0.1:50151',
  epoch: 0,
  connectedSinceMs: nowMs - 3_725_000,
  nextAttemptMs: null,
  failures: 0,
  roundTripMs: 2.3,
  pendingApprovals: 1,
  pendingSignatures: 0,
  members: [0, 1, 2].map((member) => ({ member, name: `member-${member + 1}`, lastAnswerMs: nowMs - member * 31_000 })),
  recent: Array.from({ length: 12 }, (_, i) => ({
    atMs: nowMs - i * 7000,
    direction: i % 2 === 0 ? ('in' as const) : ('out' as const),
    kind: i % 2 === 0 ? 'approvalResponse' : 'approvalRequest',
    outcome: 'accepted',
  })),
});
