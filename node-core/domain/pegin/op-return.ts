import { hexToBytes } from '../../primitives/hex.ts';
import { type EvmAddress, evmAddress } from '../../primitives/ids.ts';

/** `OP_RETURN` and one direct push of 20 raw bytes, or of 40 or 42 characters of ASCII hex. Source: protocol.md. */
const RAW = /^6a14([0-9a-f]{40})$/;
const TEXT = /^6a(?:28([0-9a-f]{80})|2a([0-9a-f]{84}))$/;
const ASCII_ADDRESS = /^(?:0x)?[0-9a-fA-F]{40}$/;

/**
 * The Alys address that an output script names, or null when the script isn't such an OP_RETURN.
 * 20 raw bytes are an address whatever they look like as text (HOLE-15).
 */
export function readRecipient(scriptPubKey: string): EvmAddress | null {
  const raw = RAW.exec(scriptPubKey)?.[1];
  if (raw !== undefined) return evmAddress(`0x${raw}`);
  const match = TEXT.exec(scriptPubKey);
  const encoded = match?.[1] ?? match?.[2];
  if (encoded === undefined) return null;
  const text = String.fromCharCode(...hexToBytes(encoded));
  if (!ASCII_ADDRESS.test(text)) return null;
  return evmAddress(`0x${text.slice(-40)}`);
}
