import { z } from 'zod';
import type { ExecutionPayload, Withdrawal } from '../../domain/consensus/types.ts';
import type { PayloadRequest } from '../../ports/execution.ts';
import { type Hex, isHex } from '../../primitives/hex.ts';
import { blockHeight, evmAddress, evmBlockHash, evmTxHash } from '../../primitives/ids.ts';
import { type Gwei, wei } from '../../primitives/units.ts';
import { malformed } from './json-rpc-client.ts';

/** Quantities as the Engine API writes them: `0x` and hex digits without leading zeros. */
const toQuantity = (value: bigint | number): Hex => `0x${value.toString(16)}`;

const bytes = (length?: number) =>
  z
    .string()
    .refine((text) => isHex(text, length), `${length ?? 'any number of'} bytes of hex`)
    .transform((text) => text.toLowerCase() as Hex);
const quantity = z
  .string()
  .regex(/^0x(?:0|[1-9a-f][0-9a-f]{0,63})$/)
  .transform((text) => BigInt(text));
const smallQuantity = quantity
  .refine((value) => value <= BigInt(Number.MAX_SAFE_INTEGER), 'a small number')
  .transform(Number);

const withdrawal = z
  .object({ index: quantity, validatorIndex: quantity, address: bytes(20), amount: quantity })
  .transform(({ index, validatorIndex, address, amount }): Withdrawal => ({
    index,
    validatorIndex,
    address: evmAddress(address),
    amountGwei: amount as Gwei,
  }));

const executionPayload = z
  .object({
    parentHash: bytes(32),
    feeRecipient: bytes(20),
    stateRoot: bytes(32),
    receiptsRoot: bytes(32),
    logsBloom: bytes(256),
    prevRandao: bytes(32),
    blockNumber: smallQuantity,
    gasLimit: quantity,
    gasUsed: quantity,
    timestamp: smallQuantity,
    extraData: bytes(),
    baseFeePerGas: quantity,
    blockHash: bytes(32),
    transactions: z.array(bytes()),
    withdrawals: z.array(withdrawal),
    blobGasUsed: quantity,
    excessBlobGas: quantity,
  })
  .transform(({ timestamp, blockNumber, baseFeePerGas, ...rest }): ExecutionPayload => ({
    ...rest,
    parentHash: evmBlockHash(rest.parentHash),
    feeRecipient: evmAddress(rest.feeRecipient),
    blockHash: evmBlockHash(rest.blockHash),
    blockNumber: blockHeight(blockNumber),
    timestampS: timestamp,
    baseFeePerGas: wei(baseFeePerGas),
  }));

const payloadStatus = z.object({
  status: z.enum(['VALID', 'INVALID', 'SYNCING', 'ACCEPTED']),
  validationError: z.string().nullish(),
});
export type PayloadStatus = z.infer<typeof payloadStatus>;

const forkchoiceAnswer = z.object({ payloadStatus, payloadId: bytes(8).nullish() });
export type ForkchoiceAnswer = z.infer<typeof forkchoiceAnswer>;

const log = z.object({
  address: bytes(20).transform(evmAddress),
  topics: z.array(bytes(32)),
  data: bytes(),
  logIndex: smallQuantity,
  transactionHash: bytes(32).transform(evmTxHash),
  transactionIndex: smallQuantity,
});
const receipt = z.object({
  status: z.enum(['0x0', '0x1']),
  from: bytes(20).transform(evmAddress),
  to: bytes(20).nullable(),
  logs: z.array(log),
});

const blockSummary = z.object({
  hash: bytes(32).transform(evmBlockHash),
  parentHash: bytes(32).transform(evmBlockHash),
  number: smallQuantity,
  baseFeePerGas: quantity,
});
export type BlockSummary = z.infer<typeof blockSummary>;

/** What the pool tells of a transaction's length and gas. */
const pooledTransaction = z
  .object({
    hash: bytes(32).transform(evmTxHash),
    to: bytes(20).nullish(),
    input: bytes(),
    accessList: z.array(z.object({ storageKeys: z.array(z.unknown()) })).nullish(),
  })
  .transform(({ hash, to, input, accessList }) => ({
    hash,
    to: to ?? null,
    input,
    /** At most: what surrounds an address and a key in RLP counted generously. */
    accessListBytes: (accessList ?? []).reduce((sum, { storageKeys }) => sum + 32 + 33 * storageKeys.length, 0),
  }));
export type PooledTransaction = z.infer<typeof pooledTransaction>;
const poolPart = z.record(z.string(), z.record(z.string(), pooledTransaction));
const pool = z
  .object({ pending: poolPart, queued: poolPart })
  .transform((parts) => Object.values(parts).flatMap((part) => Object.values(part).flatMap((of) => Object.values(of))));

const read =
  <T>(schema: z.ZodType<T>) =>
  (method: string, value: unknown): T => {
    const parsed = schema.safeParse(value);
    if (!parsed.success) throw malformed(method, z.prettifyError(parsed.error));
    return parsed.data;
  };

/** Each @throws ServiceError `ENGINE_MALFORMED` saying what is wrong. */
export const readPayloadStatus = read(payloadStatus);
export const readForkchoiceAnswer = read(forkchoiceAnswer);
export const readBuiltPayload = read(z.object({ executionPayload }).transform(({ executionPayload: built }) => built));
export const readReceipts = read(z.array(receipt).nullable());
export const readBlockSummary = read(blockSummary.nullable());
export const readNames = read(z.array(z.string()));
export const readHash = read(bytes(32).transform(evmTxHash));
export const readBytes = read(bytes());
export const readQuantity = read(smallQuantity);
/** All that waits, pending and queued. */
export const readPool = read(pool);
/** Whether the client knows of a transaction. */
export const isKnown = read(
  z
    .object({})
    .nullable()
    .transform((found) => found !== null),
);

const withdrawalToWire = ({ index, validatorIndex, address, amountGwei }: Withdrawal): object => ({
  index: toQuantity(index),
  validatorIndex: toQuantity(validatorIndex),
  address,
  amount: toQuantity(amountGwei),
});

/** ExecutionPayloadV3. */
export function payloadToWire(payload: ExecutionPayload): object {
  const { timestampS, withdrawals, ...rest } = payload;
  return {
    ...rest,
    blockNumber: toQuantity(payload.blockNumber),
    gasLimit: toQuantity(payload.gasLimit),
    gasUsed: toQuantity(payload.gasUsed),
    timestamp: toQuantity(timestampS),
    baseFeePerGas: toQuantity(payload.baseFeePerGas),
    withdrawals: withdrawals.map(withdrawalToWire),
    blobGasUsed: toQuantity(payload.blobGasUsed),
    excessBlobGas: toQuantity(payload.excessBlobGas),
  };
}

/** PayloadAttributesV3. */
export const attributesToWire = (request: PayloadRequest): object => ({
  timestamp: toQuantity(request.timestampS),
  prevRandao: request.prevRandao,
  suggestedFeeRecipient: request.feeRecipient,
  withdrawals: request.withdrawals.map(withdrawalToWire),
  parentBeaconBlockRoot: request.parentBeaconBlockRoot,
});
