import { describe, expect, it } from 'vitest';
import {
  type HaltCause,
  type HaltLedger,
  MAX_CAUSES_PER_SOURCE,
  MAX_GENERATION_LEAD,
  addHalt,
  endByOperator,
  endHalt,
  isHalted,
  noHalts,
} from '../../../node-core/domain/governance/halt.ts';
import type { Checked } from '../../../node-core/primitives/errors.ts';

const operator: HaltCause = { source: 'operator', reason: 'maintenance', generation: null, sinceMs: 1 };
const node: HaltCause = { source: 'node', reason: 'the reserve is short', generation: null, sinceMs: 2 };
const governance = (generation: number): HaltCause => ({
  source: 'governance',
  reason: 'alarm',
  generation,
  sinceMs: 3,
});

function after(checked: Checked<HaltLedger>): HaltLedger {
  if (!checked.ok) throw new Error(checked.refusal.code);
  return checked.value;
}
const code = (checked: Checked<HaltLedger>): string => (checked.ok ? 'accepted' : checked.refusal.code);
const halted = (...causes: readonly HaltCause[]): HaltLedger =>
  causes.reduce((ledger, cause) => after(addHalt(ledger, cause)), noHalts);

describe('halt ledger', () => {
  it('is halted while any cause is left', () => {
    let ledger = halted(operator, node, governance(1));
    expect(isHalted(ledger)).toBe(true);
    ledger = after(endHalt(ledger, { source: 'operator', generation: null }));
    ledger = after(endHalt(ledger, { source: 'node', generation: null }));
    expect(isHalted(ledger)).toBe(true);
    ledger = after(endHalt(ledger, { source: 'governance', generation: 1 }));
    expect(isHalted(ledger)).toBe(false);
  });

  it("ends one source's halts and no other's", () => {
    const ledger = halted(operator, governance(1));
    expect(after(endHalt(ledger, { source: 'operator', generation: null })).causes).toEqual([governance(1)]);
    expect(after(endHalt(ledger, { source: 'governance', generation: 1 })).causes).toEqual([operator]);
    expect(code(endHalt(ledger, { source: 'node', generation: null }))).toBe('NO_SUCH_HALT');
  });

  it("ends the node's own halt by the operator's resume when what it halted over is gone, and never governance's (INV-14)", () => {
    const ledger = halted(operator, node, governance(1));
    expect(after(endByOperator(ledger, null)).causes).toEqual([governance(1)]);
    expect(after(endByOperator(ledger, 'two chains')).causes).toEqual([node, governance(1)]);
    expect(after(endByOperator(halted(node), null)).causes).toEqual([]);
    expect(endByOperator(halted(node), 'two chains')).toMatchObject({
      refusal: { code: 'HALT_CAUSE_HOLDS', reason: expect.stringContaining('two chains') },
    });
    expect(code(endByOperator(halted(governance(1)), null))).toBe('NO_SUCH_HALT');
  });

  it('survives a restart as JSON', () => {
    const ledger = after(endHalt(halted(operator, governance(3)), { source: 'governance', generation: 3 }));
    expect(JSON.parse(JSON.stringify(ledger))).toEqual(ledger);
  });

  it('takes the same cause once', () => {
    expect(code(addHalt(halted(operator), { ...operator, sinceMs: 9 }))).toBe('HALT_STANDS');
    expect(code(addHalt(halted(governance(2)), governance(2)))).toBe('HALT_STANDS');
    expect(code(addHalt(halted(governance(2)), governance(1)))).toBe('HALT_STANDS');
  });

  it('holds a bounded number of causes, and room for every source', () => {
    const many = Array.from({ length: MAX_CAUSES_PER_SOURCE }, (_, index) => ({ ...node, reason: `reason ${index}` }));
    const full = halted(...many);
    expect(code(addHalt(full, { ...node, reason: 'one more' }))).toBe('HALT_STANDS');
    expect(after(addHalt(full, operator)).causes).toContainEqual(operator);
    expect(after(addHalt(full, governance(1))).causes).toContainEqual(governance(1));
  });
});

describe("governance's generations", () => {
  const resumed = after(endHalt(halted(governance(5)), { source: 'governance', generation: 5 }));

  it('void a replayed halt after its resume', () => {
    expect(code(addHalt(resumed, governance(5)))).toBe('HALT_RESUMED');
    expect(code(addHalt(resumed, governance(4)))).toBe('HALT_RESUMED');
    expect(code(addHalt(resumed, governance(6)))).toBe('accepted');
  });

  it('let the highest of several halts stand, which a lower resume does not end', () => {
    const twice = halted(governance(1), governance(2));
    expect(twice.causes).toEqual([governance(2)]);
    expect(code(endHalt(twice, { source: 'governance', generation: 1 }))).toBe('RESUME_TOO_LOW');
  });

  it('void a halt that arrives after the resume that ended it elsewhere', () => {
    const ahead = after(endHalt(noHalts, { source: 'governance', generation: 7 }));
    expect(code(addHalt(ahead, governance(7)))).toBe('HALT_RESUMED');
  });

  it('void a replayed resume', () => {
    expect(code(endHalt(resumed, { source: 'governance', generation: 5 }))).toBe('RESUME_TOO_LOW');
    const again = after(addHalt(resumed, governance(6)));
    expect(code(endHalt(again, { source: 'governance', generation: 5 }))).toBe('RESUME_TOO_LOW');
  });

  it('cannot be used up by one member', () => {
    expect(code(addHalt(noHalts, governance(MAX_GENERATION_LEAD)))).toBe('accepted');
    expect(code(addHalt(noHalts, governance(MAX_GENERATION_LEAD + 1)))).toBe('HALT_GENERATION_TOO_FAR');
  });
});
