import type { RunState } from './run-state.ts';
import { bigIntOf } from './words.ts';

/** Source: yellow paper, appendix G: base. */
const BASE_GAS = 2n;

const pushing =
  (read: (state: RunState) => Uint8Array) =>
  (state: RunState): void => {
    state.interpreter.useGas(BASE_GAS);
    state.stack.push(bigIntOf(read(state)));
  };

/** Opcodes that push bytes of the environment, for which the library goes by way of text at a price of next to nothing. */
export const ENVIRONMENT_OPCODES: ReadonlyMap<number, (state: RunState) => void> = new Map([
  [0x30, pushing(({ env }) => env.address.bytes)],
  [0x32, pushing(({ env }) => env.origin.bytes)],
  [0x33, pushing(({ env }) => env.caller.bytes)],
  [0x41, pushing(({ env }) => env.block.header.coinbase.bytes)],
  [0x44, pushing(({ env }) => env.block.header.prevRandao)],
]);
