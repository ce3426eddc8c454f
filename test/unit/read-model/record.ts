import type { RecordedMessage } from '../../../node-core/kernel/record.ts';

export type Line = readonly [
  from: string,
  to: string,
  type: string,
  cause?: number | null,
  rest?: Partial<RecordedMessage>,
];

/** A record of one story: each message is caused by the one before it unless it says otherwise. */
export const record = (lines: readonly Line[], correlationId = 'story'): readonly RecordedMessage[] =>
  lines.map(([from, to, type, cause, rest], index) => ({
    seq: index + 1,
    atMs: 1_000 + index * 10,
    from,
    to,
    type,
    correlationId,
    cause: cause === undefined ? (index === 0 ? null : index) : cause,
    queueWaitUs: 10,
    handlingUs: 20,
    outcome: 'handled',
    ...rest,
  }));

export const blockLines: readonly Line[] = [
  ['AuraTimer', 'ChainActor', 'SlotTick'],
  ['ChainActor', 'EngineActor', 'BuildBlockRequest'],
  ['EngineActor', 'ChainActor', 'BlockTemplate'],
  ['ChainActor', 'BridgeActor', 'ValidatePegOperations'],
  ['BridgeActor', 'ChainActor', 'PegValidationResult'],
  ['ChainActor', 'NetworkActor', 'PropagateBlock', 5],
  ['ChainActor', 'StorageActor', 'PersistBlock', 5],
];
