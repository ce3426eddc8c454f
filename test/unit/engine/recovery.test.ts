import { describe, expect, it } from 'vitest';
import { EngineWorld } from '../../support/engine-world.ts';

const LENGTH = 300;
const FINAL = 298;
const world = (): EngineWorld => new EngineWorld({ length: LENGTH, finalHeight: FINAL });

/** The client holds the whole stored chain, with its head where the store's is. */
function expectAgreement({ client, chain, view }: EngineWorld): void {
  expect(view).toMatchObject({ client: 'Ready', trouble: null, replayedHeight: null });
  expect(chain.every(({ signedBlock }) => client.held.has(signedBlock.block.payload.blockHash))).toBe(true);
  expect(client.head).toBe(chain.at(-1)?.signedBlock.block.payload.blockHash);
}

describe('an execution client that lost blocks (INV-17)', () => {
  it('is left alone while it takes every head', () => {
    const engine = world();
    engine.choose();
    engine.run(1000);
    expectAgreement(engine);
    expect([engine.reads, engine.client.executions]).toEqual([[], 0]);
  });

  it.each([
    ['everything', 0],
    ['its first half', 150],
    ['the last 5 blocks', LENGTH - 5],
    ['the last block', LENGTH - 1],
  ])('and %s is brought to the store’s head when it is told of it', (_, kept) => {
    const engine = world();
    engine.client.lose(kept);
    engine.choose();
    engine.run(20_000);
    expectAgreement(engine);
    // Doubling distances: what the client has is executed again at most once for each block that it lost.
    expect(engine.client.executions).toBeLessThanOrEqual(2 * (LENGTH - kept) + 20);
  });

  it('gets a block executed whose parent it lost, without the chain asking again', () => {
    const engine = world();
    engine.choose();
    engine.run(100);
    const next = engine.child(engine.at(LENGTH), LENGTH + 1);
    engine.client.lose(LENGTH - 40);
    engine.execute(next);
    engine.run(5000);
    expect(engine.answers).toMatchObject([{ type: 'BlockExecuted', root: next.root, result: { status: 'VALID' } }]);
    expectAgreement(engine);
  });

  it('builds on a parent that it lost', () => {
    const engine = world();
    engine.choose();
    engine.run(100);
    engine.client.lose(LENGTH - 10);
    engine.build(engine.at(LENGTH), LENGTH + 1);
    engine.run(3000);
    expect(engine.answers).toMatchObject([
      { type: 'BlockTemplate', slot: LENGTH + 1, payload: { parentHash: engine.payloadAt(LENGTH).blockHash } },
    ]);
  });

  it('is led along a fork that is not final to the parent of the block to execute, and back to the head', () => {
    const engine = world();
    engine.choose();
    engine.run(100);
    const side = engine.child(engine.at(FINAL), 901);
    const longer = engine.child(side, 902);
    for (const record of [side, longer]) engine.store.set(record.root, record);
    engine.client.lose(200);
    engine.execute(engine.child(longer, 903));
    engine.run(20_000);
    expect(engine.answers).toMatchObject([{ result: { status: 'VALID' } }]);
    expect(engine.client.held.has(longer.signedBlock.block.payload.blockHash)).toBe(true);
    expectAgreement(engine);
  });

  it.each([0, LENGTH - 30, LENGTH - 1])('executes blocks above %i again that it kept without their states', (kept) => {
    const engine = world();
    engine.client.lose(kept, true);
    engine.choose();
    engine.run(20_000);
    expectAgreement(engine);
    expect(engine.client.executions).toBeGreaterThanOrEqual(LENGTH - kept);
  });

  it('gives the store the states that it makes anew', () => {
    const engine = world();
    engine.client.lose(LENGTH - 3);
    engine.client.staged = ({ blockHash }) => ({
      blockHash,
      nodes: [],
      trie: { created: [], replaced: [], keepBlocks: null },
      receipts: new Uint8Array(),
    });
    engine.choose();
    engine.run(5000);
    expectAgreement(engine);
    const written = engine.persisted.map(({ root, staged }) => [root, staged?.blockHash]);
    for (const height of [LENGTH - 2, LENGTH - 1, LENGTH])
      expect(written).toContainEqual([engine.at(height).root, engine.payloadAt(height).blockHash]);
  });
});

describe('an execution client that is away', () => {
  it('declines at once, is asked again, and is brought to the head when it is back', () => {
    const engine = world();
    engine.choose();
    engine.run(100);
    engine.client.away = true;
    engine.execute(engine.child(engine.at(LENGTH), LENGTH + 1));
    engine.run(100);
    engine.build(engine.at(LENGTH), LENGTH + 2);
    engine.run(100);
    expect(engine.view).toMatchObject({ client: 'Away' });
    expect(engine.view.trouble).toContain('ENGINE_UNAVAILABLE');
    expect(engine.answers).toMatchObject([
      { type: 'BlockExecuted', result: { status: 'UNAVAILABLE' } },
      { type: 'BlockTemplateFailed', slot: LENGTH + 2 },
    ]);
    engine.run(60_000);
    expect(engine.running.logs().filter((line) => line.includes('not ready'))).toHaveLength(1);
    engine.client.lose(LENGTH - 7);
    engine.client.away = false;
    engine.run(3000);
    expectAgreement(engine);
  });

  it('is given up in the middle of a replay and led on from where it is', () => {
    const engine = world();
    engine.client.lose(0);
    engine.choose();
    engine.run(500);
    expect(engine.view.client).toBe('Replaying');
    expect(engine.view.replayedHeight).toBeGreaterThan(10);
    engine.client.away = true;
    engine.run(3000);
    expect(engine.view.client).toBe('Away');
    engine.client.away = false;
    engine.run(20_000);
    expectAgreement(engine);
  });

  it('takes the newest head that was chosen meanwhile', () => {
    const engine = world();
    engine.client.away = true;
    engine.choose(engine.at(LENGTH - 1));
    engine.run(1500);
    engine.choose();
    engine.client.away = false;
    engine.run(2000);
    expectAgreement(engine);
  });

  it('leaves nobody waiting longer than the asker does, however long the replay takes', () => {
    const engine = new EngineWorld({ length: 8000, finalHeight: 7998 });
    engine.client.lose(0);
    engine.choose();
    engine.run(500);
    engine.build(engine.at(8000), 8001);
    engine.execute(engine.child(engine.at(8000), 8001));
    engine.run(6000);
    expect(engine.answers).toMatchObject([{ type: 'BlockTemplateFailed' }]);
    engine.run(20_000);
    expect(engine.answers).toMatchObject([
      { type: 'BlockTemplateFailed' },
      { type: 'BlockExecuted', result: { status: 'UNAVAILABLE' } },
    ]);
  });
});

describe('an execution client that must not be used', () => {
  it('of another genesis builds and executes nothing, says why, and is used again once it is changed', () => {
    const engine = world();
    engine.choose();
    engine.run(100);
    engine.client.strange = true;
    engine.client.held.clear();
    engine.execute(engine.child(engine.at(LENGTH), LENGTH + 1));
    engine.run(100);
    engine.build(engine.at(LENGTH), LENGTH + 2);
    engine.run(1000);
    const executed = engine.client.executions;
    expect(engine.view.client).toBe('Refused');
    expect(engine.view.trouble).toBe('GENESIS_MISMATCH: block 0 is another');
    expect(engine.answers).toMatchObject([
      { type: 'BlockExecuted', result: { status: 'UNAVAILABLE' } },
      { type: 'BlockTemplateFailed', reason: 'GENESIS_MISMATCH: block 0 is another' },
    ]);
    engine.run(60_000);
    // Nothing was replayed into the other chain.
    expect(engine.client.executions).toBe(executed);
    engine.client.strange = false;
    engine.client.held.set(engine.payloadAt(0).blockHash, engine.payloadAt(0));
    engine.run(20_000);
    expectAgreement(engine);
  });

  it('that can’t be rid of blocks without their states waits for its operator, who is told what to do', () => {
    const engine = world();
    engine.client.lose(LENGTH - 30, true);
    engine.client.stuck = true;
    engine.choose();
    engine.run(60_000);
    expect(engine.view).toMatchObject({ client: 'Refused', trouble: 'ENGINE_STUCK: start it with debug' });
    expect(engine.running.logs().filter((line) => line.includes('not ready'))).toHaveLength(1);
    engine.build(engine.at(LENGTH), LENGTH + 1);
    engine.run(100);
    expect(engine.answers).toMatchObject([{ type: 'BlockTemplateFailed', reason: engine.view.trouble }]);
    engine.client.stuck = false;
    engine.run(20_000);
    expectAgreement(engine);
  });

  it('that calls a stored block invalid is refused with the block’s height', () => {
    const engine = world();
    engine.client.lose(250);
    engine.client.invalid.add(engine.payloadAt(270).blockHash);
    engine.choose();
    engine.run(3000);
    expect(engine.view.client).toBe('Refused');
    expect(engine.view.trouble).toContain('stored block 270 invalid: wrong state root');
  });
});
