import { OP, Script, type ScriptType, utils } from '@scure/btc-signer';
import { tapLeafHash } from '@scure/btc-signer/payment.js';
import { describe, expect, it } from 'vitest';
import { hexToBytes } from '../../../node-core/primitives/hex.ts';
import { type Draft, judge, leafSignature, privateKey, utxo, withWitnesses } from './support.ts';

const key = privateKey(5);
const publicKey = utils.pubSchnorr(key);
const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);
const empty = bytes();

interface Leaf {
  readonly draft: Draft;
  readonly script: Uint8Array;
  readonly control: Uint8Array;
}

function leafOf(script: Uint8Array, fields: Partial<Draft> = {}): Leaf {
  // By hand: the library's own helper refuses scripts that it finds unwise.
  const internalKey = utils.pubSchnorr(privateKey(6));
  const [outputKey, parity] = utils.taprootTweakPubkey(internalKey, tapLeafHash(script));
  const control = bytes(0xc0 + parity, ...internalKey);
  const output = bytes(OP.OP_1, 32, ...outputKey);
  const draft = { inputs: [utxo(output)], outputs: [{ script: output, amountSats: 900_000n }], ...fields };
  return { draft, script, control };
}

function run(
  script: ScriptType | Uint8Array,
  items: readonly Uint8Array[] = [],
  policy = true,
  fields: Partial<Draft> = {},
) {
  const leaf = leafOf(script instanceof Uint8Array ? script : Script.encode(script), fields);
  const { draft, control } = leaf;
  return judge(withWitnesses(draft, [[...items, leaf.script, control]]), draft.inputs, 0, policy);
}

describe('tapscript operations', () => {
  // Each script must end with exactly one true item.
  const passing: readonly (readonly [string, ScriptType, readonly Uint8Array[]])[] = [
    ['ADD', [3, 4, 'ADD', 7, 'NUMEQUAL'], []],
    ['SUB below zero', [3, 4, 'SUB', '1NEGATE', 'NUMEQUAL'], []],
    ['1ADD, 1SUB', [5, '1ADD', '1ADD', '1SUB', 6, 'NUMEQUAL'], []],
    ['NEGATE, ABS', [5, 'NEGATE', 'ABS', 5, 'EQUAL'], []],
    ['NOT, 0NOTEQUAL', [0, 'NOT', '0NOTEQUAL'], []],
    ['BOOLAND, BOOLOR', [1, 0, 'BOOLOR', 2, 'BOOLAND'], []],
    ['NUMNOTEQUAL', [1, 2, 'NUMNOTEQUAL'], []],
    ['LESSTHAN', [1, 2, 'LESSTHAN'], []],
    ['GREATERTHAN', [2, 1, 'GREATERTHAN'], []],
    ['LESSTHANOREQUAL', [2, 2, 'LESSTHANOREQUAL'], []],
    ['GREATERTHANOREQUAL', [2, 2, 'GREATERTHANOREQUAL'], []],
    ['MIN, MAX', [4, 9, 'MIN', 6, 'MAX', 6, 'NUMEQUAL'], []],
    ['WITHIN', [4, 4, 5, 'WITHIN'], []],
    ['NUMEQUALVERIFY', [4, 4, 'NUMEQUALVERIFY', 1], []],
    ['EQUALVERIFY', ['EQUALVERIFY', 1], [bytes(7), bytes(7)]],
    ['SIZE', ['SIZE', 3, 'NUMEQUALVERIFY'], [bytes(1, 2, 3)]],
    ['DUP, DROP, VERIFY', [1, 'DUP', 'VERIFY', 'DUP', 'DROP'], []],
    ['2DUP, 2DROP', [1, 2, '2DUP', '2DROP', 2, 'NUMEQUALVERIFY'], []],
    ['3DUP', [1, 2, 3, '3DUP', 'DEPTH', 6, 'NUMEQUALVERIFY', '2DROP', '2DROP', 'DROP'], []],
    ['2OVER', [1, 2, 3, 4, '2OVER', 2, 'NUMEQUALVERIFY', 1, 'NUMEQUALVERIFY', '2DROP', 'DROP'], []],
    ['2ROT', [1, 2, 3, 4, 5, 6, '2ROT', 2, 'NUMEQUALVERIFY', '2DROP', '2DROP'], []],
    ['2SWAP', [1, 2, 3, 4, '2SWAP', 2, 'NUMEQUALVERIFY', '2DROP'], []],
    ['IFDUP', [1, 'IFDUP', 'EQUAL'], []],
    ['IFDUP of false', [1, 0, 'IFDUP', 'DROP'], []],
    ['NIP', [0, 1, 'NIP'], []],
    ['OVER', [1, 0, 'OVER', 'NIP', 'NIP'], []],
    ['PICK', [8, 2, 1, 'PICK', 8, 'NUMEQUALVERIFY', 'DROP'], []],
    ['ROLL', [8, 2, 1, 'ROLL', 8, 'NUMEQUALVERIFY'], []],
    ['ROT', [1, 2, 3, 'ROT', 1, 'NUMEQUALVERIFY', 'DROP'], []],
    ['SWAP', [0, 1, 'SWAP', 'DROP'], []],
    ['TUCK', [1, 2, 'TUCK', 'DROP', 'DROP', 2, 'NUMEQUAL'], []],
    ['TOALTSTACK, FROMALTSTACK', [1, 'TOALTSTACK', 'FROMALTSTACK'], []],
    [
      'SHA256',
      ['SHA256', hexToBytes('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'), 'EQUAL'],
      [bytes(97, 98, 99)],
    ],
    [
      'HASH256',
      ['HASH256', hexToBytes('4f8b42c22dd3729b519ba6f68d2da7cc5b2d606d05daed5ad5128cc03e6c6358'), 'EQUAL'],
      [bytes(97, 98, 99)],
    ],
    ['HASH160', ['HASH160', hexToBytes('bb1be98c142444d7a56aa3981c3942a978e4dc33'), 'EQUAL'], [bytes(97, 98, 99)]],
    ['RIPEMD160', ['RIPEMD160', hexToBytes('8eb208f7e05d987a9b044a8e98c6b087f15a0bfc'), 'EQUAL'], [bytes(97, 98, 99)]],
    ['SHA1', ['SHA1', hexToBytes('a9993e364706816aba3e25717850c26c9cd0d89d'), 'EQUAL'], [bytes(97, 98, 99)]],
    ['IF', ['IF', 1, 'ELSE', 0, 'ENDIF'], [bytes(1)]],
    ['NOTIF', ['NOTIF', 1, 'ELSE', 0, 'ENDIF'], [empty]],
    ['IF in what does not run', [0, 'IF', 'IF', 'RETURN', 'ENDIF', 'RETURN', 'ELSE', 1, 'ENDIF'], []],
    ['NOP', ['NOP', 1], []],
  ];
  it.each(passing)('%s', (_name, script, items) => {
    expect(run(script, items)).toBeNull();
  });

  const failing: readonly (readonly [string, ScriptType, readonly Uint8Array[], string])[] = [
    ['a false end', [0], [], 'EVAL_FALSE'],
    ['negative zero is false', ['NOP'], [bytes(0x80)], 'EVAL_FALSE'],
    ['an empty end', ['NOP'], [], 'CLEANSTACK'],
    ['VERIFY of false', [0, 'VERIFY', 1], [], 'VERIFY'],
    ['RETURN', ['RETURN', 1], [], 'OP_RETURN'],
    ['an empty stack', ['ADD', 1], [], 'INVALID_STACK_OPERATION'],
    ['a PICK below the bottom', [1, 5, 'PICK'], [], 'INVALID_STACK_OPERATION'],
    ['an empty alternate stack', ['FROMALTSTACK'], [], 'INVALID_ALTSTACK_OPERATION'],
    ['EQUALVERIFY of unequal', [1, 2, 'EQUALVERIFY', 1], [], 'EQUALVERIFY'],
    ['NUMEQUALVERIFY of unequal', [1, 2, 'NUMEQUALVERIFY', 1], [], 'NUMEQUALVERIFY'],
    ['a number of five bytes', ['1ADD'], [bytes(1, 1, 1, 1, 1)], 'SCRIPT_NUMBER'],
    ['IF without end', [1, 'IF', 1], [], 'UNBALANCED_CONDITIONAL'],
    ['ELSE without IF', [1, 'ELSE'], [], 'UNBALANCED_CONDITIONAL'],
    ['IF on nothing', ['IF', 1, 'ENDIF'], [], 'UNBALANCED_CONDITIONAL'],
    ['a condition of two', ['IF', 1, 'ENDIF'], [bytes(2)], 'TAPSCRIPT_MINIMALIF'],
    ['a condition of 01 00', ['IF', 1, 'ENDIF'], [bytes(1, 0)], 'TAPSCRIPT_MINIMALIF'],
    ['VERIF where nothing runs', [0, 'IF', 'VERIF', 'ENDIF', 1], [], 'BAD_OPCODE'],
    ['CHECKMULTISIG', [0, 0, 0, 'CHECKMULTISIG'], [], 'TAPSCRIPT_CHECKMULTISIG'],
    ['an item of 521 bytes', ['DROP', 1], [new Uint8Array(521)], 'PUSH_SIZE'],
    ['more than 1000 items', ['NOP'], Array.from({ length: 1001 }, () => bytes(1)), 'STACK_SIZE'],
    ['growing above 1000 items', ['DUP', 'DROP'], Array.from({ length: 1000 }, () => bytes(1)), 'STACK_SIZE'],
  ];
  it.each(failing)('refuses %s', (_name, script, items, code) => {
    expect(run(script, items)).toBe(code);
    expect(run(script, items, false)).toBe(code);
  });

  it('refuses a push over the end of the script', () => {
    expect(run(bytes(0x51, 0x05, 0x01))).toBe('BAD_OPCODE');
    expect(run(bytes(OP.PUSHDATA2, 0x01))).toBe('BAD_OPCODE');
  });

  it('refuses by relay alone what is not minimal, kept for later, or of a later leaf version', () => {
    expect(run(bytes(0x01, 0x01))).toBe('MINIMALDATA');
    expect(run(bytes(0x01, 0x01), [], false)).toBeNull();
    expect(run(['1ADD'], [bytes(1, 0)])).toBe('SCRIPT_NUMBER');
    expect(run(['1ADD'], [bytes(1, 0)], false)).toBeNull();
    expect(run(['NOP10', 1])).toBe('DISCOURAGE_UPGRADABLE_NOPS');
    expect(run(['NOP10', 1], [], false)).toBeNull();
    expect(run(['CAT', 'RETURN'])).toBe('DISCOURAGE_OP_SUCCESS');
    expect(run(['CAT', 'RETURN'], [], false)).toBeNull();
  });

  it('checks absolute and relative locks against the transaction', () => {
    const locked = { lockTime: 500, sequence: 10 };
    const until = (height: number) =>
      run(
        [hexToBytes(height.toString(16).padStart(4, '0')).reverse(), 'CHECKLOCKTIMEVERIFY', 'DROP', 1],
        [],
        true,
        locked,
      );
    expect(until(500)).toBeNull();
    expect(until(501)).toBe('UNSATISFIED_LOCKTIME');
    expect(run([10, 'CHECKSEQUENCEVERIFY'], [], true, locked)).toBeNull();
    expect(run([11, 'CHECKSEQUENCEVERIFY'], [], true, locked)).toBe('UNSATISFIED_LOCKTIME');
    expect(run(['1NEGATE', 'CHECKSEQUENCEVERIFY'], [], true, locked)).toBe('NEGATIVE_LOCKTIME');
    expect(run([10, 'CHECKSEQUENCEVERIFY'], [], true, { ...locked, version: 1 })).toBe('UNSATISFIED_LOCKTIME');
  });
});

describe('tapscript signatures', () => {
  const signed = (script: ScriptType, order: (signature: Uint8Array) => Uint8Array[], policy = true) => {
    const { draft, script: leaf, control } = leafOf(Script.encode(script));
    const witness = [...order(leafSignature(draft, 0, leaf, key)), leaf, control];
    return judge(withWitnesses(draft, [witness]), draft.inputs, 0, policy);
  };

  it('count by CHECKSIG, CHECKSIGVERIFY and CHECKSIGADD', () => {
    expect(signed([publicKey, 'CHECKSIG'], (signature) => [signature])).toBeNull();
    expect(signed([publicKey, 'CHECKSIGVERIFY', 1], (signature) => [signature])).toBeNull();
    expect(signed([3, publicKey, 'CHECKSIGADD', 4, 'NUMEQUAL'], (signature) => [signature])).toBeNull();
    expect(signed([publicKey, 'CHECKSIG', 'NOT'], () => [empty])).toBeNull();
    expect(signed([publicKey, 'CHECKSIGVERIFY', 1], () => [empty])).toBe('CHECKSIGVERIFY');
    expect(signed([publicKey, 'CHECKSIG', 'NOT'], () => [new Uint8Array(64)])).toBe('SCHNORR_SIG');
  });

  it('need a key; keys of other lengths are kept for later', () => {
    expect(signed([0, 'CHECKSIG'], (signature) => [signature], false)).toBe('PUBKEYTYPE');
    const later = bytes(2, ...publicKey);
    expect(signed([later, 'CHECKSIG'], () => [bytes(1)])).toBe('DISCOURAGE_UPGRADABLE_PUBKEYTYPE');
    expect(signed([later, 'CHECKSIG'], () => [bytes(1)], false)).toBeNull();
  });

  it('are refused beyond the budget that the witness pays for', () => {
    // The weight here pays for four checks: 50 and the witness's 136 bytes, and 5 more for each check's opcodes.
    const again: ScriptType = ['DUP', 'FROMALTSTACK', 'DUP', 'TOALTSTACK', 'CHECKSIGVERIFY'];
    const checks = (count: number): ScriptType => [publicKey, 'TOALTSTACK', ...Array(count).fill(again).flat()];
    expect(signed(checks(4), (signature) => [signature])).toBeNull();
    expect(signed(checks(5), (signature) => [signature])).toBe('TAPSCRIPT_VALIDATION_WEIGHT');
  });

  it('commit to the last executed code separator', () => {
    const script: ScriptType = ['CODESEPARATOR', publicKey, 'CHECKSIG'];
    expect(signed(script, (signature) => [signature])).toBe('SCHNORR_SIG');
  });
});
