import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesToBareHex, bytesToHex, hexToBytes, isHex } from '../../../node-core/primitives/hex.ts';

describe('hex', () => {
  it('is read back as the bytes that were written, with or without 0x and in either case', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        const text = bytesToBareHex(bytes);
        expect(text).toBe(Buffer.from(bytes).toString('hex'));
        expect(hexToBytes(text)).toEqual(bytes);
        expect(hexToBytes(bytesToHex(bytes).toUpperCase().replace('0X', '0x'))).toEqual(bytes);
      }),
    );
  });
  it('of any other text is refused, as `isHex` says it', () => {
    const texts = fc.oneof(fc.string(), fc.stringMatching(/^(0x)?[0-9a-fg ]{0,9}$/));
    fc.assert(
      fc.property(texts, (text) => {
        const hex = isHex(text.startsWith('0x') ? text : `0x${text}`);
        if (hex) expect(() => hexToBytes(text)).not.toThrow();
        else expect(() => hexToBytes(text)).toThrow('not a string of hex bytes');
      }),
      { numRuns: 1000 },
    );
  });
});
