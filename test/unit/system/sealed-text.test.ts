import { expect, it } from 'vitest';
import { isSealed, openText, sealText } from '../../../node-core/adapters/system/sealed-text.ts';

/** Sealing and opening take their time, as they should, and many times that on a busy machine. */
const timeout = 120_000;
const sample = sealText('{"blsSecretKey":"0x…"}', 'gr\u00fcezi');

it('opens what it sealed, with the same passphrase alone, however that was typed', { timeout }, async () => {
  const sealed = await sample;
  expect(sealed).not.toContain('blsSecretKey');
  expect(await openText(sealed, 'gru\u0308ezi')).toBe('{"blsSecretKey":"0x…"}');
  await expect(openText(sealed, 'grüezi ')).rejects.toMatchObject({ code: 'WRONG_PASSPHRASE' });
});

it('refuses a sealed text that was changed', { timeout }, async () => {
  const sealed = JSON.parse(await sample) as { data: string; cipher: { tag: string } };
  const changed = {
    ...sealed,
    data: Buffer.from(Buffer.from(sealed.data, 'base64').map((byte, i) => (i === 0 ? byte ^ 1 : byte))).toString(
      'base64',
    ),
  };
  const shortTag = { ...sealed, cipher: { ...sealed.cipher, tag: sealed.cipher.tag.slice(0, 8) } };
  for (const text of [changed, shortTag])
    await expect(openText(JSON.stringify(text), 'grüezi')).rejects.toMatchObject({ code: 'WRONG_PASSPHRASE' });
});

it('tells a sealed text from a plain one, and never lowers the cost of a guess', { timeout }, async () => {
  const sealed = await sample;
  expect(isSealed(sealed)).toBe(true);
  for (const text of ['secret', '{}', '{"version":1}', sealed.replace('131072', '2')]) {
    expect(isSealed(text)).toBe(false);
    await expect(openText(text, 'pass')).rejects.toMatchObject({ code: 'NOT_SEALED' });
  }
});
