import { describe, expect, it } from 'vitest';
import { loadLocal } from '../../../node-core/config/load.ts';
import { actorPolicies } from '../../../node-core/config/supervision.ts';
import { actorNames, defaultSupervision, policyOf } from '../../../node-core/config/supervision-settings.ts';
import { startTree } from '../../support/silent-tree.ts';
import { sampleLocal, sampleNetwork } from './sample-network.ts';

describe('the supervision that the node ships with', () => {
  it.each(Object.entries(actorPolicies))(
    'meets each class of error of %s by its own strategy',
    (_, { supervision }) => {
      expect(supervision.network.kind).toMatch(/^(?:immediate|circuitBreaker)$/);
      expect(supervision.cascading.kind).toBe('circuitBreaker');
      expect(supervision.logic.kind).toBe('terminate');
    },
  );
});

describe('what a node sets itself', () => {
  const settingsOf = (supervision: unknown) => {
    const text = JSON.stringify({ ...sampleLocal, supervision });
    const loaded = loadLocal({ source: 'local.json', text }, sampleNetwork());
    if (!loaded.ok) throw new Error(loaded.refusal.reason);
    return loaded.value.supervision;
  };

  it('is nothing when its file says nothing', () => {
    expect(settingsOf(undefined)).toEqual(defaultSupervision);
    for (const name of actorNames) expect(policyOf(name, defaultSupervision)).toEqual(actorPolicies[name]);
  });

  it('replaces what it names of an actor, and nothing else', () => {
    const service = { kind: 'backoff', initialMs: 10, maxMs: 20, factor: 2, jitter: 0 } as const;
    const limit = { restarts: 3, windowMs: 60_000 };
    const settings = settingsOf({ actors: { ChainActor: { mailbox: { bound: 500 }, service, limit } } });
    const { mailbox, supervision } = actorPolicies.ChainActor;
    expect(policyOf('ChainActor', settings)).toEqual({
      mailbox: { ...mailbox, bound: 500 },
      supervision: { ...supervision, service, limit },
    });
    expect(policyOf('EngineActor', settings)).toEqual(actorPolicies.EngineActor);
  });

  it('lets an actor drop whose messages are asked for again', () => {
    const settings = settingsOf({ actors: { SyncActor: { mailbox: { overflow: 'dropOldest' } } } });
    expect(policyOf('SyncActor', settings).mailbox.overflow).toBe('dropOldest');
  });

  it('is what the tree runs by, its root included', () => {
    const { pump, system } = startTree(
      undefined,
      settingsOf({
        actors: {
          SupervisorActor: { mailbox: { bound: 200 } },
          SyncActor: { mailbox: { bound: 300, overflow: 'returnError' } },
          StorageActor: { stopDeadlineMs: 150 },
        },
      }),
    );
    pump.runFor(0);
    const mailboxOf = (path: string) => system.tree().find((status) => status.path === path)?.mailbox;
    expect(mailboxOf('SupervisorActor')?.bound).toBe(200);
    expect(mailboxOf('SyncActor')).toMatchObject({ bound: 300, overflow: 'returnError' });
    expect(mailboxOf('StorageActor')?.bound).toBe(50_000);
  });
});
