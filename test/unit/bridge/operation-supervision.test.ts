import { describe, expect, it } from 'vitest';
import { actorPolicies } from '../../../node-core/config/supervision.ts';
import { defaultSupervision, type SupervisionSettings } from '../../../node-core/config/supervision-settings.ts';
import { ServiceError } from '../../../node-core/primitives/errors.ts';
import { BridgeWorld, PAYEE } from '../../support/bridge/bridge-world.ts';

const SAT = 10n ** 10n;

/** A deposit whose actor crashes at each of its effects, beside a burn that is well. */
function play(actors: SupervisionSettings['actors']) {
  let faulty = '';
  const world = new BridgeWorld({
    supervision: { ...defaultSupervision, actors },
    crash: ({ path }) => (path === faulty ? new ServiceError('PLANTED', 'a planted crash') : undefined),
  });
  world.fund(50_000_000n);
  const { outpoint } = world.deposit(7_000_000n);
  faulty = `BridgeActor/peg-in:${outpoint}`;
  world.chain.burn(PAYEE, 2_000_000n * SAT);
  const statusOf = (start: string) => world.system.tree().find(({ path }) => path.startsWith(start));
  world.run(120_000);
  return { pegIn: statusOf(faulty), pegOut: statusOf('BridgeActor/peg-out:'), bridge: statusOf('BridgeActor') };
}

describe('operations', () => {
  it('are bounded and restarted as the settings say under the names of their behaviours', () => {
    const limit = { restarts: 2, windowMs: 600_000 };
    const { pegIn, pegOut, bridge } = play({
      PegIn: { mailbox: { bound: 200 }, service: { kind: 'immediate' }, limit },
      PegOut: { mailbox: { overflow: 'returnError' } },
    });
    expect(pegIn).toMatchObject({ lifecycle: 'Terminated', restarts: 2, mailbox: { bound: 200 } });
    expect(pegOut).toMatchObject({ lifecycle: 'Running', mailbox: { bound: 1_000, overflow: 'returnError' } });
    expect(bridge).toMatchObject({ lifecycle: 'Running', restarts: 0, mailbox: { bound: 25_000 } });
  });

  it('have their own defaults, whatever is said of BridgeActor', () => {
    const { pegIn, bridge } = play({ BridgeActor: { limit: { restarts: 1, windowMs: 600_000 } } });
    const { limit } = actorPolicies.PegIn.supervision;
    expect(pegIn).toMatchObject({ lifecycle: 'Terminated', restarts: limit.restarts, mailbox: { bound: 1_000 } });
    expect(bridge).toMatchObject({ lifecycle: 'Running', restarts: 0 });
  });
});
