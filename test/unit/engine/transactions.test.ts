import { describe, expect, it } from 'vitest';
import { EngineWorld } from '../../support/engine-world.ts';

const world = (): EngineWorld => {
  const engine = new EngineWorld({ length: 3, finalHeight: 1 });
  engine.choose();
  engine.run(1000);
  engine.client.pool.push('0x02aa', '0x02bb');
  return engine;
};
const connect = ({ running }: EngineWorld): void => running.tell('EngineActor', { type: 'ShareTransactions' });
const gossiped = ({ running }: EngineWorld): number =>
  running.recorded().filter(({ to, type }) => to === 'NetworkActor' && type === 'PropagateTransaction').length;

describe('what waits in the pool', () => {
  it('is told to peers who come later, once for those who come together', () => {
    const engine = world();
    connect(engine);
    engine.run(500);
    connect(engine);
    engine.run(5000);
    expect(gossiped(engine)).toBe(2);
    connect(engine);
    engine.run(5000);
    expect(gossiped(engine)).toBe(4);
  });

  it('is told again every 16 blocks, whoever was there the first time', () => {
    const engine = new EngineWorld({ length: 34, finalHeight: 1 });
    engine.client.pool.push('0x02aa');
    for (let height = 1; height < 34; height++) {
      engine.choose(engine.at(height));
      engine.run(2000);
    }
    // At heights 16 and 32.
    expect(gossiped(engine)).toBe(2);
  });

  it('is told when the next peer comes, where the client was away for the last', () => {
    const engine = world();
    engine.client.away = true;
    connect(engine);
    engine.run(5000);
    expect(gossiped(engine)).toBe(0);
    engine.client.away = false;
    engine.run(5000);
    connect(engine);
    engine.run(5000);
    expect(gossiped(engine)).toBe(2);
  });
});

describe('a transaction that the pool gives up', () => {
  it('stands in the log', () => {
    const engine = world();
    engine.running.tell('EngineActor', { type: 'TransactionGivenUp', evmTxHash: '0xab', reason: 'it never ends' });
    engine.run(100);
    expect(engine.running.logs()).toContain('warn EngineActor: a transaction was given up');
  });
});
