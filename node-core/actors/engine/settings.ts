import type { ExecutionReconfigured, UpdateExecutionConfig } from '../../protocol/engine.ts';
import { type EngineCtx, party } from './state.ts';

const RECONFIGURE_TIMEOUT_MS = 10_000;

/** Hands new limits and prices to the client, which judges them. */
export function reconfigure({ config }: UpdateExecutionConfig, ctx: EngineCtx): void {
  ctx.call('execution', 'reconfigure', [config], {
    party,
    as: 'Reconfigure',
    timeoutMs: RECONFIGURE_TIMEOUT_MS,
    done: (outcome) => ({
      type: 'ExecutionReconfigured',
      config,
      outcome: outcome.ok
        ? outcome.value
        : { applied: false, reasons: [`${outcome.error.code}: ${outcome.error.reason}`] },
    }),
  });
}

export function onReconfigured({ config, outcome }: ExecutionReconfigured, ctx: EngineCtx): void {
  if (outcome.applied) ctx.log('info', 'the execution settings are changed', { config });
  else ctx.log('warn', 'the execution settings stay: the new ones are refused', { config, reasons: outcome.reasons });
}
