import { OPNames } from '@scure/btc-signer/script.js';
import { bytesToBareHex } from '../../../primitives/hex.ts';
import { decodeNumber } from './number.ts';
import { OP, readScript, smallInteger } from './opcodes.ts';

/** Pushes of up to this many bytes are written as numbers. */
const MAX_NUMBER_BYTES = 4;

/** A script in Core's notation: opcodes by name, short pushes as numbers, others in hex. */
export function scriptText(script: Uint8Array): string {
  const words: string[] = [];
  for (const op of readScript(script)) {
    if (op === null) words.push('[error]');
    else if (op.data !== null && op.data.length <= MAX_NUMBER_BYTES) words.push(`${decodeNumber(op.data, false)}`);
    else if (op.data !== null) words.push(bytesToBareHex(op.data));
    else words.push(opcodeText(op.opcode));
  }
  return words.join(' ');
}

function opcodeText(opcode: number): string {
  if (opcode === OP['1NEGATE']) return '-1';
  const small = smallInteger(opcode);
  if (small !== undefined) return `${small}`;
  const name = OPNames[opcode];
  return name === undefined || opcode === OP.INVALID ? 'OP_UNKNOWN' : `OP_${name}`;
}
