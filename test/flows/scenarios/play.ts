import { conforms, type Devnet, foundingFlows, type RecordedMessage } from '../../../node-core/index.ts';
import { startTestDevnet, type TestDevnet } from '../../support/devnet.ts';
import type { Check, ScenarioOptions, ScenarioResult } from './scenario-result.ts';

/** A devnet while a scenario is played on it. */
export interface Stage {
  readonly devnet: TestDevnet;
  /** The first node's wallet endpoint. */
  readonly rpcUrl: string;
  check(name: string, passed: boolean, detail: string): void;
}

/**
 * Plays a flow on a headless devnet: `act` makes it happen, sees its effect from outside and names the story;
 * the first node's event record says whether the story conforms.
 */
export async function playFlow(
  flowName: string,
  options: ScenarioOptions,
  act: (stage: Stage) => Promise<string>,
): Promise<ScenarioResult> {
  const startedMs = performance.now();
  const checks: Check[] = [];
  const check = (name: string, passed: boolean, detail: string): void => {
    checks.push({ name, passed, detail });
  };
  let messages: readonly RecordedMessage[] = [];
  let devnet: TestDevnet | null = null;
  try {
    devnet = await startTestDevnet({ nodes: options.nodes });
    const correlationId = await act({ devnet, rpcUrl: nodeOf(devnet).rpcUrl, check });
    messages = nodeOf(devnet).system.trace(correlationId);
    const flow = foundingFlows.find(({ name }) => name === flowName);
    if (flow === undefined) throw new Error(`the founding document has no flow ${flowName}`);
    const conformance = conforms(flow, messages);
    check('conforms to the founding document', conformance.passed, conformance.detail);
    check('no node failed', devnet.failures.length === 0, devnet.failures.join('; ') || 'none');
  } catch (error) {
    check('played to its end', false, (error as Error).message);
  } finally {
    await devnet?.close();
  }
  return {
    scenario: flowName,
    passed: checks.every(({ passed }) => passed),
    durationMs: performance.now() - startedMs,
    messages: messages.map(({ seq, atMs, from, to, type, correlationId, cause }) => ({
      seq,
      atMs,
      from,
      to,
      type,
      correlationId,
      cause,
    })),
    checks,
  };
}

export function nodeOf(devnet: Devnet, index = 0) {
  const running = devnet.hosts[index]?.running();
  if (running === null || running === undefined) throw new Error(`node ${index + 1} is not running`);
  return running;
}
