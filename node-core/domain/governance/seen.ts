import type { SignedGovernanceMessage } from './message.ts';

/** Ids of the messages that were accepted and haven't expired, with their expiries (Unix ms), oldest first; plain data. */
export type SeenMessages = readonly (readonly [messageId: string, expiresAtMs: number])[];

/** Members alone can add to it; beyond it a message is refused rather than an id forgotten. */
export const MAX_SEEN_MESSAGES = 1000;

const unexpired = (seen: SeenMessages, nowMs: number): SeenMessages =>
  seen.filter(([, expiresAtMs]) => expiresAtMs > nowMs);

export const hasSeen = (seen: SeenMessages, messageId: string): boolean => seen.some(([id]) => id === messageId);

export const isSeenFull = (seen: SeenMessages, nowMs: number): boolean =>
  unexpired(seen, nowMs).length >= MAX_SEEN_MESSAGES;

/** Adds an accepted message and forgets the expired: their expiry refuses them. A halt has none and isn't kept. */
export function remember(
  seen: SeenMessages,
  { authority: { messageId, expiresAtMs } }: SignedGovernanceMessage,
  nowMs: number,
): SeenMessages {
  return expiresAtMs === null ? seen : [...unexpired(seen, nowMs), [messageId, expiresAtMs]];
}
