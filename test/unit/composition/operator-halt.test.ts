import { describe, expect, it } from 'vitest';
import { haltNode, resumeNode } from '../../../node-core/composition/operator-halt.ts';
import { ActorDown } from '../../../node-core/kernel/actor-down.ts';
import { CascadingError } from '../../../node-core/primitives/errors.ts';
import { actor, policy, run, type Any } from '../../support/actors.ts';

/** A chain that answers halts, and rests for a minute when what it stands on fails. */
const chain = actor(
  'ChainActor',
  (message, ctx) => {
    if (message.type === 'EmergencyHaltRequest' || message.type === 'ResumeRequest')
      ctx.reply(ctx.replyTo<Any>(message as never), { type: 'HaltApplied', failure: null });
    if (message.type === 'Cascade') throw new CascadingError('C', 'c');
    if (message.type === 'Bug') throw new TypeError('bug');
  },
  {
    control: ['EmergencyHaltRequest', 'ResumeRequest'],
    supervision: { ...policy, cascading: { kind: 'circuitBreaker', failures: 1, openMs: 60_000, probes: 1 } },
  },
);

describe("an operator's halt", () => {
  it('is done when ChainActor has answered', async () => {
    const running = run([chain]);
    const halted = haltNode(running.system, 'drill');
    running.settle();
    expect(await halted).toBeNull();
    const resumed = resumeNode(running.system, 'over');
    running.settle();
    await resumed;
    expect(running.system.view('ChainActor')).toEqual(['EmergencyHaltRequest', 'ResumeRequest']);
  });

  it('is said at once to wait while ChainActor rests, and is the first message that it then handles', async () => {
    const running = run([chain]);
    running.tell('ChainActor', { type: 'Cascade' });
    running.tell('ChainActor', { type: 'SlotTick' });
    expect(await haltNode(running.system, 'drill')).toMatchObject({ lifecycle: 'Restarting', restsWith: 'ChainActor' });
    running.pump.runFor(60_000);
    expect(running.system.view('ChainActor')).toEqual(['EmergencyHaltRequest', 'SlotTick']);
  });

  it('is refused at once by a ChainActor that has ended for good', async () => {
    const running = run([chain]);
    running.tell('ChainActor', { type: 'Bug' });
    await expect(haltNode(running.system, 'drill')).rejects.toBeInstanceOf(ActorDown);
  });
});
