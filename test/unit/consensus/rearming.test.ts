import { describe, expect, it } from 'vitest';
import { floorFor } from '../../../node-core/domain/consensus/rearming.ts';
import type { QuorumCertificate } from '../../../node-core/domain/consensus/types.ts';
import { slot } from '../../../node-core/primitives/ids.ts';

const certificate = (at: number): QuorumCertificate => ({ slot: slot(at) }) as QuorumCertificate;
/** What a peer saw of the key. */
const report = (seen: number, certified = 0) => ({
  lastSigned: slot(seen),
  highCertificate: certificate(certified),
});
const floor = (count: number, now: number, ...reports: ReturnType<typeof report>[]) =>
  floorFor(count, slot(now), certificate(80), reports);

describe('the floor of a key that lost its record (INV-11)', () => {
  it('is the current slot, or the highest that a peer saw of the key', () => {
    expect(floor(3, 100, report(90), report(0))).toMatchObject({ value: { slot: 100 } });
    expect(floor(3, 100, report(101), report(90))).toMatchObject({ value: { slot: 101 } });
  });

  it('comes with the highest certificate that a peer knows', () => {
    expect(floor(3, 100, report(90, 95), report(90, 70))).toMatchObject({ value: { lock: { slot: 95 } } });
    expect(floor(3, 100, report(90, 70), report(90, 70))).toMatchObject({ value: { lock: { slot: 80 } } });
  });

  it.each([
    [1, 0],
    [2, 1],
    [3, 2],
    [4, 3],
    [7, 5],
    [15, 10],
  ])('of %i authorities waits for %i reports', (count, needed) => {
    const reports = Array.from({ length: needed }, () => report(90));
    expect(floor(count, 100, ...reports).ok).toBe(true);
    if (needed > 0)
      expect(floor(count, 100, ...reports.slice(1))).toMatchObject({ refusal: { code: 'TOO_FEW_REPORTS' } });
  });

  it('is not moved by a third of the peers whose clocks, or words, are wrong', () => {
    expect(floor(4, 100, report(9e9), report(90), report(91))).toMatchObject({ value: { slot: 100 } });
  });

  it('takes the word of a peer whose clock is two slots ahead, and of none further', () => {
    expect(floor(3, 100, report(102), report(90))).toMatchObject({ value: { slot: 102 } });
    expect(floor(3, 100, report(103), report(90))).toMatchObject({ refusal: { code: 'CLOCK_BEHIND' } });
    expect(floor(4, 100, report(103), report(90), report(91))).toMatchObject({ value: { slot: 100 } });
  });

  it('waits while more peers than that saw the key sign in slots to come: this clock is behind', () => {
    expect(floor(4, 100, report(500), report(501), report(91))).toMatchObject({ refusal: { code: 'CLOCK_BEHIND' } });
    expect(floor(3, 100, report(500), report(91))).toMatchObject({ refusal: { code: 'CLOCK_BEHIND' } });
  });
});
