import type { RecordedMessage } from '../kernel/record.ts';
import { conforms, describeArrow, flowOf } from './conformance.ts';
import type { SequenceDiagram } from './shapes.ts';

/** A diagram longer than this is cut at its end, and says by how much. */
const MAX_MESSAGES = 10_000;

/** The story of one correlation id, held against the founding flow that it plays. */
export function sequenceOf(correlationId: string, story: readonly RecordedMessage[]): SequenceDiagram {
  const messages = [...story].sort((a, b) => a.seq - b.seq);
  const shown = messages.slice(0, MAX_MESSAGES);
  const flow = flowOf(messages);
  const result = flow === null ? null : conforms(flow, messages, correlationId);
  const arrows = new Map(result?.matched.map(({ message, arrow, rank }) => [message.seq, { arrow, rank }]));
  const verdict = result === null ? 'none' : result.passed ? 'conforms' : result.departed ? 'departs' : 'running';
  return {
    correlationId,
    flow: flow?.title ?? null,
    verdict,
    detail: result === null ? 'No founding flow begins with these messages.' : detailOf(result),
    departsAfterSeq: verdict === 'departs' ? (result?.matched.at(-1)?.message.seq ?? 0) : null,
    participants: [...new Set(shown.flatMap(({ from, to }) => [from, to]))],
    messages: shown.map((message) => {
      const found = arrows.get(message.seq);
      return { ...message, arrow: found?.rank ?? null, reply: found?.arrow.reply ?? false };
    }),
    omitted: messages.length - shown.length,
  };
}

function detailOf(result: ReturnType<typeof conforms>): string {
  if (result.passed) return `All ${result.detail} of the founding document.`;
  if (result.missing === null || result.matched.length === 0) return result.detail;
  const next = describeArrow(result.missing);
  return result.departed
    ? `Departs: a later step came without ${next}.`
    : `${result.matched.length} steps done; next: ${next}.`;
}

/** Names that Mermaid reads as one word. */
const alias = (name: string, index: number): string => `P${index}${name.replace(/[^A-Za-z]/g, '').slice(0, 16)}`;
/** Mermaid ends a line at `;` and starts a comment at `#`. */
const plain = (text: string): string => text.replace(/[;#\n]/g, ' ');

/** The same diagram as Mermaid text, drawn by any Markdown viewer. */
export function mermaidOf(diagram: SequenceDiagram): string {
  const aliases = new Map(diagram.participants.map((name, index) => [name, alias(name, index)]));
  const start = diagram.messages[0]?.atMs ?? 0;
  const lines = ['sequenceDiagram'];
  for (const [name, short] of aliases) lines.push(`    participant ${short} as ${plain(name)}`);
  for (const { seq, from, to, type, atMs, reply, outcome } of diagram.messages) {
    const line = reply ? '-->>' : '->>';
    const note = outcome === 'handled' || outcome === 'sent' ? '' : ` [${outcome}]`;
    lines.push(
      `    ${aliases.get(from)}${line}${aliases.get(to)}: ${plain(type)} (+${Math.round(atMs - start)} ms)${note}`,
    );
    if (seq === diagram.departsAfterSeq)
      lines.push(`    Note over ${aliases.get(to)}: departs from the founding flow here`);
  }
  return `${lines.join('\n')}\n`;
}
