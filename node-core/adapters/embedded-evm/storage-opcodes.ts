import { EVMError } from '@ethereumjs/evm';
import type { RunState } from './run-state.ts';
import type { WorldState } from './state/world-state.ts';
import { bigIntOf, wordOf } from './words.ts';

/** Source: EIP-2929. */
const COLD_GAS = 2100n;
const WARM_GAS = 100n;
/** Source: EIP-2200 with the prices of EIP-2929 and the refunds of EIP-3529. */
const SENTRY_GAS = 2300n;
const SET_GAS = 20_000n;
const RESET_GAS = 2900n;
const CLEAR_REFUND = 4800n;

/** Pays for a slot's first touch; says whether it was the first. */
function touch({ interpreter }: RunState, key: Uint8Array): boolean {
  const { bytes } = interpreter.getAddress();
  if (interpreter.journal.isWarmedStorage(bytes, key)) return false;
  interpreter.journal.addWarmedStorage(bytes, key);
  return true;
}

const worldOf = ({ stateManager }: RunState): WorldState => stateManager as WorldState;

function sload(state: RunState): void {
  const key = wordOf(state.stack.pop());
  state.interpreter.useGas(touch(state, key) ? COLD_GAS : WARM_GAS);
  state.stack.push(bigIntOf(worldOf(state).slot(state.interpreter.getAddress(), key)));
}

function sstore(state: RunState): void {
  const { interpreter, stack, env } = state;
  if (interpreter.isStatic()) throw new EVMError(EVMError.errorMessages.STATIC_STATE_CHANGE);
  const key = wordOf(stack.pop());
  const value = stack.pop();
  if (interpreter.getGasLeft() <= SENTRY_GAS) throw new EVMError(EVMError.errorMessages.OUT_OF_GAS);
  const world = worldOf(state);
  const address = interpreter.getAddress();
  const current = bigIntOf(world.slot(address, key));
  const original = bigIntOf(world.originalStorageCache.slot(address, key));
  const gas = writeGas(state, original, current, value);
  interpreter.useGas(touch(state, key) ? gas + COLD_GAS : gas);
  world.putSlot(address, key, wordOf(value));
  const account = world.account(address);
  if (account !== undefined) env.contract = account;
}

/** What a write costs besides the touch, and what it gives back. */
function writeGas({ interpreter }: RunState, original: bigint, current: bigint, value: bigint): bigint {
  if (value === current) return WARM_GAS;
  if (original === current) {
    if (original === 0n) return SET_GAS;
    if (value === 0n) interpreter.refundGas(CLEAR_REFUND);
    return RESET_GAS;
  }
  if (original !== 0n) {
    if (current === 0n) interpreter.subRefund(CLEAR_REFUND);
    else if (value === 0n) interpreter.refundGas(CLEAR_REFUND);
  }
  if (original === value) interpreter.refundGas((original === 0n ? SET_GAS : RESET_GAS) - WARM_GAS);
  return WARM_GAS;
}

/**
 * Opcodes on storage that pay for themselves and do the same as the library's, which asks the state four times for each
 * write, by promises.
 */
export const STORAGE_OPCODES: ReadonlyMap<number, (state: RunState) => void> = new Map([
  [0x54, sload],
  [0x55, sstore],
]);
