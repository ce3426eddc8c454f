import { equalBytes } from '../bytes.ts';
import { hexToBytes } from '../../../primitives/hex.ts';
import { OP, parseScript, smallInteger } from './opcodes.ts';

/** Forms of output scripts, by Core's names. Source: Bitcoin Core, `script/solver.cpp`. */
export type OutputType =
  | 'pubkey'
  | 'pubkeyhash'
  | 'scripthash'
  | 'multisig'
  | 'nulldata'
  | 'witness_v0_keyhash'
  | 'witness_v0_scripthash'
  | 'witness_v1_taproot'
  | 'anchor'
  | 'witness_unknown'
  | 'nonstandard';

const ANCHOR_SCRIPT = hexToBytes('51024e73');
export const isPayToAnchor = (script: Uint8Array): boolean => equalBytes(script, ANCHOR_SCRIPT);

/** The version and bytes of a witness program (BIP-141), or null for any other script. */
export function witnessProgram(script: Uint8Array): { readonly version: number; readonly bytes: Uint8Array } | null {
  const [opcode, length] = script;
  if (opcode === undefined || length === undefined || script.length !== length + 2) return null;
  const version = smallInteger(opcode);
  if (version === undefined || length < 2 || length > 40) return null;
  return { version, bytes: script.subarray(2) };
}

export function classifyOutput(script: Uint8Array): OutputType {
  const [first, second] = script;
  if (script.length === 23 && first === OP.HASH160 && second === 20 && script[22] === OP.EQUAL) return 'scripthash';
  const program = witnessProgram(script);
  if (program !== null) return classifyProgram(program.version, program.bytes.length, script);
  if (first === OP.RETURN && isPushOnly(script.subarray(1))) return 'nulldata';
  if (isKeyPush(script, 0) && script.length === (first as number) + 2 && script.at(-1) === OP.CHECKSIG) return 'pubkey';
  const isKeyHash = first === OP.DUP && second === OP.HASH160 && script[2] === 20 && script.length === 25;
  if (isKeyHash && script[23] === OP.EQUALVERIFY && script[24] === OP.CHECKSIG) return 'pubkeyhash';
  return multisigKeys(script) === null ? 'nonstandard' : 'multisig';
}

function classifyProgram(version: number, length: number, script: Uint8Array): OutputType {
  if (version === 0) {
    return length === 20 ? 'witness_v0_keyhash' : length === 32 ? 'witness_v0_scripthash' : 'nonstandard';
  }
  if (version === 1 && length === 32) return 'witness_v1_taproot';
  return isPayToAnchor(script) ? 'anchor' : 'witness_unknown';
}

const isKeyLength = (length: number | undefined): boolean => length === 33 || length === 65;
const isKeyPush = (script: Uint8Array, at: number): boolean => isKeyLength(script[at]);

/** How many keys a bare `m <keys> n OP_CHECKMULTISIG` has, or null for any other script. */
export function multisigKeys(script: Uint8Array): number | null {
  if (script.at(-1) !== OP.CHECKMULTISIG) return null;
  const ops = parseScript(script);
  if (ops === null || ops.length < 4) return null;
  const required = smallInteger(ops[0]?.opcode ?? -1) ?? 0;
  const total = smallInteger(ops.at(-2)?.opcode ?? -1) ?? 0;
  const keys = ops.slice(1, -2);
  const wellFormed = required >= 1 && required <= total && keys.length === total;
  return wellFormed && keys.every((op) => isKeyLength(op.data?.length)) ? total : null;
}

/** Whether a script does nothing but push. */
export function isPushOnly(script: Uint8Array): boolean {
  return parseScript(script)?.every((op) => op.opcode <= OP.OP_16) ?? false;
}

const CHECKMULTISIG_SIGOPS = 20;

/** Signature operations of a script counted without running it, as blocks limit them. */
export function countSigops(script: Uint8Array): number {
  let count = 0;
  for (const op of parseScript(script) ?? []) {
    if (op.opcode === OP.CHECKSIG || op.opcode === OP.CHECKSIGVERIFY) count++;
    if (op.opcode === OP.CHECKMULTISIG || op.opcode === OP.CHECKMULTISIGVERIFY) count += CHECKMULTISIG_SIGOPS;
  }
  return count;
}

/** Whether nothing can ever spend an output: it is left out of the set of unspent outputs. */
export const isUnspendable = (script: Uint8Array): boolean => script[0] === OP.RETURN || script.length > 10_000;
