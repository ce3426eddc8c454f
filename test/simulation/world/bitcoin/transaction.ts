import { bytesOf, hexOf, littleEndian, reversedHex, sha256d } from './hash.ts';

export interface TxInput {
  /** `txid:vout`. */
  readonly outpoint: string;
  readonly sequence: number;
  readonly witness: readonly Uint8Array[];
}
export interface TxOutput {
  /** Bare hex. */
  readonly script: string;
  readonly sats: bigint;
}

/** A transaction as the simulated Bitcoin reads it, by its own parser of BIP-144. */
export interface Tx {
  readonly txid: string;
  readonly version: number;
  readonly lockTime: number;
  readonly inputs: readonly TxInput[];
  readonly outputs: readonly TxOutput[];
  /** Whole serialization, bare hex. */
  readonly raw: string;
  readonly vsize: number;
}

class Reader {
  readonly #bytes: Uint8Array;
  #at = 0;
  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }
  get done(): boolean {
    return this.#at === this.#bytes.length;
  }
  take(count: number): Uint8Array {
    const end = this.#at + count;
    if (end > this.#bytes.length) throw new Error('the transaction ends too soon');
    const part = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return part;
  }
  peek(): number {
    return this.#bytes[this.#at] ?? 0;
  }
  integer(length: number): bigint {
    return this.take(length).reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n);
  }
  count(): number {
    const first = Number(this.integer(1));
    return first < 0xfd ? first : Number(this.integer(first === 0xfd ? 2 : first === 0xfe ? 4 : 8));
  }
}

/** @throws Error for bytes that are no transaction. */
export function parseTx(raw: string): Tx {
  const reader = new Reader(bytesOf(raw));
  const version = Number(reader.integer(4));
  const segwit = reader.peek() === 0;
  if (segwit) reader.take(2);
  const bare = Array.from({ length: reader.count() }, () => {
    const txid = reversedHex(reader.take(32));
    const vout = Number(reader.integer(4));
    if (reader.count() !== 0) throw new Error('no input has a script here');
    return { outpoint: `${txid}:${vout}`, sequence: Number(reader.integer(4)) };
  });
  const outputs = Array.from({ length: reader.count() }, (): TxOutput => {
    const sats = reader.integer(8);
    return { sats, script: hexOf(reader.take(reader.count())) };
  });
  const witnesses = segwit
    ? bare.map(() => Array.from({ length: reader.count() }, () => reader.take(reader.count())))
    : [];
  const lockTime = Number(reader.integer(4));
  if (!reader.done) throw new Error('bytes follow the transaction');
  const inputs = bare.map((input, index): TxInput => ({ ...input, witness: witnesses[index] ?? [] }));
  const stripped = serialize({ version, lockTime, inputs, outputs });
  const weight = stripped.length * 3 + raw.length / 2;
  const txid = reversedHex(sha256d(stripped));
  return { txid, version, lockTime, inputs, outputs, raw, vsize: Math.ceil(weight / 4) };
}

/** A transaction of a user, whose inputs the simulation takes for good without a signature. */
export function buildTx(inputs: readonly string[], outputs: readonly TxOutput[]): Tx {
  const plain = inputs.map((outpoint): TxInput => ({ outpoint, sequence: 0xffff_fffd, witness: [] }));
  return parseTx(hexOf(serialize({ version: 2, lockTime: 0, inputs: plain, outputs })));
}

export const outpointBytes = (outpoint: string): Uint8Array =>
  Buffer.concat([bytesOf(outpoint.slice(0, 64)).reverse(), littleEndian(Number(outpoint.slice(65)), 4)]);

export const withLength = (bytes: Uint8Array): Uint8Array => Buffer.concat([compactSize(bytes.length), bytes]);

export const outputBytes = ({ sats, script }: TxOutput): Uint8Array =>
  Buffer.concat([littleEndian(sats, 8), withLength(bytesOf(script))]);

function compactSize(value: number): Uint8Array {
  if (value < 0xfd) return Uint8Array.of(value);
  return Buffer.concat([Uint8Array.of(0xfd), littleEndian(value, 2)]);
}

/** Without witness: what the txid is of. */
function serialize({ version, lockTime, inputs, outputs }: Pick<Tx, 'version' | 'lockTime' | 'inputs' | 'outputs'>) {
  return Buffer.concat([
    littleEndian(version, 4),
    compactSize(inputs.length),
    ...inputs.flatMap(({ outpoint, sequence }) => [
      outpointBytes(outpoint),
      Uint8Array.of(0),
      littleEndian(sequence, 4),
    ]),
    compactSize(outputs.length),
    ...outputs.map(outputBytes),
    littleEndian(lockTime, 4),
  ]);
}
