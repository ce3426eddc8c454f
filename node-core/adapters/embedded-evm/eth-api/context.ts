import type { Common } from '@ethereumjs/common';
import type { Account } from '@ethereumjs/util';
import { type Hex, hexToBytes } from '../../../primitives/hex.ts';
import type { EthAsker } from '../../../ports/eth-api.ts';
import type { EvmAddress } from '../../../primitives/ids.ts';
import type { ChainIndex } from '../chain-index.ts';
import type { BlockEnvironment } from '../environment.ts';
import type { ExecutedBlock } from '../executed-block.ts';
import type { ExecutionConfig } from '../execution-config.ts';
import type { TransactionPool } from '../pool/transaction-pool.ts';
import type { StateView } from '../state/accounts.ts';
import type { CallExecutors } from './call-lanes.ts';
import { serverError } from './errors.ts';
import type { BlockChoice } from './params.ts';

/** What the wallet methods work on. */
export interface EthContext {
  readonly chain: ChainIndex;
  readonly view: StateView;
  readonly pool: TransactionPool;
  readonly callers: CallExecutors;
  readonly common: Common;
  readonly config: () => ExecutionConfig;
  readonly clock: () => number;
}

export type Params = readonly unknown[];
export type Method = (params: Params, asker: EthAsker) => unknown;
export type MethodTable = Readonly<Record<string, Method>>;

/** The block that is meant; undefined for one that isn't there. `pending` is the latest: blocks are made in a slot, not before. */
export function findBlock({ chain }: EthContext, choice: BlockChoice): ExecutedBlock | undefined {
  if ('hash' in choice) {
    const block = chain.block(choice.hash);
    if (block !== undefined && choice.canonical && chain.hashAt(block.payload.blockNumber) !== choice.hash) {
      throw serverError('hash is not currently canonical');
    }
    return block;
  }
  if ('number' in choice) {
    const hash = choice.number > chain.head.payload.blockNumber ? undefined : chain.hashAt(choice.number);
    return hash === undefined ? undefined : chain.block(hash);
  }
  const byTag = {
    latest: chain.head,
    pending: chain.head,
    safe: chain.safe,
    finalized: chain.finalized,
    earliest: chain.genesis,
  };
  return byTag[choice.tag];
}

/** @throws EthApiError in geth's words. */
export function requireBlock(context: EthContext, choice: BlockChoice): ExecutedBlock {
  const block = findBlock(context, choice);
  if (block === undefined) throw serverError('hash' in choice ? 'header for hash not found' : 'header not found');
  return block;
}

export function accountAt({ view }: EthContext, block: ExecutedBlock, address: EvmAddress): Account | undefined {
  return view.account(hexToBytes(block.payload.stateRoot), hexToBytes(address));
}

/** A call on a block runs in that block's surroundings. */
export function environmentOf({ payload, parentBeaconBlockRoot }: ExecutedBlock): BlockEnvironment {
  return {
    number: BigInt(payload.blockNumber),
    timestampS: payload.timestampS,
    gasLimit: payload.gasLimit,
    baseFeeWei: payload.baseFeePerGas,
    feeRecipient: payload.feeRecipient,
    prevRandao: payload.prevRandao,
    parentBeaconBlockRoot: parentBeaconBlockRoot as Hex,
  };
}
