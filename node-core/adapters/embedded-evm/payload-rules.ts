import type { ExecutionPayload } from '../../domain/consensus/types.ts';
import { type Hex, isHex } from '../../primitives/hex.ts';
import type { BlockRoot } from '../../primitives/ids.ts';
import { isGasLimitAllowed, nextBaseFee } from './fees.ts';

const MAX_UINT64 = (1n << 64n) - 1n;
/** Source: yellow paper, 4.3.4. */
const MAX_EXTRA_DATA_BYTES = 32;
/** Least gas of a transaction: no block holds more of them than fit. Source: yellow paper, appendix G. */
const TRANSACTION_GAS = 21_000n;

/** Why a payload can't be valid on its parent, before it is hashed and executed; null if nothing speaks against it. */
export function validatePayload(
  payload: ExecutionPayload,
  parent: ExecutionPayload,
  parentBeaconBlockRoot: BlockRoot,
): string | null {
  return malformedField(payload, parentBeaconBlockRoot) ?? wrongField(payload, parent);
}

function malformedField(payload: ExecutionPayload, parentBeaconBlockRoot: BlockRoot): string | null {
  const fixed: readonly (readonly [name: string, value: Hex, bytes: number])[] = [
    ['parentHash', payload.parentHash, 32],
    ['feeRecipient', payload.feeRecipient, 20],
    ['stateRoot', payload.stateRoot, 32],
    ['receiptsRoot', payload.receiptsRoot, 32],
    ['logsBloom', payload.logsBloom, 256],
    ['prevRandao', payload.prevRandao, 32],
    ['blockHash', payload.blockHash, 32],
    ['parentBeaconBlockRoot', parentBeaconBlockRoot, 32],
  ];
  for (const [name, value, bytes] of fixed) if (!isHex(value, bytes)) return `${name} is not ${bytes} bytes of hex`;
  if (!isHex(payload.extraData) || payload.extraData.length > 2 + 2 * MAX_EXTRA_DATA_BYTES) {
    return `extraData is not at most ${MAX_EXTRA_DATA_BYTES} bytes of hex`;
  }
  for (const name of ['gasLimit', 'gasUsed', 'blobGasUsed', 'excessBlobGas'] as const) {
    const value = payload[name];
    if (value < 0n || value > MAX_UINT64) return `${name} is not 64 bits`;
  }
  for (const name of ['blockNumber', 'timestampS'] as const) {
    if (!Number.isSafeInteger(payload[name]) || payload[name] < 0) return `${name} is not a whole number`;
  }
  if (BigInt(payload.transactions.length) > payload.gasLimit / TRANSACTION_GAS) return 'more transactions than gas';
  for (const [index, raw] of payload.transactions.entries()) {
    if (!isHex(raw) || raw.length === 2) return `transaction ${index} is not hex`;
  }
  for (const [at, { index, validatorIndex, address, amountGwei }] of payload.withdrawals.entries()) {
    if (!isHex(address, 20)) return `withdrawal ${at} has no address`;
    for (const value of [index, validatorIndex, amountGwei]) {
      if (value < 0n || value > MAX_UINT64) return `withdrawal ${at} has a number that is not 64 bits`;
    }
  }
  return null;
}

function wrongField(payload: ExecutionPayload, parent: ExecutionPayload): string | null {
  if (payload.parentHash !== parent.blockHash) return 'parentHash is not that of the parent';
  if (payload.blockNumber !== parent.blockNumber + 1) return `blockNumber is not ${parent.blockNumber + 1}`;
  if (payload.timestampS <= parent.timestampS) return `timestampS is not after ${parent.timestampS}`;
  if (!isGasLimitAllowed(parent.gasLimit, payload.gasLimit)) return `gasLimit is too far from ${parent.gasLimit}`;
  if (payload.gasUsed > payload.gasLimit) return 'gasUsed is above gasLimit';
  const baseFee = nextBaseFee(parent);
  if (payload.baseFeePerGas !== baseFee) return `baseFeePerGas is not ${baseFee}`;
  if (payload.blobGasUsed !== 0n || payload.excessBlobGas !== 0n) return 'blobs are not part of this chain';
  return null;
}
