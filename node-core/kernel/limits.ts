/** Bounds of one actor system: everything the kernel keeps has one. Counts unless the name says otherwise. */
export interface KernelLimits {
  /** Deliveries held by the event record, 64 bytes each. */
  readonly recordEntries: number;
  /** Message payloads kept beside the record: at most so many, and a quarter of it at least. */
  readonly payloads: number;
  /** Messages kept that reached nobody. */
  readonly deadLetters: number;
  readonly logLines: number;
  readonly lifecycleEntries: number;
  /** Names of actors and outside parties, of message types and of stories that the record can tell apart. */
  readonly paths: number;
  readonly types: number;
  readonly correlations: number;
  /** Control messages waiting for one actor. */
  readonly controlLane: number;
  /**
   * Messages that wait for room in one `blockProducer` mailbox: of all outside parties together, and of one actor at all
   * doors together; then they are refused.
   */
  readonly door: number;
  /** Effects of one handler call; more is a bug. */
  readonly effectsPerHandler: number;
  /** Ended actors still shown under one parent. */
  readonly endedChildren: number;
  /** A handler that takes longer is logged as slow. */
  readonly slowHandlerMs: number;
}

export const defaultLimits: KernelLimits = {
  recordEntries: 131_072,
  payloads: 4_096,
  deadLetters: 1_024,
  logLines: 8_192,
  lifecycleEntries: 8_192,
  paths: 1_048_576,
  types: 4_096,
  correlations: 262_144,
  controlLane: 1_024,
  door: 10_000,
  effectsPerHandler: 100_000,
  endedChildren: 64,
  slowHandlerMs: 100,
};
