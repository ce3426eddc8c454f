import { describe, expect, it } from 'vitest';
import { Core } from '../../../node-core/kernel/core.ts';
import type { TerminalFailure } from '../../../node-core/kernel/failure.ts';
import { defaultLimits } from '../../../node-core/kernel/limits.ts';
import { SimulationPump } from '../../../node-core/kernel/pump/simulation.ts';
import { Runtime } from '../../../node-core/kernel/runtime.ts';
import { lifecycle } from '../../../node-core/kernel/supervision.ts';
import { actor, root } from '../../support/actors.ts';

/** A tree with its kernel in sight, so that a bug of it can be played. */
function open() {
  const pump = new SimulationPump({ seed: 1 });
  const core = new Core({ ...defaultLimits, recordEntries: 1_024 }, pump.environment, pump, true);
  pump.attach(core.clock);
  const failures: TerminalFailure[] = [];
  const runtime = new Runtime(
    core,
    {},
    {
      onTerminalFailure: (failure) => failures.push(failure),
      onEnded: () => undefined,
      answerOutside: () => undefined,
      lostOutside: () => undefined,
    },
  );
  const parent = actor('ParentActor', undefined, {
    init: (_, ctx) => {
      ctx.spawn(actor('ChildActor'), 'child', undefined);
      return [];
    },
  });
  const id = core.names.pathId('SupervisorActor', 0);
  runtime.life.births.spawn(undefined, id, 'SupervisorActor', 'SupervisorActor', root([parent]), undefined, 0, 0);
  pump.runFor(0);
  const cellOf = (path: string) => {
    const cell = runtime.delivery.find(0, path);
    if (cell === undefined) throw new Error(`no ${path}`);
    return cell;
  };
  return { core, pump, runtime, failures, cellOf };
}

describe('a step that the lifecycle does not have', () => {
  it('ends the actor that meets it, by the arrows there are, and fails its parent', () => {
    const { core, pump, runtime, cellOf } = open();
    const child = cellOf('ParentActor/child');
    runtime.life.initialised(child);
    pump.runFor(0);
    expect(child.lifecycle).toBe('Terminated');
    expect(child.lastError?.code).toBe('ILLEGAL_TRANSITION');
    expect(cellOf('ParentActor')).toMatchObject({ lifecycle: 'Running', generation: 2, crashes: 1 });
    expect(cellOf('ParentActor').lastError?.code).toBe('ESCALATED');
    expect(cellOf('ParentActor/child').lifecycle, 'the new generation starts it again').toBe('Running');
    const changes = core.lifecycle.slice(0, 1_000);
    for (const { from, to } of changes)
      expect(from === null || lifecycle.arrows.some((arrow) => arrow.from === from && arrow.to === to)).toBe(true);
  });

  it('ends the system when it is the root that meets it', () => {
    const { pump, runtime, failures, cellOf } = open();
    runtime.life.initialised(cellOf('SupervisorActor'));
    pump.runFor(0);
    expect(failures).toMatchObject([{ path: 'SupervisorActor', error: { code: 'ILLEGAL_TRANSITION' } }]);
    expect(cellOf('SupervisorActor').lifecycle).toBe('Terminated');
  });
});
