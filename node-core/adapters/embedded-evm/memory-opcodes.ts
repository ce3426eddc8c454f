import type { RunState } from './run-state.ts';
import { bigIntOf, writeWord } from './words.ts';

const WORD_BYTES = 32n;
/** Prices. Source: yellow paper, appendix G: very low, memory, copy; a memory's price grows with its square. */
const BASE_GAS = 3n;
const MEMORY_GAS = 3n;
const MEMORY_QUADRATIC_DIVISOR = 512n;
const COPY_GAS = 3n;

const wordsOf = (bytes: bigint): bigint => (bytes + WORD_BYTES - 1n) / WORD_BYTES;

/** What memory up to `offset + length` costs more than what there is; it then counts as paid. */
function expansionGas(state: RunState, offset: bigint, length: bigint): bigint {
  if (length === 0n) return 0n;
  const words = wordsOf(offset + length);
  if (words <= state.memoryWordCount) return 0n;
  const before = state.highestMemCost;
  state.memoryWordCount = words;
  state.highestMemCost = words * MEMORY_GAS + (words * words) / MEMORY_QUADRATIC_DIVISOR;
  return state.highestMemCost - before;
}

function mload(state: RunState): void {
  const offset = state.stack.pop();
  state.interpreter.useGas(BASE_GAS + expansionGas(state, offset, WORD_BYTES));
  state.stack.push(bigIntOf(state.memory.read(Number(offset), Number(WORD_BYTES), true)));
}

function mstore(state: RunState): void {
  const offset = state.stack.pop();
  const value = state.stack.pop();
  state.interpreter.useGas(BASE_GAS + expansionGas(state, offset, WORD_BYTES));
  state.memory.extend(Number(offset), Number(WORD_BYTES));
  writeWord(value, state.memory._store, Number(offset));
}

/** Copies of `source`, which goes on with zeros for ever. */
const copyOf =
  (source: (state: RunState) => Uint8Array) =>
  (state: RunState): void => {
    const [offset, from, length] = state.stack.popN(3) as [bigint, bigint, bigint];
    state.interpreter.useGas(BASE_GAS + expansionGas(state, offset, length) + COPY_GAS * wordsOf(length));
    if (length === 0n) return;
    const { memory } = state;
    const [start, bytes] = [Number(offset), Number(length)];
    memory.extend(start, bytes);
    const data = source(state);
    const available = from >= BigInt(data.length) ? 0 : Math.min(bytes, data.length - Number(from));
    memory._store.set(data.subarray(Number(from), Number(from) + available), start);
    memory._store.fill(0, start + available, start + bytes);
  };

/**
 * Opcodes on memory that pay for themselves and do the same as the library's, whose prices are asked for by promises and
 * whose words go through hex text and buffers of their own: what they cost here is a fraction.
 */
export const MEMORY_OPCODES: ReadonlyMap<number, (state: RunState) => void> = new Map([
  [0x37, copyOf(({ interpreter }) => interpreter.getCallData())],
  [0x39, copyOf(({ interpreter }) => interpreter.getCode())],
  [0x51, mload],
  [0x52, mstore],
]);
