import { EVMError, type ExecResult } from '@ethereumjs/evm';

/** What a precompile answers that its gas doesn't pay for. */
export const outOfGas = (gasLimit: bigint): ExecResult => ({
  returnValue: new Uint8Array(0),
  executionGasUsed: gasLimit,
  exceptionError: new EVMError(EVMError.errorMessages.OUT_OF_GAS),
});
