import { z } from 'zod';
import { bytesToBareHex, bytesToHex, hexToBytes } from '../../primitives/hex.ts';
import type { DepositClaim, PayoutClaim } from './claims.ts';
import type { Announcement } from './signing.ts';

/** The server's side of the wire: frames as proto-loader gives and takes them, 64-bit integers as decimal text. */
export type WireFrame = Readonly<Record<string, unknown>>;

export interface ChainStatus {
  readonly headHeight: number;
  /** `0x` and 64 digits. */
  readonly headRoot: string;
  readonly finalizedHeight: number;
  readonly finalizedRoot: string;
  readonly halted: boolean;
}

/** What a node may say. */
export type NodeMessage =
  | { readonly kind: 'registration'; readonly nodeName: string; readonly networkHash: string }
  | { readonly kind: 'heartbeat'; readonly sequence: number }
  | { readonly kind: 'approvalRequest'; readonly requestId: string; readonly claim: DepositClaim }
  | { readonly kind: 'signatureRequest'; readonly requestId: string; readonly claim: PayoutClaim }
  | { readonly kind: 'status'; readonly status: ChainStatus }
  | { readonly kind: 'chainStatusUpdate'; readonly requestId: string; readonly status: ChainStatus }
  | {
      readonly kind: 'acknowledgement';
      readonly messageId: string;
      readonly applied: boolean;
      readonly reason: string | null;
    };

const raw = z.instanceof(Uint8Array);
const bare = (length: number) => raw.refine((value) => value.length === length).transform(bytesToBareHex);
const prefixed = (length: number) => raw.refine((value) => value.length === length).transform(bytesToHex);
const count = z
  .string()
  .regex(/^\d{1,16}$/)
  .transform(Number)
  .refine(Number.isSafeInteger);
const amountSats = z
  .string()
  .regex(/^\d{1,16}$/)
  .transform(BigInt);
const uint32 = z.number().int().min(0).max(0xffff_ffff);
const name = z.string().min(1).max(64);

const outpoint = z.object({ txid: bare(32), vout: uint32 });
const status = z.object({
  headHeight: count,
  headRoot: prefixed(32),
  finalizedHeight: count,
  finalizedRoot: prefixed(32),
  halted: z.boolean(),
});

const SCHEMAS: Readonly<Record<string, z.ZodType<NodeMessage>>> = {
  registration: z
    .object({ nodeName: name, networkHash: bare(32) })
    .transform((message) => ({ kind: 'registration', ...message })),
  heartbeat: z.object({ sequence: count }).transform((message) => ({ kind: 'heartbeat', ...message })),
  approvalRequest: z
    .object({ requestId: name, outpoint, amountSats, recipient: prefixed(20), epoch: count, bitcoinHeight: uint32 })
    .transform(({ requestId, outpoint: { txid, vout }, ...claim }) => ({
      kind: 'approvalRequest',
      requestId,
      claim: { txid, vout, ...claim },
    })),
  signatureRequest: z
    .object({
      requestId: name,
      payoutId: bare(32),
      txid: bare(32),
      unsignedTx: raw,
      psbt: raw,
      inputs: z
        .array(
          z
            .object({ outpoint, amountSats, epoch: count })
            .transform(({ outpoint: { txid, vout }, ...input }) => ({ txid, vout, ...input })),
        )
        .min(1)
        .max(256),
      shares: z
        .array(
          z.object({
            burnBlockHash: prefixed(32),
            burnLogIndex: uint32,
            burnSats: amountSats,
            outputSats: amountSats,
            feeShareSats: amountSats,
            destination: z.string().min(1).max(100),
          }),
        )
        .min(1)
        .max(256),
      epoch: count,
    })
    .transform(({ requestId, ...claim }) => ({ kind: 'signatureRequest', requestId, claim })),
  status: status.transform((report) => ({ kind: 'status', status: report })),
  chainStatusUpdate: z
    .object({ requestId: name, status })
    .transform((message) => ({ kind: 'chainStatusUpdate', ...message })),
  acknowledgement: z
    .object({ messageId: bare(16), applied: z.boolean(), reason: z.string().max(500) })
    .transform(({ reason, ...message }) => ({
      kind: 'acknowledgement',
      ...message,
      reason: message.applied ? null : reason,
    })),
};

/** Null for a frame that no node of this version sends. */
export function readNodeMessage(frame: WireFrame): NodeMessage | null {
  const kind = typeof frame.kind === 'string' ? frame.kind : '';
  return SCHEMAS[kind]?.safeParse(frame[kind]).data ?? null;
}

export interface SignedAuthority {
  /** 32 bare hex digits. */
  readonly messageId: string;
  readonly epoch: number;
  readonly expiresAtMs: number | null;
  readonly signatures: readonly { readonly member: number; readonly signature: Uint8Array }[];
}

export function announcementFrame(announcement: Announcement, { messageId, ...rest }: SignedAuthority): WireFrame {
  const authority = withoutNulls({ messageId: hexToBytes(messageId), ...rest });
  const { kind, ...body } = announcement;
  return { [kind]: { authority, ...withoutNulls(body) } };
}

/** An absent optional field is left out. */
const withoutNulls = (fields: WireFrame): WireFrame =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null));
