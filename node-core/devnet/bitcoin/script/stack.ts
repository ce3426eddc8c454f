import { assert } from '../../../primitives/assert.ts';
import { failUnless } from './failure.ts';
import { decodeNumber, encodeNumber, isTrue } from './number.ts';

/** The interpreter's stack: every access below its bottom is a script failure. */
export class ScriptStack {
  readonly items: Uint8Array[];
  readonly alternate: Uint8Array[] = [];
  /** Whether numbers must be minimal (MINIMALDATA, a rule of relay). */
  private readonly minimalNumbers: boolean;

  constructor(items: readonly Uint8Array[], minimalNumbers: boolean) {
    this.items = [...items];
    this.minimalNumbers = minimalNumbers;
  }

  /** @throws ScriptFailure unless there are `count` items. */
  need(count: number): void {
    failUnless(this.items.length >= count, 'INVALID_STACK_OPERATION');
  }

  push(...items: readonly Uint8Array[]): void {
    this.items.push(...items);
  }

  pop(): Uint8Array {
    this.need(1);
    return this.items.pop() as Uint8Array;
  }

  /** The item `depth` below the top. */
  peek(depth: number): Uint8Array {
    this.need(depth + 1);
    return this.items[this.items.length - 1 - depth] as Uint8Array;
  }

  /** Takes the item `depth` below the top out. */
  take(depth: number): Uint8Array {
    this.need(depth + 1);
    const [item] = this.items.splice(this.items.length - 1 - depth, 1);
    assert(item !== undefined, 'the stack has the item that was counted');
    return item;
  }

  popNumber(): number {
    return decodeNumber(this.pop(), this.minimalNumbers);
  }

  peekNumber(depth: number, maxBytes: number): number {
    return decodeNumber(this.peek(depth), this.minimalNumbers, maxBytes);
  }

  pushNumber(value: number): void {
    this.items.push(encodeNumber(value));
  }

  popBoolean(): boolean {
    return isTrue(this.pop());
  }

  pushBoolean(value: boolean): void {
    this.pushNumber(value ? 1 : 0);
  }
}
