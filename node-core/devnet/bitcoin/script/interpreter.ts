import { equalBytes } from '../bytes.ts';
import { ScriptFailure, failUnless } from './failure.ts';
import { LOCK_TIME_BYTES, isTrue } from './number.ts';
import { OP, type ScriptOp, isMinimalPush, isOpSuccess, readScript, smallInteger } from './opcodes.ts';
import { STACK_OPERATIONS } from './operations.ts';
import { ScriptStack } from './stack.ts';

/** What a script may ask of the transaction that spends by it. */
export interface ScriptContext {
  /** Whether the rules of relay hold too, beyond those of consensus. */
  readonly policy: boolean;
  /** Whether the signature is right; an empty one is a plain "no". @throws ScriptFailure for any other wrong one. */
  checkSignature(signature: Uint8Array, publicKey: Uint8Array, codeSeparatorPosition: number): boolean;
  checkLockTime(lockTime: number): boolean;
  checkSequence(sequence: number): boolean;
}

const MAX_STACK_ITEMS = 1_000;
const MAX_ITEM_BYTES = 520;
const NO_CODE_SEPARATOR = 0xffff_ffff;
const TRUE_ITEM = Uint8Array.of(1);

/**
 * Runs a tapscript (BIP-342) on a witness stack; it allows the spend if this returns.
 * @throws ScriptFailure with Core's reason.
 */
export function runTapscript(script: Uint8Array, witness: readonly Uint8Array[], context: ScriptContext): void {
  for (const op of readScript(script)) {
    failUnless(op !== null, 'BAD_OPCODE');
    if (!isOpSuccess(op.opcode)) continue;
    failUnless(!context.policy, 'DISCOURAGE_OP_SUCCESS');
    return;
  }
  failUnless(witness.length <= MAX_STACK_ITEMS, 'STACK_SIZE');
  failUnless(
    witness.every((item) => item.length <= MAX_ITEM_BYTES),
    'PUSH_SIZE',
  );
  const stack = new ScriptStack(witness, context.policy);
  new Run(stack, context).execute(script);
  failUnless(stack.items.length === 1, 'CLEANSTACK');
  failUnless(stack.popBoolean(), 'EVAL_FALSE');
}

class Run {
  private readonly stack: ScriptStack;
  private readonly context: ScriptContext;
  /** One for each open OP_IF: whether its branch runs. */
  private readonly branches: boolean[] = [];
  private codeSeparatorPosition = NO_CODE_SEPARATOR;

  constructor(stack: ScriptStack, context: ScriptContext) {
    this.stack = stack;
    this.context = context;
  }

  execute(script: Uint8Array): void {
    let position = 0;
    for (const op of readScript(script)) {
      failUnless(op !== null, 'BAD_OPCODE');
      failUnless((op.data?.length ?? 0) <= MAX_ITEM_BYTES, 'PUSH_SIZE');
      const runs = this.branches.every(Boolean);
      if (op.opcode >= OP.IF && op.opcode <= OP.ENDIF) this.branch(op.opcode, runs);
      else if (runs) this.step(op, position);
      failUnless(this.stack.items.length + this.stack.alternate.length <= MAX_STACK_ITEMS, 'STACK_SIZE');
      position++;
    }
    failUnless(this.branches.length === 0, 'UNBALANCED_CONDITIONAL');
  }

  private branch(opcode: number, runs: boolean): void {
    if (opcode === OP.IF || opcode === OP.NOTIF) {
      this.branches.push(runs && this.condition() === (opcode === OP.IF));
    } else if (opcode === OP.ELSE) {
      const current = this.branches.pop();
      failUnless(current !== undefined, 'UNBALANCED_CONDITIONAL');
      this.branches.push(!current);
    } else {
      // What is left between OP_IF and OP_ENDIF are OP_VERIF and OP_VERNOTIF, which are wrong even where nothing runs.
      failUnless(opcode === OP.ENDIF, 'BAD_OPCODE');
      failUnless(this.branches.pop() !== undefined, 'UNBALANCED_CONDITIONAL');
    }
  }

  private condition(): boolean {
    failUnless(this.stack.items.length > 0, 'UNBALANCED_CONDITIONAL');
    const item = this.stack.pop();
    failUnless(item.length === 0 || equalBytes(item, TRUE_ITEM), 'TAPSCRIPT_MINIMALIF');
    return isTrue(item);
  }

  private step(op: ScriptOp, position: number): void {
    const { stack, context } = this;
    if (op.data !== null) {
      if (context.policy) failUnless(isMinimalPush(op), 'MINIMALDATA');
      stack.push(op.data);
      return;
    }
    const small = op.opcode === OP['1NEGATE'] ? -1 : smallInteger(op.opcode);
    if (small !== undefined) {
      stack.pushNumber(small);
      return;
    }
    switch (op.opcode) {
      case OP.CHECKSIG:
      case OP.CHECKSIGVERIFY: {
        stack.need(2);
        const publicKey = stack.pop();
        const valid = context.checkSignature(stack.pop(), publicKey, this.codeSeparatorPosition);
        if (op.opcode === OP.CHECKSIG) stack.pushBoolean(valid);
        else failUnless(valid, 'CHECKSIGVERIFY');
        return;
      }
      case OP.CHECKSIGADD: {
        stack.need(3);
        const publicKey = stack.pop();
        const count = stack.popNumber();
        const valid = context.checkSignature(stack.pop(), publicKey, this.codeSeparatorPosition);
        stack.pushNumber(count + Number(valid));
        return;
      }
      case OP.CODESEPARATOR:
        this.codeSeparatorPosition = position;
        return;
      case OP.CHECKLOCKTIMEVERIFY: {
        const lockTime = stack.peekNumber(0, LOCK_TIME_BYTES);
        failUnless(lockTime >= 0, 'NEGATIVE_LOCKTIME');
        failUnless(context.checkLockTime(lockTime), 'UNSATISFIED_LOCKTIME');
        return;
      }
      case OP.CHECKSEQUENCEVERIFY: {
        const sequence = stack.peekNumber(0, LOCK_TIME_BYTES);
        failUnless(sequence >= 0, 'NEGATIVE_LOCKTIME');
        failUnless(isDisabledSequence(sequence) || context.checkSequence(sequence), 'UNSATISFIED_LOCKTIME');
        return;
      }
      case OP.CHECKMULTISIG:
      case OP.CHECKMULTISIGVERIFY:
        throw new ScriptFailure('TAPSCRIPT_CHECKMULTISIG');
    }
    if (isUpgradableNop(op.opcode)) {
      failUnless(!context.policy, 'DISCOURAGE_UPGRADABLE_NOPS');
      return;
    }
    const operation = STACK_OPERATIONS[op.opcode];
    failUnless(operation !== undefined, 'BAD_OPCODE');
    operation(stack);
  }
}

const isUpgradableNop = (opcode: number): boolean => opcode === OP.NOP1 || (opcode >= OP.NOP4 && opcode <= OP.NOP10);

/** Bit 31 marks a relative lock time that is none (BIP-68); the number here may be wider than 32 bits. */
const isDisabledSequence = (sequence: number): boolean => Math.floor(sequence / 2 ** 31) % 2 === 1;
