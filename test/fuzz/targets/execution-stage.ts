const STAGES: readonly (readonly [pattern: RegExp, stage: string])[] = [
  [
    /^transaction \d+ is not hex|is not \d+ bytes of hex|bytes of hex$|is not 64 bits|not a whole number|has no address/,
    'form',
  ],
  [/^more transactions than gas/, 'form'],
  [/^blockHash is not/, 'blockHash'],
  [/^(?:parentHash|blockNumber|timestampS|gasLimit|gasUsed is above|baseFeePerGas|blobs)/, 'header'],
  [/^transaction \d+: /, 'transaction'],
  [/^stateRoot is/, 'stateRoot'],
  [/^receiptsRoot is/, 'receiptsRoot'],
  [/^logsBloom is/, 'logsBloom'],
  [/^gasUsed is/, 'gasUsed'],
];

export const EXECUTION_STAGES = [
  'form',
  'header',
  'blockHash',
  'transaction',
  'stateRoot',
  'receiptsRoot',
  'logsBloom',
  'gasUsed',
] as const;

/** At what the execution client stopped, from the reason that it gives; the reason itself when it is none of those known. */
export const executionStage = (reason: string): string =>
  STAGES.find(([pattern]) => pattern.test(reason))?.[1] ?? `unforeseen: ${reason}`;
