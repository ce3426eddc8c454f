import { Common, type ChainConfig, Hardfork } from '@ethereumjs/common';
import { paramsBlock } from '@ethereumjs/block';
import { paramsEVM } from '@ethereumjs/evm';
import { paramsTx } from '@ethereumjs/tx';
import { paramsVM } from '@ethereumjs/vm';
import { keccak256, recoverPublicKey } from './crypto.ts';
import { pointEvaluation } from './kzg.ts';

/** All forks up to Cancun, active from genesis. */
const FORKS = [
  Hardfork.Chainstart,
  Hardfork.Homestead,
  Hardfork.TangerineWhistle,
  Hardfork.SpuriousDragon,
  Hardfork.Byzantium,
  Hardfork.Constantinople,
  Hardfork.Petersburg,
  Hardfork.Istanbul,
  Hardfork.MuirGlacier,
  Hardfork.Berlin,
  Hardfork.London,
  Hardfork.ArrowGlacier,
  Hardfork.GrayGlacier,
  Hardfork.Paris,
] as const;

/**
 * The chain's rules, which never change while a node runs. Blocks and transactions each take a copy of their `Common`
 * and merge their parameters into it, which costs more than a transfer's execution: here a copy is the object itself.
 */
class FixedCommon extends Common {
  override copy(): Common {
    return this;
  }

  /** All parameters are given at once by `chainCommon`. */
  override updateParams(): void {
    // Nothing is left to merge.
  }
}

/** Rules of the chain, with KZG for the precompile 0x0a. */
export function chainCommon(chainId: number): Common {
  const chain: ChainConfig = {
    name: `alys-${chainId}`,
    chainId,
    defaultHardfork: Hardfork.Cancun,
    consensus: { type: 'pos', algorithm: 'casper', casper: {} },
    // The genesis block is made by `genesisPayload`; the library asks for these fields.
    genesis: { gasLimit: 0, difficulty: 0, nonce: '0x0000000000000000', extraData: '0x' },
    hardforks: [
      ...FORKS.map((name) => ({ name, block: 0 })),
      { name: Hardfork.Shanghai, block: null, timestamp: 0 },
      { name: Hardfork.Cancun, block: null, timestamp: 0 },
    ],
    bootstrapNodes: [],
  };
  const common = new FixedCommon({
    chain,
    hardfork: Hardfork.Cancun,
    customCrypto: { kzg: pointEvaluation, keccak256, ecrecover: recoverPublicKey },
  });
  // `resetParams` replaces; each library's parameters are grouped by EIP, and several have a part of one EIP.
  const params: Record<string, Record<string, string | number | null>> = {};
  for (const part of [paramsBlock, paramsTx, paramsEVM, paramsVM]) {
    for (const [eip, values] of Object.entries(part)) params[eip] = { ...params[eip], ...values };
  }
  common.resetParams(params);
  return common;
}
