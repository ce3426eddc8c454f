import { describe, expect, it } from 'vitest';
import { blockProduction } from './scenarios/block-production.ts';
import { pegIn } from './scenarios/peg-in.ts';
import { pegOut } from './scenarios/peg-out.ts';

const options = { nodes: 3, seed: 1 };

describe('the founding flows on a devnet', () => {
  for (const [name, play] of Object.entries({
    'block-production': blockProduction,
    'peg-in': pegIn,
    'peg-out': pegOut,
  })) {
    it(`${name} conforms and its effect is seen from outside`, async () => {
      const { checks, messages } = await play(options);
      expect(checks.filter(({ passed }) => !passed)).toEqual([]);
      expect(checks.length).toBeGreaterThan(2);
      expect(messages.length).toBeGreaterThan(5);
    });
  }
});
