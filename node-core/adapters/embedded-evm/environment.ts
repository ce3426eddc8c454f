import { type Block, createBlock } from '@ethereumjs/block';
import type { Common } from '@ethereumjs/common';
import { createEVM } from '@ethereumjs/evm';
import { Address } from '@ethereumjs/util';
import { type VM, createVM } from '@ethereumjs/vm';
import { type Hex, hexToBytes } from '../../primitives/hex.ts';
import type { EvmAddress } from '../../primitives/ids.ts';
import { Journal } from './journal.ts';
import { loopingOpcodes } from './opcode-loop.ts';
import type { Pacer } from './pacer.ts';
import { blake2f } from './precompiles/blake2f.ts';
import { bn254Add, bn254Multiply, bn254Pairing } from './precompiles/bn254.ts';
import { modexp } from './precompiles/modexp.ts';
import type { WorldState } from './state/world-state.ts';

const MODEXP = '0x05';
const BN254_ADD = '0x06';
const BN254_MULTIPLY = '0x07';
const BN254_PAIRING = '0x08';
const BLAKE2F = '0x09';

/** What a block says of its surroundings before its transactions run. */
export interface BlockEnvironment {
  readonly number: bigint;
  readonly timestampS: number;
  readonly gasLimit: bigint;
  readonly baseFeeWei: bigint;
  readonly feeRecipient: EvmAddress;
  readonly prevRandao: Hex;
  readonly parentBeaconBlockRoot: Hex;
}

/** Hash of the ancestor with this number of the block that is being executed. */
export type AncestorHash = (number: bigint) => Uint8Array;

/** Holds the look-up of the block or call that runs. */
export interface Ancestors {
  hash: AncestorHash;
}

/** A VM on a state, whose BLOCKHASH asks `ancestorHash` and whose running time `pacer` watches. */
export async function createEnvironmentVm(
  common: Common,
  state: WorldState,
  ancestorHash: AncestorHash,
  pacer: Pacer,
): Promise<VM> {
  const blockchain = {
    getBlock: async (number: number) => {
      const hash = ancestorHash(BigInt(number));
      return { hash: () => hash };
    },
    putBlock: async () => undefined,
    shallowCopy: () => blockchain,
  };
  const evm = await createEVM({
    common,
    stateManager: state,
    blockchain,
    customOpcodes: [...loopingOpcodes(common, pacer)],
    customPrecompiles: [
      { address: MODEXP, function: modexp(pacer.pace) },
      { address: BN254_ADD, function: bn254Add },
      { address: BN254_MULTIPLY, function: bn254Multiply },
      { address: BN254_PAIRING, function: bn254Pairing(pacer.pace) },
      { address: BLAKE2F, function: blake2f(pacer.pace) },
    ],
  });
  evm.journal = new Journal(state) as unknown as typeof evm.journal;
  return createVM({ common, stateManager: state, blockchain, evm });
}

/** The block as transactions and calls see it. */
export function environmentBlock(common: Common, environment: BlockEnvironment): Block {
  return createBlock(
    {
      header: {
        number: environment.number,
        timestamp: BigInt(environment.timestampS),
        gasLimit: environment.gasLimit,
        baseFeePerGas: environment.baseFeeWei,
        coinbase: new Address(hexToBytes(environment.feeRecipient)),
        mixHash: hexToBytes(environment.prevRandao),
        parentBeaconBlockRoot: hexToBytes(environment.parentBeaconBlockRoot),
      },
    },
    { common },
  );
}
