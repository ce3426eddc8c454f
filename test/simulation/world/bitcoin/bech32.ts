/** Bech32 of witness version 0 addresses on regtest, to name payees. Written from BIP-173. */
const ALPHABET = 'qpzry9x8gf2tvdw0s3jn54khce6mua7l';
const GENERATORS = [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3];
const PREFIX = 'bcrt';

function checksum(values: readonly number[]): number {
  let check = 1;
  for (const value of values) {
    const top = check >>> 25;
    check = ((check & 0x1ff_ffff) << 5) ^ value;
    for (const [bit, generator] of GENERATORS.entries()) if (((top >>> bit) & 1) === 1) check ^= generator;
  }
  return check;
}

/** The address of a 20 or 32 byte program, and its output script. */
export function payeeOf(program: Uint8Array): { readonly address: string; readonly script: string } {
  const data = [0];
  let bits = 0;
  let buffer = 0;
  for (const byte of program) {
    buffer = (buffer << 8) | byte;
    for (bits += 8; bits >= 5; bits -= 5) data.push((buffer >>> (bits - 5)) & 31);
    buffer &= 0xff;
  }
  if (bits > 0) data.push((buffer << (5 - bits)) & 31);
  const prefix = [...PREFIX].map((letter) => letter.charCodeAt(0));
  const expanded = [...prefix.map((code) => code >> 5), 0, ...prefix.map((code) => code & 31)];
  const check = checksum([...expanded, ...data, 0, 0, 0, 0, 0, 0]) ^ 1;
  const tail = Array.from({ length: 6 }, (_, index) => (check >>> (5 * (5 - index))) & 31);
  const text = [...data, ...tail].map((value) => ALPHABET[value]).join('');
  const script = `00${program.length.toString(16).padStart(2, '0')}${Buffer.from(program).toString('hex')}`;
  return { address: `${PREFIX}1${text}`, script };
}
