import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { ServiceError } from '../../../node-core/primitives/errors.ts';
import { actor, run } from '../../support/actors.ts';
import { traceHashes } from './trace-hashes.ts';

describe('a simulation', () => {
  it('has the same trace hash for the same seed and another for another', () => {
    const first = traceHashes(1, 100);
    expect(traceHashes(1, 100)).toEqual(first);
    expect(new Set(first).size).toBe(100);
  });

  it('has the same trace hashes for 1,000 seeds in another process (INV-27)', () => {
    const script = fileURLToPath(new URL('trace-hashes.ts', import.meta.url));
    const other = execFileSync(process.execPath, [script, '1', '1000'], { encoding: 'utf8' });
    expect(JSON.parse(other)).toEqual(traceHashes(1, 1_000));
  });

  it('has another trace hash when only what a message carries differs', () => {
    const hashOf = (payload: object): string => {
      const { pump, tell } = run([actor('OneActor')], { simulation: { seed: 1 } });
      tell('OneActor', { type: 'Go', ...payload });
      return pump.traceHash;
    };
    const carried = [{}, { sats: 1n }, { sats: 1 }, { raw: new Uint8Array([1, 2]) }, { raw: new Uint8Array([1, 3]) }];
    expect(new Set(carried.map(hashOf)).size).toBe(carried.length);
    expect(carried.map(hashOf)).toEqual(carried.map(hashOf));
  });

  it('crashes an actor before an effect: that one and the later ones never happen', () => {
    const points: string[] = [];
    const teller = actor('TellerActor', (message, ctx) => {
      if (message.type !== 'Go') return;
      for (const type of ['One', 'Two', 'Three']) ctx.tell(ctx.refOf('ListenerActor'), { type } as never);
    });
    const crashAt = (index: number, when: 'before' | 'after') =>
      run([teller, actor('ListenerActor')], {
        simulation: {
          crash: (point) => {
            if (point.path !== 'TellerActor' || point.messageType !== 'Go') return undefined;
            points.push(`${point.when} ${point.effect} ${point.index}`);
            return point.index === index && point.when === when ? new ServiceError('INJECTED', 'injected') : undefined;
          },
        },
      });
    for (const [when, expected] of [
      ['before', ['One']],
      ['after', ['One', 'Two']],
    ] as const) {
      const { tell, system } = crashAt(1, when);
      tell('TellerActor', { type: 'Go' });
      expect(system.view('ListenerActor')).toEqual(expected);
      expect(system.tree()[1]).toMatchObject({ path: 'TellerActor', crashes: 1, lifecycle: 'Restarting' });
    }
    expect(points.slice(0, 3)).toEqual(['before tell 0', 'after tell 0', 'before tell 1']);
  });

  it('runs actors that have work at the same time in an order that the seed chooses', () => {
    const names = ['OneActor', 'TwoActor', 'ThreeActor'];
    const orders = Array.from({ length: 60 }, (_, seed) => {
      const { queue, settle, story } = run(
        names.map((name) => actor(name)),
        { simulation: { seed } },
      );
      for (const name of names) queue(name, { type: 'Go' });
      settle();
      return story().join();
    });
    expect(new Set(orders).size, 'every order of three').toBe(6);
  });

  it('keeps the order of messages between two actors whatever the seed (INV-23)', () => {
    for (let seed = 0; seed < 20; seed++) {
      const teller = actor('TellerActor', (message, ctx) => {
        if (message.type === 'Go')
          for (let n = 0; n < 10; n++) ctx.tell(ctx.refOf('ListenerActor'), { type: `Item${n}` } as never);
      });
      const { queue, settle, system } = run([teller, actor('ListenerActor')], { simulation: { seed } });
      queue('TellerActor', { type: 'Go' });
      settle();
      expect(system.view('ListenerActor')).toEqual(Array.from({ length: 10 }, (_, n) => `Item${n}`));
    }
  });
});
