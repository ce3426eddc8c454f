import { p2tr, p2wpkh } from '@scure/btc-signer/payment.js';
import { pubECDSA, pubSchnorr } from '@scure/btc-signer/utils.js';
import { bytesToBareHex } from '../../../primitives/hex.ts';
import { assert } from '../../../primitives/assert.ts';
import { taggedHash } from '../hash.ts';
import { REGTEST_NETWORK } from '../regtest.ts';

/** The kinds of output that the wallet holds. */
export type WalletOutputKind = 'p2wpkh' | 'p2tr';

export interface WalletKey {
  readonly kind: WalletOutputKind;
  readonly address: string;
  readonly script: Uint8Array;
  readonly scriptHex: string;
  readonly privateKey: Uint8Array;
  /** The x-only key inside of a P2TR output, which signing tweaks. */
  readonly internalKey: Uint8Array | null;
}

/** One key for each kind, the same for the same seed. For a devnet's play money: there is no derivation path. */
export function deriveKeys(seed: string): Readonly<Record<WalletOutputKind, WalletKey>> {
  return { p2wpkh: deriveKey(seed, 'p2wpkh'), p2tr: deriveKey(seed, 'p2tr') };
}

function deriveKey(seed: string, kind: WalletOutputKind): WalletKey {
  // The chance that a hash is no valid key is 2^-128.
  const privateKey = taggedHash(`AlysDevnetWallet/${kind}`, new TextEncoder().encode(seed));
  const internalKey = kind === 'p2tr' ? pubSchnorr(privateKey) : null;
  const payment =
    internalKey === null
      ? p2wpkh(pubECDSA(privateKey), REGTEST_NETWORK)
      : p2tr(internalKey, undefined, REGTEST_NETWORK);
  assert(payment.address !== undefined, 'both kinds of output have an address');
  const scriptHex = bytesToBareHex(payment.script);
  return { kind, address: payment.address, script: payment.script, scriptHex, privateKey, internalKey };
}
