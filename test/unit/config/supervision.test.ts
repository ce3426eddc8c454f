import { describe, expect, it } from 'vitest';
import { actorPolicies } from '../../../node-core/config/supervision.ts';

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
