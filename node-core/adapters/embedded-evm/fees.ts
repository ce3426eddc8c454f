import type { ExecutionPayload } from '../../domain/consensus/types.ts';

/** The gas target is half of the limit. Source: EIP-1559, `ELASTICITY_MULTIPLIER`. */
const ELASTICITY = 2n;
/** The base fee moves by at most an eighth a block. Source: EIP-1559, `BASE_FEE_MAX_CHANGE_DENOMINATOR`. */
const MAX_CHANGE = 8n;
/** Source: EIP-1559 and yellow paper: a child's limit is within a 1024th of its parent's. */
const LIMIT_DIVISOR = 1024n;
const MIN_GAS_LIMIT = 5000n;

/** Base fee of the child of a block with these fields, in wei. Source: EIP-1559. */
export function nextBaseFee({
  gasLimit,
  gasUsed,
  baseFeePerGas,
}: Pick<ExecutionPayload, 'gasLimit' | 'gasUsed' | 'baseFeePerGas'>): bigint {
  const target = gasLimit / ELASTICITY;
  if (gasUsed === target) return baseFeePerGas;
  const distance = gasUsed > target ? gasUsed - target : target - gasUsed;
  const change = (baseFeePerGas * distance) / target / MAX_CHANGE;
  if (gasUsed > target) return baseFeePerGas + (change > 0n ? change : 1n);
  return baseFeePerGas > change ? baseFeePerGas - change : 0n;
}

/** Whether a child of a block with limit `parent` may have this limit. */
export function isGasLimitAllowed(parent: bigint, limit: bigint): boolean {
  const distance = limit > parent ? limit - parent : parent - limit;
  return distance < parent / LIMIT_DIVISOR && limit >= MIN_GAS_LIMIT;
}

/** The allowed limit that is nearest to `target`. */
export function nextGasLimit(parent: bigint, target: bigint): bigint {
  const step = parent / LIMIT_DIVISOR - 1n;
  const wanted = target < MIN_GAS_LIMIT ? MIN_GAS_LIMIT : target;
  if (wanted > parent + step) return parent + step;
  return wanted < parent - step ? parent - step : wanted;
}
