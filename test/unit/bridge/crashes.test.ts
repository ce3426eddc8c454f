import { describe, expect, it } from 'vitest';
import type { CrashPoint } from '../../../node-core/kernel/pump/pump.ts';
import { ServiceError } from '../../../node-core/primitives/errors.ts';
import { BridgeWorld, PAYEE } from '../../support/bridge/bridge-world.ts';

const SAT = 10n ** 10n;
/** After one effect is before the next, so that one of the two is enough. */
const isOurs = ({ path, when }: CrashPoint): boolean =>
  when === 'before' && (path.startsWith('BridgeActor') || path === 'StreamActor');

/** Says at which of our effects to crash, counting from 0 once armed. */
class Crasher {
  armed = false;
  count = 0;
  readonly at: ReadonlySet<number>;
  constructor(at: readonly number[]) {
    this.at = new Set(at);
  }
  readonly crash = (point: CrashPoint): Error | undefined => {
    if (!this.armed || !isOurs(point)) return undefined;
    return this.at.has(this.count++) ? new ServiceError('PLANTED', 'a planted crash') : undefined;
  };
}

/** A deposit and a burn, side by side, to their ends. Throws when they don't come to them. */
function play(crasher: Crasher, onStep: (world: BridgeWorld) => void = () => undefined): BridgeWorld {
  const world = new BridgeWorld({ crash: crasher.crash });
  world.fund(50_000_000n);
  crasher.armed = true;
  const { outpoint } = world.deposit(7_000_000n);
  world.bitcoin.mineEmpty(5);
  const burn = world.chain.burn(PAYEE, 2_000_000n * SAT);
  const isOver = (): boolean => {
    onStep(world);
    if (world.bitcoin.mempool.size > 0) {
      world.bitcoin.mine('mempool');
      world.bitcoin.mineEmpty(2);
    }
    const states = [...world.store.operations.values()].map(({ state }) => state);
    return states.length === 3 && states.every((state) => state === 'Completed');
  };
  const over = world.until(isOver, 600_000);
  if (!over) throw new Error([...world.store.operations.values()].map(({ id, state }) => `${id}: ${state}`).join(', '));
  // Time for anything to happen twice.
  world.run(20_000);
  expect(world.chain.mints.get(outpoint)).toMatchObject({ amountSats: 7_000_000n });
  expect(world.chain.mints.size).toBe(2);
  expect(
    world.chain.blocks.flatMap(({ final }) => final.pegOuts).filter(({ status }) => status === 'Proposed'),
  ).toHaveLength(1);
  expect(new Set(world.bitcoin.broadcasts).size).toBe(1);
  expect(world.until(() => world.bridge?.solvency?.surplusSats === '0')).toBe(true);
  expect(world.bridge?.frozen).toBeNull();
  expect(world.bridge?.operations.find(({ evmTxHash }) => evmTxHash === burn)?.state).toBe('Completed');
  return world;
}

function effectsOfAPlay(): number {
  const crasher = new Crasher([]);
  play(crasher);
  return crasher.count;
}

describe('a crash', () => {
  it('before and after every effect of the bridge, its operations and the stream changes no outcome (INV-25)', () => {
    const effects = effectsOfAPlay();
    expect(effects).toBeGreaterThan(100);
    for (let at = 0; at < effects; at++) play(new Crasher([at]));
  }, 240_000);

  it('during the recovery from one changes no outcome either (INV-25)', () => {
    const effects = effectsOfAPlay();
    for (let at = 0; at < effects; at += 11) play(new Crasher([at, at + 1, at + 3, at + 6]));
  }, 240_000);
});

describe('a node that dies', () => {
  it('at any of its writes goes on from its disk to the same end (INV-25)', () => {
    let writes = 0;
    const counting = (world: BridgeWorld): void => {
      writes = Math.max(writes, world.store.writes);
    };
    play(new Crasher([]), counting);
    expect(writes).toBeGreaterThan(15);
    for (let at = 1; at <= writes; at++) {
      let dead = false;
      play(new Crasher([]), (world) => {
        if (dead || world.store.writes < at) return;
        dead = true;
        world.restart();
      });
      expect(dead).toBe(true);
    }
  }, 240_000);
});
