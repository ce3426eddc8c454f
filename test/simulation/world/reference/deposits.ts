import type { Coin } from '../bitcoin/chain.ts';

/** What protocol.md says of an output that pays the federation: whom it is minted to, or that nobody is. */
export type Judged =
  | { readonly kind: 'change' }
  | { readonly kind: 'deposit'; readonly recipient: string }
  | { readonly kind: 'rejected' };

/** Read anew from protocol.md's words: exactly one readable OP_RETURN, at least the minimum, to an address in use. */
export function judgeCoin(coin: Coin, rules: { readonly minimumSats: bigint; readonly retired: boolean }): Judged {
  if (coin.change) return { kind: 'change' };
  const named = coin.tx.outputs.flatMap(({ script }) => recipientOf(script) ?? []);
  const [recipient] = named;
  if (recipient === undefined || named.length !== 1 || rules.retired || coin.sats < rules.minimumSats)
    return { kind: 'rejected' };
  return { kind: 'deposit', recipient };
}

function recipientOf(script: string): string | null {
  const bytes = Buffer.from(script, 'hex');
  if (bytes[0] !== 0x6a || bytes[1] !== bytes.length - 2) return null;
  const data = bytes.subarray(2);
  if (data.length === 20) return `0x${data.toString('hex')}`;
  const text = data.toString('latin1').toLowerCase();
  const digits = text.startsWith('0x') ? text.slice(2) : text;
  return /^[0-9a-f]{40}$/.test(digits) && (data.length === 40 || data.length === 42) ? `0x${digits}` : null;
}
