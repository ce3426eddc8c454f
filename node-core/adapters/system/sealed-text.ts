import { createCipheriv, createDecipheriv, randomBytes, scrypt } from 'node:crypto';
import { z } from 'zod';
import { ServiceError } from '../../primitives/errors.ts';

/**
 * Secrets at rest under a passphrase: AES-256-GCM with a key by scrypt, as JSON text. 128 MiB and some half a second for
 * each guess. Source: OWASP, Password Storage Cheat Sheet, scrypt.
 */
const SCRYPT = { N: 131_072, r: 8, p: 1 } as const;
const SCRYPT_MEMORY = 2 * 128 * SCRYPT.N * SCRYPT.r;
const CIPHER = 'aes-256-gcm';

const base64 = z.base64();
const sealedSchema = z.strictObject({
  version: z.literal(1),
  kdf: z.strictObject({
    name: z.literal('scrypt'),
    N: z.literal(SCRYPT.N),
    r: z.literal(SCRYPT.r),
    p: z.literal(SCRYPT.p),
    salt: base64,
  }),
  cipher: z.strictObject({ name: z.literal(CIPHER), nonce: base64, tag: base64 }),
  data: base64,
});

/** Whether `text` is the JSON of a sealed text, as opposed to a plain one. */
export function isSealed(text: string): boolean {
  try {
    return sealedSchema.safeParse(JSON.parse(text)).success;
  } catch {
    return false;
  }
}

/** Seals a text; each call gives another result. */
export async function sealText(text: string, passphrase: string): Promise<string> {
  const [salt, nonce] = [randomBytes(32), randomBytes(12)];
  const cipher = createCipheriv(CIPHER, await keyOf(passphrase, salt), nonce);
  const data = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
  const sealed: z.infer<typeof sealedSchema> = {
    version: 1,
    kdf: { name: 'scrypt', ...SCRYPT, salt: salt.toString('base64') },
    cipher: { name: CIPHER, nonce: nonce.toString('base64'), tag: cipher.getAuthTag().toString('base64') },
    data: data.toString('base64'),
  };
  return `${JSON.stringify(sealed, null, 2)}\n`;
}

/** @throws ServiceError `WRONG_PASSPHRASE`, also for a sealed text that was changed; `NOT_SEALED`. */
export async function openText(sealedText: string, passphrase: string): Promise<string> {
  if (!isSealed(sealedText)) throw new ServiceError('NOT_SEALED', 'this is no text sealed by this program');
  const { kdf, cipher, data } = sealedSchema.parse(JSON.parse(sealedText));
  const decipher = createDecipheriv(
    CIPHER,
    await keyOf(passphrase, Buffer.from(kdf.salt, 'base64')),
    Buffer.from(cipher.nonce, 'base64'),
    { authTagLength: 16 },
  );
  try {
    decipher.setAuthTag(Buffer.from(cipher.tag, 'base64'));
    return Buffer.concat([decipher.update(data, 'base64'), decipher.final()]).toString('utf8');
  } catch {
    throw new ServiceError('WRONG_PASSPHRASE', 'the passphrase is wrong, or the sealed text was changed');
  }
}

/** The passphrase in Unicode's compatibility form, so that it is the same on every keyboard. */
const keyOf = (passphrase: string, salt: Buffer): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    scrypt(passphrase.normalize('NFKC'), salt, 32, { ...SCRYPT, maxmem: SCRYPT_MEMORY }, (error, key) =>
      error ? reject(error) : resolve(key),
    );
  });
