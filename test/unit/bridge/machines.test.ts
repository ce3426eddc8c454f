import { describe, expect, it } from 'vitest';
import { bridgeMachine } from '../../../node-core/domain/bridge-machine.ts';
import { pegInMachine } from '../../../node-core/domain/pegin/machine.ts';
import { pegOutMachine } from '../../../node-core/domain/pegout/machine.ts';

interface Drawn {
  readonly initial: string;
  readonly stateNames: readonly string[];
  readonly arrows: readonly { readonly from: string; readonly event: string; readonly to: string }[];
}

function reachable({ arrows }: Drawn, from: string): Set<string> {
  const seen = new Set([from]);
  for (const state of seen) for (const arrow of arrows) if (arrow.from === state) seen.add(arrow.to);
  return seen;
}

describe.each<[string, Drawn]>([
  ['peg-in', pegInMachine],
  ['peg-out', pegOutMachine],
  ['BridgeActor', bridgeMachine],
])('the machine of %s', (_, machine) => {
  it('reaches every state', () => {
    expect([...reachable(machine, machine.initial)].sort()).toEqual([...machine.stateNames].sort());
  });
});

describe("a peg operation's machine", () => {
  it('leads a peg-in to its end by a mint in a final block alone, from wherever it stands', () => {
    const ends = pegInMachine.arrows.filter(({ to }) => to === 'Completed');
    expect(new Set(ends.map(({ event }) => event))).toEqual(new Set(['MintFinal']));
    expect(ends.map(({ from }) => from)).toEqual(pegInMachine.stateNames.filter((state) => state !== 'Completed'));
  });

  it('has a peg-out signed before it is broadcast, and confirmed before it is completed', () => {
    const into = (state: string) => pegOutMachine.arrows.filter(({ to }) => to === state).map(({ from }) => from);
    expect(new Set(into('Broadcasting'))).toEqual(new Set(['CollectingSignatures', 'Confirming', 'Completed']));
    expect(into('Completed')).toEqual(['Confirming']);
  });

  it('leads back from each state that a reorganisation can take away, to where it can go on', () => {
    for (const from of ['WaitingApproval', 'Minting'] as const) {
      expect(pegInMachine.next(from, 'DepositReorganized')).toBe('ProcessingPegIn');
    }
    for (const from of ['Confirming', 'Completed'] as const) {
      expect(reachable(pegOutMachine, pegOutMachine.next(from, 'PayoutReorganized'))).toContain('Completed');
    }
  });
});
