import { randomBytes } from 'node:crypto';
import { encodeSignedBlock } from '../../domain/consensus/encoding.ts';
import type { SignedBlock } from '../../domain/consensus/types.ts';
import type { Member } from './member.ts';
import { type Announcement, announcementDigest } from './signing.ts';
import { type WireFrame, announcementFrame } from './wire.ts';

/** What governance can be made to say of itself. */
export type GovernanceWord =
  | { readonly kind: 'emergencyHalt' | 'resume'; readonly generation: number; readonly reason: string }
  | { readonly kind: 'blockProposal'; readonly signedBlock: SignedBlock }
  | { readonly kind: 'federationUpdate'; readonly update: string }
  | { readonly kind: 'configUpdate'; readonly config: string }
  | { readonly kind: 'syncRequest'; readonly targetHeight: number | null }
  | { readonly kind: 'chainStatusRequest' }
  | { readonly kind: 'error'; readonly code: string; readonly reason: string };

/** Departures from what an honest governance would do by default. */
export interface WordOptions {
  /** Positions of the members that sign. Default: a quorum where one is needed, else one. */
  readonly signers?: readonly number[];
  /** 32 hex digits. Default: random. */
  readonly messageId?: string;
  /** Default: the present one. */
  readonly epoch?: number;
  /** Unix ms. Default: in a minute; null, which is none, for a halt. */
  readonly expiresAtMs?: number | null;
}

const LIFETIME_MS = 60_000;
const NEEDS_QUORUM: ReadonlySet<string> = new Set(['resume', 'federationUpdate', 'configUpdate']);

/** Who speaks: the members whose keys are here and who answer now. */
export interface Speakers {
  readonly networkHash: string;
  /** The active one, with its threshold. */
  readonly epoch: number;
  readonly threshold: number;
  readonly members: readonly Member[];
}

/** The frame, and the id by which the node answers: of the message, or of the request that carries no authority. */
export function frameOf(
  word: GovernanceWord,
  options: WordOptions,
  speakers: Speakers,
): { readonly frame: WireFrame; readonly id: string } {
  const id = options.messageId ?? randomBytes(16).toString('hex');
  if (word.kind === 'chainStatusRequest') return { frame: { chainStatusRequest: { requestId: id } }, id };
  if (word.kind === 'error') return { frame: { error: { code: word.code, reason: word.reason } }, id };
  const announcement = announcementOf(word, id);
  const { expiresAtMs = word.kind === 'emergencyHalt' ? null : Date.now() + LIFETIME_MS } = options;
  const authority = { messageId: id, epoch: options.epoch ?? speakers.epoch, expiresAtMs };
  const digest = announcementDigest(announcement, { ...authority, networkHash: speakers.networkHash });
  const count = NEEDS_QUORUM.has(word.kind) ? speakers.threshold : 1;
  const placed = speakers.members
    .flatMap((member) => {
      const position = member.positionIn(speakers.epoch);
      return position === null ? [] : [{ member, position }];
    })
    .sort((a, b) => a.position - b.position);
  const signers = options.signers ?? placed.slice(0, count).map(({ position }) => position);
  const signatures = placed
    .filter(({ position }) => signers.includes(position))
    .map(({ member, position }) => ({ member: position, signature: member.signAnnouncement(digest) }));
  return { frame: announcementFrame(announcement, { ...authority, signatures }), id };
}

function announcementOf(
  word: Exclude<GovernanceWord, { readonly kind: 'chainStatusRequest' | 'error' }>,
  requestId: string,
): Announcement {
  if (word.kind === 'syncRequest') return { ...word, requestId };
  if (word.kind !== 'blockProposal') return word;
  const { signedBlock } = word;
  return { kind: word.kind, signedBlock: encodeSignedBlock(signedBlock), proposerSignature: signedBlock.signature };
}
