import { z } from 'zod';
import { decodeSignedBlock } from '../../domain/consensus/encoding.ts';
import type { PayoutInput, SchnorrSignature } from '../../domain/consensus/types.ts';
import { MAX_MEMBERS } from '../../domain/federation/address.ts';
import type {
  ApprovalRequest,
  ApprovalVote,
  ChainStatusReport,
  GovernanceMessage,
  MemberSignatures,
  SignatureRequest,
} from '../../ports/governance.ts';
import { type Checked, accept, refuse } from '../../primitives/errors.ts';
import { bytesToBareHex, hexToBytes } from '../../primitives/hex.ts';
import { type Outpoint, blockHeight, epoch, memberIndex, splitBurnId, splitOutpoint } from '../../primitives/ids.ts';
import type { WireFrame } from './service.ts';

/** What governance may say, checked; each member's answer and each message stands alone. */
export type InboundFrame =
  | { readonly kind: 'registrationAck'; readonly sessionId: string; readonly epoch: ReturnType<typeof epoch> }
  | { readonly kind: 'heartbeatAck'; readonly sequence: number }
  | { readonly kind: 'approvalResponse'; readonly requestId: string; readonly vote: ApprovalVote }
  | { readonly kind: 'signatureResponse'; readonly requestId: string; readonly signatures: MemberSignatures }
  | { readonly kind: 'requestFailed'; readonly requestId: string; readonly code: string; readonly reason: string }
  | { readonly kind: 'message'; readonly message: GovernanceMessage };

/** Characters of a reason and bytes of a configuration at most. */
const MAX_REASON = 500;
const MAX_DOCUMENT = 65_536;
/** Inputs of a payout at most. Source: domain/consensus/ssz.ts. */
const MAX_SIGNATURES = 256;

const bytes = (length: number) =>
  z
    .instanceof(Uint8Array)
    .refine((value) => value.length === length, `not ${length} bytes`)
    .transform(bytesToBareHex);
/** A 64-bit integer that a number holds exactly. */
const count = z
  .string()
  .regex(/^\d{1,16}$/)
  .transform(Number)
  .refine(Number.isSafeInteger, 'beyond 2^53');
const name = z.string().min(1).max(64);
const reason = z.string().max(MAX_REASON);
const member = z
  .number()
  .int()
  .min(0)
  .max(MAX_MEMBERS - 1)
  .transform(memberIndex);
const signature = bytes(64).transform((hex) => hex as SchnorrSignature);

const authority = z
  .object({
    messageId: bytes(16),
    epoch: count.transform(epoch),
    expiresAtMs: count.optional(),
    signatures: z.array(z.object({ member, signature })).max(MAX_MEMBERS),
  })
  .transform(({ expiresAtMs = null, ...rest }) => ({ ...rest, expiresAtMs }));

const message = (value: GovernanceMessage): InboundFrame => ({ kind: 'message', message: value });

/** One schema for each kind of `GovernanceMessage` in the proto file. */
const FRAME_SCHEMAS: Readonly<Record<string, z.ZodType<InboundFrame>>> = {
  registrationAck: z
    .object({ sessionId: name, epoch: count.transform(epoch) })
    .transform((frame) => ({ kind: 'registrationAck', ...frame })),
  heartbeatAck: z.object({ sequence: count }).transform((frame) => ({ kind: 'heartbeatAck', ...frame })),
  approvalResponse: z
    .discriminatedUnion('approved', [
      z.object({ requestId: name, member, approved: z.literal(true), signature }),
      z.object({ requestId: name, member, approved: z.literal(false), reason }),
    ])
    .transform(({ requestId, ...vote }) => ({
      kind: 'approvalResponse',
      requestId,
      vote: vote.approved ? { ...vote, reason: null } : { ...vote, signature: null },
    })),
  signatureResponse: z
    .object({ requestId: name, member, signatures: z.array(signature).max(MAX_SIGNATURES), reason })
    .transform(({ requestId, signatures, ...answer }) => ({
      kind: 'signatureResponse',
      requestId,
      signatures: signatures.length === 0 ? { ...answer, signatures: null } : { ...answer, signatures, reason: null },
    })),
  blockProposal: z
    .object({ authority, signedBlock: z.instanceof(Uint8Array) })
    .transform(({ signedBlock, ...frame }, context) => {
      const decoded = decodeSignedBlock(signedBlock);
      if (decoded.ok) return message({ kind: 'blockProposal', signedBlock: decoded.value, ...frame });
      context.addIssue({ code: 'custom', path: ['signedBlock'], message: decoded.refusal.reason });
      return z.NEVER;
    }),
  federationUpdate: z
    .object({ authority, update: z.string().max(MAX_DOCUMENT) })
    .transform((frame) => message({ kind: 'federationUpdate', ...frame })),
  chainStatusRequest: z
    .object({ requestId: name })
    .transform((frame) => message({ kind: 'chainStatusRequest', ...frame })),
  syncRequest: z
    .object({ authority, requestId: name, targetHeight: count.transform(blockHeight).optional() })
    .transform(({ targetHeight = null, ...frame }) => message({ kind: 'syncRequest', targetHeight, ...frame })),
  emergencyHalt: z
    .object({ authority, generation: count, reason })
    .transform((frame) => message({ kind: 'emergencyHalt', ...frame })),
  resume: z
    .object({ authority, generation: count, reason })
    .transform((frame) => message({ kind: 'resume', ...frame })),
  configUpdate: z
    .object({ authority, config: z.string().max(MAX_DOCUMENT) })
    .transform((frame) => message({ kind: 'configUpdate', ...frame })),
  error: z
    .object({ code: name, reason, requestId: name.optional() })
    .transform(({ requestId, ...failure }) =>
      requestId === undefined
        ? message({ kind: 'error', ...failure })
        : { kind: 'requestFailed', requestId, ...failure },
    ),
};

/** Checks a frame from governance. The refusal names the field and never repeats its value. */
export function readFrame(frame: WireFrame): Checked<InboundFrame, 'GOVERNANCE_MALFORMED'> {
  const kind = typeof frame.kind === 'string' ? frame.kind : 'unknown';
  const schema = FRAME_SCHEMAS[kind];
  if (schema === undefined) return refuse('GOVERNANCE_MALFORMED', 'a message of unknown kind');
  const parsed = schema.safeParse(frame[kind]);
  if (parsed.success) return accept(parsed.data);
  const [issue] = parsed.error.issues;
  const where = [kind, ...(issue?.path ?? [])].join('.');
  return refuse('GOVERNANCE_MALFORMED', `${where}: ${issue?.message ?? 'not valid'}`.slice(0, MAX_REASON));
}

const outpointFrame = (value: Outpoint): WireFrame => {
  const { txid, vout } = splitOutpoint(value);
  return { txid: hexToBytes(txid), vout };
};
const inputFrame = (input: PayoutInput): WireFrame => ({
  outpoint: outpointFrame(input.outpoint),
  amountSats: String(input.amountSats),
  epoch: input.epoch,
});

export const registrationFrame = (nodeName: string, networkHash: string): WireFrame => ({
  registration: { nodeName, networkHash: hexToBytes(networkHash) },
});

export const heartbeatFrame = (sequence: number): WireFrame => ({ heartbeat: { sequence } });

export const approvalRequestFrame = (requestId: string, request: ApprovalRequest): WireFrame => ({
  approvalRequest: {
    requestId,
    outpoint: outpointFrame(request.outpoint),
    amountSats: String(request.amountSats),
    recipient: hexToBytes(request.recipient),
    epoch: request.epoch,
    bitcoinHeight: request.bitcoinHeight,
  },
});

export const signatureRequestFrame = (requestId: string, request: SignatureRequest): WireFrame => ({
  signatureRequest: {
    requestId,
    payoutId: hexToBytes(request.payoutId),
    txid: hexToBytes(request.txid),
    unsignedTx: hexToBytes(request.unsignedTx),
    psbt: Buffer.from(request.psbt, 'base64'),
    inputs: request.inputs.map(inputFrame),
    shares: request.shares.map((share) => {
      const burn = splitBurnId(share.burn);
      return {
        burnBlockHash: hexToBytes(burn.blockHash),
        burnLogIndex: burn.logIndex,
        burnSats: String(share.burnSats),
        outputSats: String(share.outputSats),
        feeShareSats: String(share.feeShareSats),
        destination: share.destination,
      };
    }),
    epoch: request.epoch,
    blockRoot: hexToBytes(request.blockRoot),
    height: request.height,
  },
});

/** A report that answers a request is a chain-status update; one that the node makes of itself is a status. */
export function statusFrame(report: ChainStatusReport): WireFrame {
  const status = {
    headHeight: report.headHeight,
    headRoot: hexToBytes(report.headRoot),
    finalizedHeight: report.finalizedHeight,
    finalizedRoot: hexToBytes(report.finalizedRoot),
    halted: report.halted,
  };
  return report.requestId === null ? { status } : { chainStatusUpdate: { requestId: report.requestId, status } };
}

export const acknowledgementFrame = (messageId: string, applied: boolean, why: string | null): WireFrame => ({
  acknowledgement: { messageId: hexToBytes(messageId), applied, reason: (why ?? '').slice(0, MAX_REASON) },
});
