import { ripemd160, sha1 } from '@noble/hashes/legacy.js';
import { equalBytes } from '../bytes.ts';
import { hash160, sha256, sha256d } from '../hash.ts';
import { ScriptFailure, failUnless } from './failure.ts';
import { isTrue } from './number.ts';
import { OP } from './opcodes.ts';
import type { ScriptStack } from './stack.ts';

type Operation = (stack: ScriptStack) => void;

const unary =
  (compute: (a: number) => number): Operation =>
  (stack) => {
    stack.pushNumber(compute(stack.popNumber()));
  };

/** An operation on the two numbers on top, `b` above `a`. */
const binary =
  (compute: (a: number, b: number) => number | boolean): Operation =>
  (stack) => {
    stack.need(2);
    const b = stack.popNumber();
    const a = stack.popNumber();
    stack.pushNumber(Number(compute(a, b)));
  };

const hashing =
  (hash: (item: Uint8Array) => Uint8Array): Operation =>
  (stack) => {
    stack.push(hash(stack.pop()));
  };

/** Copies the `count` items that begin `depth` below the top. */
const copy =
  (count: number, depth: number): Operation =>
  (stack) => {
    stack.need(depth + 1);
    for (let i = 0; i < count; i++) stack.push(stack.peek(depth));
  };

/** Moves the item `depth` below the top to the top, `times` times. */
const rotate =
  (depth: number, times = 1): Operation =>
  (stack) => {
    stack.need(depth + 1);
    for (let i = 0; i < times; i++) stack.push(stack.take(depth));
  };

function equal(stack: ScriptStack): void {
  stack.need(2);
  stack.pushBoolean(equalBytes(stack.pop(), stack.pop()));
}

function pickDepth(stack: ScriptStack): number {
  stack.need(2);
  const depth = stack.popNumber();
  failUnless(depth >= 0 && depth < stack.items.length, 'INVALID_STACK_OPERATION');
  return depth;
}

function verify(stack: ScriptStack, code: 'VERIFY' | 'EQUALVERIFY' | 'NUMEQUALVERIFY'): void {
  failUnless(stack.popBoolean(), code);
}

const numberEqual = binary((a, b) => a === b);

/** The opcodes that need nothing but the stack. The control flow, time locks and signatures are the interpreter's. */
export const STACK_OPERATIONS: Readonly<Partial<Record<number, Operation>>> = {
  [OP.NOP]: () => undefined,
  [OP.VERIFY]: (stack) => verify(stack, 'VERIFY'),
  [OP.RETURN]: () => {
    throw new ScriptFailure('OP_RETURN');
  },
  [OP.TOALTSTACK]: (stack) => void stack.alternate.push(stack.pop()),
  [OP.FROMALTSTACK]: (stack) => {
    const item = stack.alternate.pop();
    failUnless(item !== undefined, 'INVALID_ALTSTACK_OPERATION');
    stack.push(item);
  },
  [OP['2DROP']]: (stack) => {
    stack.need(2);
    stack.pop();
    stack.pop();
  },
  [OP['2DUP']]: copy(2, 1),
  [OP['3DUP']]: copy(3, 2),
  [OP['2OVER']]: copy(2, 3),
  [OP['2ROT']]: rotate(5, 2),
  [OP['2SWAP']]: rotate(3, 2),
  [OP.IFDUP]: (stack) => {
    const top = stack.peek(0);
    if (isTrue(top)) stack.push(top);
  },
  [OP.DEPTH]: (stack) => stack.pushNumber(stack.items.length),
  [OP.DROP]: (stack) => void stack.pop(),
  [OP.DUP]: copy(1, 0),
  [OP.NIP]: (stack) => void stack.take(1),
  [OP.OVER]: copy(1, 1),
  [OP.PICK]: (stack) => stack.push(stack.peek(pickDepth(stack))),
  [OP.ROLL]: (stack) => stack.push(stack.take(pickDepth(stack))),
  [OP.ROT]: rotate(2),
  [OP.SWAP]: rotate(1),
  [OP.TUCK]: (stack) => {
    stack.need(2);
    const top = stack.pop();
    const below = stack.pop();
    stack.push(top, below, top);
  },
  [OP.SIZE]: (stack) => stack.pushNumber(stack.peek(0).length),
  [OP.EQUAL]: equal,
  [OP.EQUALVERIFY]: (stack) => {
    equal(stack);
    verify(stack, 'EQUALVERIFY');
  },
  [OP['1ADD']]: unary((a) => a + 1),
  [OP['1SUB']]: unary((a) => a - 1),
  [OP.NEGATE]: unary((a) => -a),
  [OP.ABS]: unary(Math.abs),
  [OP.NOT]: unary((a) => Number(a === 0)),
  [OP['0NOTEQUAL']]: unary((a) => Number(a !== 0)),
  [OP.ADD]: binary((a, b) => a + b),
  [OP.SUB]: binary((a, b) => a - b),
  [OP.BOOLAND]: binary((a, b) => a !== 0 && b !== 0),
  [OP.BOOLOR]: binary((a, b) => a !== 0 || b !== 0),
  [OP.NUMEQUAL]: numberEqual,
  [OP.NUMEQUALVERIFY]: (stack) => {
    numberEqual(stack);
    verify(stack, 'NUMEQUALVERIFY');
  },
  [OP.NUMNOTEQUAL]: binary((a, b) => a !== b),
  [OP.LESSTHAN]: binary((a, b) => a < b),
  [OP.GREATERTHAN]: binary((a, b) => a > b),
  [OP.LESSTHANOREQUAL]: binary((a, b) => a <= b),
  [OP.GREATERTHANOREQUAL]: binary((a, b) => a >= b),
  [OP.MIN]: binary(Math.min),
  [OP.MAX]: binary(Math.max),
  [OP.WITHIN]: (stack) => {
    stack.need(3);
    const above = stack.popNumber();
    const from = stack.popNumber();
    const value = stack.popNumber();
    stack.pushBoolean(from <= value && value < above);
  },
  [OP.RIPEMD160]: hashing(ripemd160),
  [OP.SHA1]: hashing(sha1),
  [OP.SHA256]: hashing(sha256),
  [OP.HASH160]: hashing(hash160),
  [OP.HASH256]: hashing(sha256d),
};
