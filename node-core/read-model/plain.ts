import { bytesToHex } from '../primitives/hex.ts';

/** Deeper or longer than this is cut: what the operator is shown is bounded whatever an actor holds. */
const MAX_DEPTH = 12;
const MAX_ITEMS = 1000;

/** Any value as plain JSON: amounts as decimal text, bytes as hex, sets and maps as lists; never a cycle, never unbounded. */
export function plain(value: unknown, depth = 0): unknown {
  if (value === null || typeof value === 'string' || typeof value === 'boolean' || typeof value === 'number')
    return value;
  if (typeof value === 'bigint') return value.toString();
  if (value instanceof Uint8Array) return bytesToHex(value);
  if (value instanceof Error) return value.message;
  if (typeof value !== 'object') return undefined;
  if (depth >= MAX_DEPTH) return '…';
  if (value instanceof Map) return plain([...value], depth);
  if (value instanceof Set) return plain([...value], depth);
  if (Array.isArray(value)) return value.slice(0, MAX_ITEMS).map((item) => plain(item, depth + 1) ?? null);
  return Object.fromEntries(
    Object.entries(value)
      .slice(0, MAX_ITEMS)
      .map(([key, item]) => [key, plain(item, depth + 1)]),
  );
}
