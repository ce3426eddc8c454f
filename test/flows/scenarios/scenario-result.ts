import type { RecordedMessage } from '../../../node-core/index.ts';

/** Source of the shape: commands.md. */
export interface ScenarioResult {
  readonly scenario: string;
  readonly passed: boolean;
  readonly durationMs: number;
  readonly messages: readonly Pick<
    RecordedMessage,
    'seq' | 'atMs' | 'from' | 'to' | 'type' | 'correlationId' | 'cause'
  >[];
  readonly checks: readonly Check[];
}

export interface Check {
  readonly name: string;
  readonly passed: boolean;
  readonly detail: string;
}

export interface ScenarioOptions {
  readonly nodes: number;
  readonly seed: number;
}

export type Scenario = (options: ScenarioOptions) => Promise<ScenarioResult>;
