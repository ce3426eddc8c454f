import { hexToBytes, isHex } from '../../../primitives/hex.ts';
import { RPC_ERROR, RpcError } from './errors.ts';

const SATS_PER_BTC = 100_000_000;
const HASH_DIGITS = 64;

const typeName = (value: unknown): string =>
  value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : typeof value;

/** The arguments of a call, by position or by name, read with Core's errors. */
export class Arguments {
  private readonly names: readonly string[];
  private readonly values: readonly unknown[];
  private readonly usage: string;

  /** @throws RpcError for unknown names or too many values. */
  constructor(method: string, names: readonly string[], params: unknown) {
    this.names = names;
    this.usage = [method, ...names].join(' ');
    if (params === undefined || params === null) this.values = [];
    else if (Array.isArray(params)) this.values = params;
    else if (typeof params === 'object') this.values = this.byName(params as Record<string, unknown>);
    else throw new RpcError(RPC_ERROR.invalidRequest, 'Params must be an array or object');
    if (this.values.length > names.length) throw this.wrongUse();
  }

  has(name: string): boolean {
    const value = this.raw(name);
    return value !== undefined && value !== null;
  }

  text(name: string): string {
    return this.typed(name, 'string', (value) => typeof value === 'string');
  }

  boolean(name: string, fallback: boolean): boolean {
    return this.has(name) ? this.typed<boolean>(name, 'bool', (value) => typeof value === 'boolean') : fallback;
  }

  integer(name: string, fallback?: number): number {
    if (fallback !== undefined && !this.has(name)) return fallback;
    const value = this.typed<number>(name, 'number', (candidate) => typeof candidate === 'number');
    if (!Number.isSafeInteger(value)) throw new RpcError(RPC_ERROR.misc, 'JSON integer out of range');
    return value;
  }

  uint32(name: string): number {
    const value = this.integer(name);
    if (!isUint32(value)) throw new RpcError(RPC_ERROR.misc, 'JSON integer out of range');
    return value;
  }

  /** A level of detail: a number, or a boolean for 0 and 1. */
  verbosity(name: string, fallback: number): number {
    const value = this.raw(name);
    return typeof value === 'boolean' ? Number(value) : this.integer(name, fallback);
  }

  list(name: string): readonly unknown[] {
    return this.typed(name, 'array', Array.isArray);
  }

  object(name: string): Readonly<Record<string, unknown>> {
    if (!this.has(name)) return {};
    return this.typed(name, 'object', (value) => typeof value === 'object' && !Array.isArray(value));
  }

  /** A block hash or txid as Core prints it. */
  hash(name: string): string {
    return checkHash(this.text(name), name);
  }

  hex(name: string): Uint8Array {
    const text = this.text(name);
    if (!isHex(`0x${text}`)) throw new RpcError(RPC_ERROR.deserialization, `${name} must be hexadecimal string`);
    return hexToBytes(text);
  }

  /** An amount in BTC, as number or text. @returns sat */
  amountSats(name: string, fallback: bigint): bigint {
    return this.has(name) ? amountToSats(this.raw(name)) : fallback;
  }

  private raw(name: string): unknown {
    return this.values[this.names.indexOf(name)];
  }

  private typed<T>(name: string, expected: string, is: (value: unknown) => boolean): T {
    const value = this.raw(name);
    if (value === undefined) throw this.wrongUse();
    if (!is(value)) {
      const position = `Position ${this.names.indexOf(name) + 1} (${name})`;
      const problem = `JSON value of type ${typeName(value)} is not of expected type ${expected}`;
      throw new RpcError(RPC_ERROR.type, `Wrong type passed:\n${JSON.stringify({ [position]: problem }, null, 4)}`);
    }
    return value as T;
  }

  private byName(params: Record<string, unknown>): readonly unknown[] {
    for (const name of Object.keys(params)) {
      if (!this.names.includes(name)) throw new RpcError(RPC_ERROR.invalidParameter, `Unknown named parameter ${name}`);
    }
    return this.names.map((name) => params[name]);
  }

  private wrongUse(): RpcError {
    return new RpcError(RPC_ERROR.misc, this.usage);
  }
}

export const isUint32 = (value: unknown): value is number =>
  Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 0xffff_ffff;

/** @throws RpcError for what is no hash, in Core's words. */
export function checkHash(text: string, name: string): string {
  if (text.length !== HASH_DIGITS) {
    throw new RpcError(
      RPC_ERROR.invalidParameter,
      `${name} must be of length ${HASH_DIGITS} (not ${text.length}, for '${text}')`,
    );
  }
  if (!/^[0-9a-f]+$/i.test(text)) {
    throw new RpcError(RPC_ERROR.invalidParameter, `${name} must be hexadecimal string (not '${text}')`);
  }
  return text.toLowerCase();
}

/** Reads an amount in BTC. @throws RpcError */
function amountToSats(value: unknown): bigint {
  const text = typeof value === 'number' ? value.toFixed(8) : value;
  if (typeof text !== 'string') throw new RpcError(RPC_ERROR.type, 'Amount is not a number or string');
  const [, whole, fraction = ''] = /^(\d{1,8})(?:\.(\d{1,8}))?$/.exec(text) ?? [];
  if (whole === undefined) throw new RpcError(RPC_ERROR.type, 'Invalid amount');
  return BigInt(whole) * BigInt(SATS_PER_BTC) + BigInt(fraction.padEnd(8, '0'));
}
