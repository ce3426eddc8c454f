import type { RecordedMessage } from '../../../node-core/kernel/record.ts';

/** An arrow of the founding document, a child counting as its parent. */
export type Arrow = readonly [from: string, to: string, type: string];

const party = (path: string): string => path.split('/')[0] ?? path;

/**
 * Whether the arrows occur in their order in one story, each the consequence of the one before: its chain of causes leads
 * there. Gives the first arrow that doesn't, or null. Source: protocol.md, Messages beyond the founding document.
 */
export function firstMissing(
  messages: readonly RecordedMessage[],
  correlationId: string,
  arrows: readonly Arrow[],
): Arrow | null {
  const bySeq = new Map(messages.map((message) => [message.seq, message]));
  const story = messages.filter((message) => message.correlationId === correlationId).sort((a, b) => a.seq - b.seq);
  const causes = (message: RecordedMessage): Set<number> => {
    const seen = new Set<number>();
    for (let cause = message.cause; cause !== null && !seen.has(cause); cause = bySeq.get(cause)?.cause ?? null)
      seen.add(cause);
    return seen;
  };
  let previous: readonly RecordedMessage[] | null = null;
  for (const arrow of arrows) {
    const [from, to, type] = arrow;
    const matches = story.filter(
      (message) =>
        party(message.from) === from &&
        party(message.to) === to &&
        message.type === type &&
        (previous === null || previous.some(({ seq }) => causes(message).has(seq))),
    );
    if (matches.length === 0) return arrow;
    previous = matches;
  }
  return null;
}
