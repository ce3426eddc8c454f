import { address, type Network as BitcoinNetwork } from 'bitcoinjs-lib';
import { type Checked, accept, refuse } from '../../primitives/errors.ts';
import { bytesToBareHex } from '../../primitives/hex.ts';

/** P2PKH, P2SH, P2WPKH, P2WSH, P2TR; later witness versions are not relayed as standard everywhere. */
const PAYABLE = /^(?:76a914[0-9a-f]{40}88ac|a914[0-9a-f]{40}87|0014[0-9a-f]{40}|0020[0-9a-f]{64}|5120[0-9a-f]{64})$/;
/** The longest address of these kinds has 64 characters on regtest; text beyond this isn't looked at. */
const MAX_ADDRESS_LENGTH = 90;
/** The longest text of a refused address that is shown again. */
const MAX_SHOWN_LENGTH = 100;

export type DestinationRefusal = 'DESTINATION_UNREADABLE' | 'DESTINATION_IS_FEDERATION';

/**
 * The output script (bare hex) that a burn's destination names, when it can be paid: an address of this Bitcoin network
 * and none of the federation's. Every node judges alike. Source: protocol.md, Burns and payouts.
 */
export function checkDestination(
  text: string,
  network: BitcoinNetwork,
  federationScripts: ReadonlySet<string>,
): Checked<string, DestinationRefusal> {
  const script = text.length <= MAX_ADDRESS_LENGTH ? scriptOf(text, network) : null;
  if (script === null || !PAYABLE.test(script)) {
    return refuse('DESTINATION_UNREADABLE', `${shown(text)} is no address of this Bitcoin network that can be paid`);
  }
  if (federationScripts.has(script))
    return refuse('DESTINATION_IS_FEDERATION', `${text} is the federation's own address`);
  return accept(script);
}

function scriptOf(text: string, network: BitcoinNetwork): string | null {
  // A witness program of a later version would make the library warn on the console; it isn't payable anyway.
  if (text.toLowerCase().startsWith(`${network.bech32}1`) && !/^.+1[qp]/i.test(text)) return null;
  try {
    return bytesToBareHex(address.toOutputScript(text, network));
  } catch {
    return null;
  }
}

/** Foreign text for a sentence: short, and printable characters alone. */
const shown = (text: string): string => JSON.stringify(text.slice(0, MAX_SHOWN_LENGTH).replace(/[^\x20-\x7e]/g, '?'));
