import type { EthAsker } from '../../../ports/eth-api.ts';
import { type Hex, bytesToHex } from '../../../primitives/hex.ts';
import { type EvmAddress, evmAddress } from '../../../primitives/ids.ts';
import { type AccessListEntry, type CallRequest, type CallResult, intrinsicGas } from '../call-executor.ts';
import type { AncestorHash, BlockEnvironment } from '../environment.ts';
import type { ExecutedBlock } from '../executed-block.ts';
import { CallLanes } from './call-lanes.ts';
import { blockOverrideParams, type CallParams, callParams, overrideParams } from './call-params.ts';
import { type EthContext, type MethodTable, accountAt, environmentOf, requireBlock } from './context.ts';
import { reverted, serverError } from './errors.ts';
import { type Json, toQuantity } from './json.ts';
import { blockChoice } from './params.ts';
import { revertReason } from './revert-reason.ts';

const NOBODY = evmAddress(`0x${'0'.repeat(40)}`);
/** What the least transaction takes. Source: yellow paper, appendix G. */
const LEAST_GAS = 21_000n;
/** Source: EIP-3860. */
const MAX_INITCODE_BYTES = 49_152;
/** Given with a value to the called contract. Source: yellow paper, appendix G. */
const CALL_STIPEND = 2300n;
/** An estimate may be this much above the least gas that succeeds. Source: geth, `estimateGasErrorRatio`. */
const ESTIMATE_TOLERANCE_PER_MILLE = 15n;

type TryCall = (request: CallRequest) => Promise<CallResult>;
type CallWork<T> = (run: TryCall) => Promise<T>;

/** The block whose state a call sees, and the block that it is told to be in. */
interface Surroundings {
  readonly block: ExecutedBlock;
  readonly environment: BlockEnvironment;
}

/** Calls that are tried out. */
export function callMethods(context: EthContext): MethodTable {
  const lanes = new CallLanes(context.callers, context.clock);
  /** All calls of one request share its time. */
  const tryOut = <T>(asker: EthAsker, { block, environment }: Surroundings, work: CallWork<T>): Promise<T> =>
    lanes.run(asker, context.config().rpc.callTimeoutMs, (executor, deadlineMs) => {
      const { stateRoot, blockNumber } = block.payload;
      const known = context.chain.ancestorHash(block);
      // Above the block that the call stands on there is none, whatever number the call pretends to have.
      const ancestorHash: AncestorHash = (number) => (number > blockNumber ? new Uint8Array(32) : known(number));
      const limits = { deadlineMs, signal: asker.signal };
      return work((request) => executor.call(stateRoot, environment, ancestorHash, request, limits));
    });
  const surroundings = (at: unknown, blockOverrides: unknown): Surroundings => {
    const block = requireBlock(context, blockChoice(at));
    return { block, environment: { ...environmentOf(block), ...blockOverrideParams(blockOverrides) } };
  };
  const requestOf = (call: unknown, overrides: unknown, where: Surroundings): CallRequest => {
    const params = callParams(call);
    requirePossible(context, params, where);
    const gasLimit = params.gas ?? BigInt(context.config().rpc.callGasLimit);
    const request = toRequest(params, gasLimit, overrideParams(overrides));
    requireFunds(context, where.block, request);
    const least = intrinsicGas(request);
    if (gasLimit < least) throw serverError(`intrinsic gas too low: have ${gasLimit}, want ${least}`);
    return request;
  };
  return {
    eth_call: async ([call, at, overrides, blockOverrides], asker) => {
      const where = surroundings(at, blockOverrides);
      const request = requestOf(call, overrides, where);
      const result = await tryOut(asker, where, (run) => run(request));
      if (result.failure !== null) throw failed(result);
      return bytesToHex(result.returned);
    },
    eth_estimateGas: async ([call, at, overrides, blockOverrides], asker) => {
      const where = surroundings(at, blockOverrides);
      const params = callParams(call);
      requirePossible(context, params, where);
      const { gasLimit } = where.environment;
      // Less than the least transaction takes is no limit that anybody means. Source: geth.
      const given = params.gas === null || params.gas < LEAST_GAS ? gasLimit : params.gas;
      const request = toRequest(params, min(given, gasLimit), overrideParams(overrides));
      const most = affordable(context, where.block, request);
      return toQuantity(await tryOut(asker, where, (run) => estimate(request, most, run)));
    },
    eth_createAccessList: async ([call, at, overrides], asker) => {
      const where = surroundings(at, undefined);
      const request = requestOf(call, overrides, where);
      return tryOut(asker, where, (run) => accessList(request, run));
    },
  };
}

const min = (a: bigint, b: bigint): bigint => (a < b ? a : b);

function toRequest(params: CallParams, gasLimit: bigint, overrides: CallRequest['overrides']): CallRequest {
  return {
    from: params.from ?? NOBODY,
    to: params.to,
    data: params.data,
    valueWei: params.valueWei,
    gasLimit,
    gasPriceWei: params.gasPriceWei,
    accessList: params.accessList,
    overrides,
  };
}

/** What a transaction like the call would be refused for, whatever it does. */
function requirePossible({ common }: EthContext, params: CallParams, { environment }: Surroundings): void {
  const { chainId, gasPriceWei, tipWei, from, to, data } = params;
  if (chainId !== null && chainId !== common.chainId()) {
    throw serverError(`chainId does not match node's (have=${chainId}, want=${common.chainId()})`);
  }
  if (to === null && data.length > 2 + 2 * MAX_INITCODE_BYTES) {
    throw serverError(`max initcode size exceeded: code size ${data.length / 2 - 1} limit ${MAX_INITCODE_BYTES}`);
  }
  // Without prices nothing is paid, nor asked for.
  if (gasPriceWei === 0n && tipWei === 0n) return;
  const payer = from ?? NOBODY;
  if (tipWei > gasPriceWei) {
    throw serverError(
      `max priority fee per gas higher than max fee per gas: address ${payer}, maxPriorityFeePerGas: ${tipWei}, maxFeePerGas: ${gasPriceWei}`,
    );
  }
  if (gasPriceWei < environment.baseFeeWei) {
    throw serverError(
      `max fee per gas less than block base fee: address ${payer}, maxFeePerGas: ${gasPriceWei}, baseFee: ${environment.baseFeeWei}`,
    );
  }
}

function balanceOf(context: EthContext, block: ExecutedBlock, address: EvmAddress, request: CallRequest): bigint {
  return request.overrides.get(address)?.balanceWei ?? accountAt(context, block, address)?.balance ?? 0n;
}

function requireFunds(context: EthContext, block: ExecutedBlock, request: CallRequest): void {
  const wanted = request.valueWei + request.gasLimit * request.gasPriceWei;
  const balance = wanted === 0n ? 0n : balanceOf(context, block, request.from, request);
  if (balance < wanted) {
    throw serverError(
      `insufficient funds for gas * price + value: address ${request.from} have ${balance} want ${wanted}`,
    );
  }
}

/** The most gas that the sender can pay for. */
function affordable(context: EthContext, block: ExecutedBlock, request: CallRequest): bigint {
  const { gasPriceWei, valueWei, gasLimit, from } = request;
  if (gasPriceWei === 0n && valueWei === 0n) return gasLimit;
  const balance = balanceOf(context, block, from, request);
  if (balance < valueWei) {
    throw serverError(`insufficient funds for gas * price + value: address ${from} have ${balance} want ${valueWei}`);
  }
  return gasPriceWei === 0n ? gasLimit : min(gasLimit, (balance - valueWei) / gasPriceWei);
}

function failed({ failure, returned }: CallResult): Error {
  if (failure === 'revert') {
    const reason = revertReason(returned);
    return reverted(reason === null ? 'execution reverted' : `execution reverted: ${reason}`, bytesToHex(returned));
  }
  return serverError(failure ?? 'execution failed');
}

/** What the call uses when it may say so beforehand: with a list it may come by other ways, which are added. */
async function accessList(request: CallRequest, run: TryCall): Promise<Json> {
  const named = new Map<EvmAddress, Set<Hex>>();
  const add = ({ address, storageKeys }: AccessListEntry): boolean => {
    const known = named.get(address);
    const keys = known ?? new Set();
    const before = keys.size;
    for (const key of storageKeys) keys.add(key);
    named.set(address, keys);
    return known === undefined || keys.size > before;
  };
  request.accessList.forEach(add);
  for (;;) {
    const entries = [...named].map(([address, keys]) => ({ address, storageKeys: [...keys] }));
    const result = await run({ ...request, accessList: entries });
    if (result.touched.map(add).includes(true)) continue;
    const { failure, gasUsed } = result;
    return {
      accessList: entries,
      gasUsed: toQuantity(gasUsed),
      ...(failure === null ? {} : { error: failure === 'revert' ? 'execution reverted' : failure }),
    };
  }
}

/** The least gas, within tolerance, with which the call succeeds: by halving, from a guess that is mostly right. */
async function estimate(request: CallRequest, most: bigint, run: TryCall): Promise<bigint> {
  const withGas = (gasLimit: bigint): Promise<CallResult> => run({ ...request, gasLimit });
  const generous = await withGas(most);
  if (generous.failure !== null) {
    if (generous.failure === 'out of gas' || (generous.failure !== 'revert' && most < request.gasLimit)) {
      throw serverError(`gas required exceeds allowance (${most})`);
    }
    throw failed(generous);
  }
  if (generous.gasBeforeRefund === intrinsicGas(request)) return generous.gasBeforeRefund;
  let tooLittle = generous.gasUsed - 1n;
  let enough = most;
  // Each call keeps a 64th of its gas back (EIP-150), and refunds come after all was paid.
  const guess = ((generous.gasBeforeRefund + CALL_STIPEND) * 64n) / 63n;
  if (guess < enough) {
    if ((await withGas(guess)).failure === null) enough = guess;
    else tooLittle = guess;
  }
  while ((enough - tooLittle) * 1000n > enough * ESTIMATE_TOLERANCE_PER_MILLE) {
    const half = (enough + tooLittle) / 2n;
    // Most calls need little more than they use: the search stays near it.
    const middle = half > tooLittle * 2n ? tooLittle * 2n : half;
    if ((await withGas(middle)).failure === null) enough = middle;
    else tooLittle = middle;
  }
  return enough;
}
