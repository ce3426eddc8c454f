import { Interface } from 'ethers';
import type { Hex } from '../../../node-core/primitives/hex.ts';
import { addressOf, BRIDGE, BRIDGE_ADDRESS } from '../../support/evm-chain.ts';
import type { Random } from '../random.ts';
import type { HonestFederation } from './federation.ts';
import { signTransaction } from './raw-transaction.ts';

/** Accounts with money, from index 0 on; each signs for itself. */
export const ACCOUNTS = 8;
/** Accounts that are paid and never pay. */
export const FIRST_PAYEE = 20;
export const PAYEES = 2;

const GWEI = 1_000_000_000n;
/** The least that the bridge burns: 1,000,000 sat. */
const BURN_WEI = 1_000_000n * 10n * GWEI;
/** Stores a word, logs one with a topic, and leaves a contract of one STOP behind. */
const CREATION: Hex = '0x6001600055602a60206000a160016000f3';
const bridge = new Interface(JSON.stringify(BRIDGE.abi));

export type PaymentKind = 'transfer' | 'creation' | 'burn';

/** A valid transaction of an account, into the pool of the honest builders. */
export async function pay(
  federation: HonestFederation,
  index: number,
  kind: PaymentKind,
  random: Random,
): Promise<void> {
  const chainId = BigInt(federation.network.chainId);
  const nonce = BigInt(await federation.rpc<string>('eth_getTransactionCount', [addressOf(index), 'pending']));
  const [to, value, data] = callOf(kind, random);
  const fields = [chainId, nonce, 2_000_000n, 2n * GWEI, 200_000n, to, value, data, []];
  await federation.evm.submitTransaction(signTransaction({ type: 2, chainId, fields }, index));
}

function callOf(kind: PaymentKind, random: Random): readonly [to: string, value: bigint, data: Hex] {
  switch (kind) {
    case 'transfer':
      return [addressOf(FIRST_PAYEE), BigInt(1 + random.integer(1_000_000)), '0x'];
    case 'creation':
      return ['0x', 0n, CREATION];
    case 'burn':
      return [BRIDGE_ADDRESS, BURN_WEI, bridge.encodeFunctionData('requestPegOut', [random.bytes(20)]) as Hex];
  }
}
