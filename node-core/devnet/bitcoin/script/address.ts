import { Address, OutScript } from '@scure/btc-signer/payment.js';
import { REGTEST_NETWORK } from '../regtest.ts';
import { classifyOutput } from './standard.ts';

const codec = Address(REGTEST_NETWORK);
const WITH_ADDRESS = new Set([
  'pubkeyhash',
  'scripthash',
  'witness_v0_keyhash',
  'witness_v0_scripthash',
  'witness_v1_taproot',
]);

/** The regtest address of an output script, or undefined where there is none. */
export function addressOf(script: Uint8Array): string | undefined {
  if (!WITH_ADDRESS.has(classifyOutput(script))) return undefined;
  return codec.encode(OutScript.decode(script) as Parameters<typeof codec.encode>[0]);
}

/** The output script of a regtest address, or null for any other text. */
export function scriptOfAddress(address: string): Uint8Array | null {
  try {
    return OutScript.encode(codec.decode(address));
  } catch {
    return null;
  }
}
