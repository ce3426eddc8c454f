import { Address, OutScript } from '@scure/btc-signer/payment.js';
import { REGTEST_NETWORK } from '../regtest.ts';
import { classifyOutput } from './standard.ts';

const codec = Address(REGTEST_NETWORK);
const WITH_ADDRESS: ReadonlySet<string> = new Set([
  'pubkeyhash',
  'scripthash',
  'witness_v0_keyhash',
  'witness_v0_scripthash',
  'witness_v1_taproot',
]);

/** The regtest address of an output script, or undefined where there is none, as for P2TR of no point on the curve. */
export function addressOf(script: Uint8Array): string | undefined {
  if (!WITH_ADDRESS.has(classifyOutput(script))) return undefined;
  const decoded = OutScript.decode(script);
  if (decoded.type === 'unknown') return undefined;
  return codec.encode(decoded as Parameters<typeof codec.encode>[0]);
}

/** The output script of a regtest address, or null for any other text. */
export function scriptOfAddress(address: string): Uint8Array | null {
  try {
    return OutScript.encode(codec.decode(address));
  } catch {
    return null;
  }
}
