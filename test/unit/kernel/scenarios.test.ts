import { describe, expect, it } from 'vitest';
import { backpressure } from '../../flows/scenarios/backpressure.ts';
import { supervision } from '../../flows/scenarios/supervision.ts';

describe('the scenarios of the kernel', () => {
  for (const [name, play] of Object.entries({ supervision, backpressure })) {
    it(`${name} shows every strategy, whatever the seed`, async () => {
      for (let seed = 1; seed <= 10; seed++) {
        const { checks, messages } = await play({ nodes: 1, seed });
        expect(checks.filter(({ passed }) => !passed)).toEqual([]);
        expect(checks.length).toBeGreaterThan(7);
        expect(messages.length).toBeGreaterThan(30);
      }
    });
  }
});
