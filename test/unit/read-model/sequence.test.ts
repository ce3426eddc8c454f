import { describe, expect, it } from 'vitest';
import { mermaidOf, sequenceOf } from '../../../node-core/read-model/sequence.ts';
import { type Line, blockLines, record } from './record.ts';

describe('the sequence diagram of a trace', () => {
  it('says that a trace conforms and which message is which founding arrow', () => {
    const diagram = sequenceOf('story', record(blockLines));
    expect(diagram).toMatchObject({ flow: 'Block production', verdict: 'conforms', departsAfterSeq: null, omitted: 0 });
    expect(diagram.messages.map(({ arrow }) => arrow)).toEqual([0, 1, 2, 3, 4, 5, 6]);
    expect(diagram.messages.map(({ reply }) => reply)).toEqual([false, false, true, false, true, false, false]);
  });

  it('marks the message after which a trace leaves its founding flow', () => {
    const lines = blockLines
      .filter(([, , type]) => type !== 'ValidatePegOperations')
      .map(([from, to, type]): Line => [from, to, type]);
    const diagram = sequenceOf('story', record(lines));
    expect(diagram).toMatchObject({ verdict: 'departs', departsAfterSeq: 3 });
    expect(diagram.detail).toContain('ValidatePegOperations');
  });

  it('judges nothing that the founding document does not begin', () => {
    expect(sequenceOf('story', record([['User', 'EngineActor', 'CallContract']]))).toMatchObject({
      flow: null,
      verdict: 'none',
    });
  });

  it('draws at most 10000 messages and says how many it left out', () => {
    const lines = Array.from({ length: 10_003 }, (): Line => ['User', 'EngineActor', 'CallContract']);
    const diagram = sequenceOf('story', record(lines));
    expect(diagram.messages).toHaveLength(10_000);
    expect(diagram.omitted).toBe(3);
  });

  it('exports Mermaid that names each participant once and keeps hostile names on their line', () => {
    const text = mermaidOf(
      sequenceOf(
        'story',
        record([
          ['Peer:x;\nNote over A: lie#', 'ChainActor', 'ProcessBlock'],
          ['ChainActor', 'ChainActor', 'Self', 1, { outcome: 'crashed' }],
        ]),
      ),
    );
    const lines = text.trimEnd().split('\n');
    expect(lines[0]).toBe('sequenceDiagram');
    expect(lines.filter((line) => line.includes('participant'))).toHaveLength(2);
    expect(lines).toHaveLength(5);
    expect(text).not.toMatch(/[;#]/);
    expect(text).toContain('[crashed]');
  });
});
