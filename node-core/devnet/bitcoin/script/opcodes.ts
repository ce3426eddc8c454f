import { OP } from '@scure/btc-signer/script.js';

export { OP };

/** One step of a script: an opcode with what it pushes, if it pushes bytes. */
export interface ScriptOp {
  readonly opcode: number;
  readonly data: Uint8Array | null;
}

/** Splits a script into its steps; ends with `null` where a push runs over the end of the script. */
export function* readScript(script: Uint8Array): Generator<ScriptOp | null> {
  let at = 0;
  while (at < script.length) {
    const opcode = script[at++] as number;
    const lengthBytes = PUSH_LENGTH_BYTES[opcode];
    if (opcode > OP.PUSHDATA4) {
      yield { opcode, data: null };
      continue;
    }
    let length = opcode;
    if (lengthBytes !== undefined) {
      if (at + lengthBytes > script.length) return yield null;
      length = 0;
      for (let i = lengthBytes - 1; i >= 0; i--) length = length * 256 + (script[at + i] as number);
      at += lengthBytes;
    }
    if (at + length > script.length) return yield null;
    yield { opcode, data: script.subarray(at, at + length) };
    at += length;
  }
}

const PUSH_LENGTH_BYTES: Readonly<Partial<Record<number, 1 | 2 | 4>>> = {
  [OP.PUSHDATA1]: 1,
  [OP.PUSHDATA2]: 2,
  [OP.PUSHDATA4]: 4,
};

/** The steps of a script, or `null` if a push runs over its end. */
export function parseScript(script: Uint8Array): readonly ScriptOp[] | null {
  const ops = [...readScript(script)];
  return ops.includes(null) ? null : (ops as ScriptOp[]);
}

/** 1 to 16 for OP_1 to OP_16, 0 for OP_0, otherwise undefined. */
export function smallInteger(opcode: number): number | undefined {
  if (opcode === OP.OP_0) return 0;
  return opcode >= OP.OP_1 && opcode <= OP.OP_16 ? opcode - OP.OP_1 + 1 : undefined;
}

/** Whether a push is the shortest that pushes its bytes (MINIMALDATA). */
export function isMinimalPush({ opcode, data }: ScriptOp): boolean {
  if (data === null) return true;
  const [first] = data;
  if (data.length === 0) return opcode === OP.OP_0;
  if (data.length === 1 && first !== undefined && ((first >= 1 && first <= 16) || first === 0x81)) return false;
  if (data.length <= 75) return opcode === data.length;
  if (data.length <= 255) return opcode === OP.PUSHDATA1;
  return data.length <= 65_535 ? opcode === OP.PUSHDATA2 : true;
}

/** Opcodes that make any tapscript succeed, kept for later rules (BIP-342). */
export function isOpSuccess(opcode: number): boolean {
  return (
    opcode === 80 ||
    opcode === 98 ||
    (opcode >= 126 && opcode <= 129) ||
    (opcode >= 131 && opcode <= 134) ||
    (opcode >= 137 && opcode <= 138) ||
    (opcode >= 141 && opcode <= 142) ||
    (opcode >= 149 && opcode <= 153) ||
    (opcode >= 187 && opcode <= 254)
  );
}
