import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { limits } from '../../../electron/contract/frames.ts';
import { readFrame } from '../../../electron/ipc/read-frame.ts';

const code = (raw: unknown): string => {
  const read = readFrame(raw);
  return read.ok ? 'OK' : read.error.code;
};

describe('a frame from a window', () => {
  it('is read when it is one', () => {
    expect(code('{"kind":"request","id":1,"channel":"node.stop","body":{"reason":"x"}}')).toBe('OK');
    expect(code('{"kind":"subscribe","id":2,"topic":"tree","params":{}}')).toBe('OK');
    expect(code('{"kind":"ack","frame":3}')).toBe('OK');
  });

  const cyclic: Record<string, unknown> = {};
  cyclic['self'] = cyclic;
  it.each([
    ['an object', { kind: 'ack', frame: 1 }, 'NOT_TEXT'],
    ['a cycle', cyclic, 'NOT_TEXT'],
    ['bytes', new Uint8Array(8), 'NOT_TEXT'],
    ['no JSON', '{', 'NOT_JSON'],
    ['a giant', `"${'x'.repeat(limits.clientFrameChars)}"`, 'TOO_LARGE'],
    [
      'a depth that no body has',
      `{"kind":"request","id":1,"channel":"x","body":${'['.repeat(20)}${']'.repeat(20)}}`,
      'NOT_PLAIN',
    ],
    [
      'a reach for the prototype',
      '{"kind":"request","id":1,"channel":"x","body":{"__proto__":{"admin":true}}}',
      'NOT_PLAIN',
    ],
    [
      'a reach for the constructor',
      '{"kind":"request","id":1,"channel":"x","body":{"a":{"constructor":1}}}',
      'NOT_PLAIN',
    ],
    ['another kind', '{"kind":"eval","id":1}', 'MALFORMED'],
    ['a field too many', '{"kind":"ack","frame":1,"more":1}', 'MALFORMED'],
    ['an id that is no count', '{"kind":"ack","frame":-1}', 'MALFORMED'],
  ])('is refused when it is %s', (_, raw, expected) => {
    expect(code(raw)).toBe(expected);
  });

  it('never makes the reader throw, whatever it is', () => {
    fc.assert(fc.property(fc.anything(), (raw) => void readFrame(raw)));
    fc.assert(fc.property(fc.json(), (raw) => void readFrame(raw)));
  });
});
