/**
 * A WebAssembly module put together byte by byte: for loops of integer arithmetic that BigInt is ten times slower at, and
 * that are too small for a compiler of their own in the build. Source: WebAssembly core specification, chapter 5.
 */
export type Code = readonly (number | Code)[];

export const I32 = 0x7f;
export const I64 = 0x7e;

export interface WasmFunction {
  readonly name: string;
  readonly params: readonly number[];
  /** Types of the locals; they are counted on after the parameters. */
  readonly locals: readonly number[];
  readonly body: Code;
}

/** LEB128, of unsigned numbers below 2^32. */
export function unsigned(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  do {
    const low = rest % 128;
    rest = Math.floor(rest / 128);
    bytes.push(rest === 0 ? low : low + 128);
  } while (rest !== 0);
  return bytes;
}

/** LEB128, of signed numbers. */
export function signed(value: bigint): number[] {
  const bytes: number[] = [];
  for (let rest = value; ;) {
    const low = Number(rest & 127n);
    rest >>= 7n;
    const isLast = (rest === 0n && low < 64) || (rest === -1n && low >= 64);
    bytes.push(isLast ? low : low + 128);
    if (isLast) return bytes;
  }
}

export const get = (local: number): Code => [0x20, local];
export const set = (local: number): Code => [0x21, local];
export const tee = (local: number): Code => [0x22, local];
export const i32 = (value: number): Code => [0x41, ...signed(BigInt(value | 0))];
export const i64 = (value: bigint): Code => [0x42, ...signed(BigInt.asIntN(64, value))];
export const call = (index: number): Code => [0x10, index];
/** Runs the body again when it leaves a number that isn't 0. */
export const repeatWhile = (body: Code): Code => [0x03, 0x40, body, 0x0d, 0, END];
export const when = (body: Code): Code => [0x04, 0x40, body, END];
/** Runs the body again and again, until an `exitWhen` directly in it takes a number that isn't 0. */
export const loopOf = (body: Code): Code => [0x02, 0x40, 0x03, 0x40, body, 0x0c, 0, END, END];
export const exitWhen: Code = [0x0d, 1];
/** An offset above 0 is added to the address. */
export const load8 = (offset = 0): Code => [0x2d, 0, unsigned(offset)];
export const load32 = (offset = 0): Code => [0x35, 2, unsigned(offset)];
export const load64 = (offset = 0): Code => [0x29, 3, unsigned(offset)];
export const store32 = (offset = 0): Code => [0x3e, 2, unsigned(offset)];
export const store64 = (offset = 0): Code => [0x37, 3, unsigned(offset)];
export const fill: Code = [0xfc, 11, 0];
export const copy: Code = [0xfc, 10, 0, 0];
const END = 0x0b;

export const op = {
  i32Eqz: 0x45,
  i32LtU: 0x49,
  i32Add: 0x6a,
  i32And: 0x71,
  i32Shl: 0x74,
  i32ShrU: 0x76,
  i64LtU: 0x54,
  i64Add: 0x7c,
  i64Sub: 0x7d,
  i64Mul: 0x7e,
  i64And: 0x83,
  i64Xor: 0x85,
  i64ShrU: 0x88,
  i64Rotr: 0x8a,
} as const;

const flatten = (code: Code): number[] => (code as unknown[]).flat(Infinity) as number[];
const vector = (items: readonly number[][]): number[] => [...unsigned(items.length), ...items.flat()];
const section = (id: number, content: number[]): number[] => [id, ...unsigned(content.length), ...content];
const text = (value: string): number[] => [...unsigned(value.length), ...Buffer.from(value)];

/** As far as it is used here: it is part of every runtime, and of no types without a browser's. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: unknown };
};

/** A module with its own memory. */
export type Instance<Functions> = Functions & { readonly memory: { readonly buffer: ArrayBuffer } };

/** Functions without results, exported by name with the one memory; each call makes an instance. */
export function assemble<Functions>(functions: readonly WasmFunction[], pages: number): () => Instance<Functions> {
  const types = functions.map(({ params }) => [0x60, ...vector(params.map((type) => [type])), 0]);
  const bodies = functions.map(({ locals, body }) => {
    const code = [...vector(locals.map((type) => [1, type])), ...flatten(body), END];
    return [...unsigned(code.length), ...code];
  });
  const exported = functions.map(({ name }, index) => [...text(name), 0, ...unsigned(index)]);
  const module = new WebAssembly.Module(
    Uint8Array.from([
      ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
      ...section(1, vector(types)),
      ...section(3, vector(functions.map((_, index) => unsigned(index)))),
      ...section(5, vector([[0, ...unsigned(pages)]])),
      ...section(7, vector([...exported, [...text('memory'), 2, 0]])),
      ...section(10, vector(bodies)),
    ]),
  );
  return () => new WebAssembly.Instance(module).exports as Instance<Functions>;
}
