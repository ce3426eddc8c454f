import { Address, NETWORK, OutScript, Script, TAPROOT_UNSPENDABLE_KEY, TEST_NETWORK, p2tr } from '@scure/btc-signer';
import type { Network } from '../../config/network.ts';
import { assert } from '../../primitives/assert.ts';
import { bytesToBareHex, hexToBytes } from '../../primitives/hex.ts';

export type ScheduleEntry = Network['governance'][number];

/** What a member knows of a federation's output, derived from the network file by another library than the node's. */
export interface MemberFederation {
  readonly entry: ScheduleEntry;
  /** `ceil(2n/3)` of the members. */
  readonly threshold: number;
  readonly leafScript: Uint8Array;
  /** Bare hex. */
  readonly scriptPubKey: string;
}

export function deriveFederation(entry: ScheduleEntry): MemberFederation {
  const threshold = Math.ceil((2 * entry.members.length) / 3);
  const leafScript = Script.encode([
    ...entry.members.flatMap(({ bitcoinKey }, index) => [
      hexToBytes(bitcoinKey),
      index === 0 ? ('CHECKSIG' as const) : ('CHECKSIGADD' as const),
    ]),
    threshold,
    'GREATERTHANOREQUAL',
  ]);
  // The library doesn't know this shape of leaf, hence the last argument; it commits to the bytes all the same.
  const { script } = p2tr(TAPROOT_UNSPENDABLE_KEY, { script: leafScript }, TEST_NETWORK, true);
  return { entry, threshold, leafScript, scriptPubKey: bytesToBareHex(script) };
}

/** vbyte of a signed input of this federation: 41 of base, and a quarter of the witness. Source: BIP-141, BIP-341. */
export function signedInputWeight({ entry, threshold, leafScript }: MemberFederation): number {
  const lengthOfScript = leafScript.length < 0xfd ? 1 : 3;
  const controlBlock = 1 + 33;
  const signatures = threshold * 65 + (entry.members.length - threshold);
  return 4 * 41 + 1 + signatures + lengthOfScript + leafScript.length + controlBlock;
}

const REGTEST = { bech32: 'bcrt', pubKeyHash: 0x6f, scriptHash: 0xc4, wif: 0xef };
const NETWORKS = { regtest: REGTEST, signet: TEST_NETWORK, testnet: TEST_NETWORK, bitcoin: NETWORK };

/** The output script of an address of this network, bare hex; null for anything else. */
export function scriptOfAddress(address: string, network: Network['bitcoin']['network']): string | null {
  try {
    const script = OutScript.encode(Address(NETWORKS[network]).decode(address));
    assert(script.length > 0, 'an address has a script');
    return bytesToBareHex(script);
  } catch {
    return null;
  }
}
