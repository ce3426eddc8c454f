/** A JSON-RPC answer without what clients say in ways of their own. */
export function comparable(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (key, each: unknown) =>
      ['totalDifficulty', 'blockTimestamp', 'size'].includes(key) ? undefined : each,
    ),
  );
}
