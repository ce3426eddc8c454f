/** 1 BTC = 10^8 sat. Source: protocol.md, Units. */
const SAT_DECIMALS = 8;
const DECIMAL = /^(\d{1,20})(?:\.(\d{1,20}))?(?:[eE]([+-]?\d{1,2}))?$/;

/**
 * Reads JSON so that no amount is rounded: a number that isn't written as a plain integer within 2^53 becomes its own text.
 * @throws SyntaxError
 */
export function parseExactJson(text: string): unknown {
  const reviver = (_key: string, value: unknown, context: { readonly source?: string }): unknown =>
    typeof value === 'number' && !(Number.isSafeInteger(value) && /^-?\d+$/.test(context.source ?? ''))
      ? context.source
      : value;
  return JSON.parse(text, reviver as (key: string, value: unknown) => unknown);
}

/**
 * Sats of a decimal amount of BTC, rounded up to a whole one. `"0.00001001"` is 1001n, `"1e-9"` is 1n.
 * Null for what is no such number.
 */
export function btcTextToSatsCeil(text: string): bigint | null {
  const parts = DECIMAL.exec(text);
  if (parts === null) return null;
  const [, whole = '', fraction = '', exponent = '0'] = parts;
  const shift = SAT_DECIMALS - fraction.length + Number(exponent);
  const digits = BigInt(whole + fraction);
  if (shift >= 0) return digits * 10n ** BigInt(shift);
  const divisor = 10n ** BigInt(-shift);
  return (digits + divisor - 1n) / divisor;
}
