import type { MachinePicture } from '../../electron/contract/record.ts';

const CHAR_WIDTH = 6.4;
const PADDING = 24;
const HEIGHT = 28;
const GAP = 20;
const MARGIN = 8;
/** Room at the side for all arrows to one state that don't come from its neighbour above. */
const LANE = 14;
const BEND = 7;

export interface LaidOutState {
  readonly name: string;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly final: boolean;
}

export interface LaidOutArrow {
  readonly from: string;
  readonly to: string;
  readonly events: readonly string[];
  readonly path: string;
}

export interface MachineLayout {
  readonly width: number;
  readonly height: number;
  readonly states: readonly LaidOutState[];
  readonly arrows: readonly LaidOutArrow[];
}

/**
 * One column in the declared order, which is that of the way that is hoped for. An arrow to the next state is straight;
 * others
 * run beside the column, forward on the left and back on the right, all that lead to one state in one lane.
 */
export function layoutMachine(machine: MachinePicture): MachineLayout {
  const order = machine.states;
  const index = new Map(order.map((state, at) => [state, at]));
  const at = (state: string): number => index.get(state) ?? 0;
  const pairs = new Map<string, { readonly from: string; readonly to: string; readonly events: string[] }>();
  for (const { from, to, event } of machine.arrows) {
    if (from === to) continue;
    const pair = pairs.get(`${from} ${to}`) ?? { from, to, events: [] };
    pair.events.push(event);
    pairs.set(`${from} ${to}`, pair);
  }
  const all = [...pairs.values()];
  const forward = lanesOf(
    all.filter(({ from, to }) => at(to) > at(from) + 1),
    at,
  );
  const back = lanesOf(
    all.filter(({ from, to }) => at(to) < at(from)),
    at,
  );
  const width = Math.round(Math.max(...order.map((state) => state.length)) * CHAR_WIDTH + PADDING);
  const x = MARGIN + forward.size * LANE;
  const top = (state: string): number => MARGIN + at(state) * (HEIGHT + GAP);
  const arrows = all.map(({ from, to, events }) => {
    const left = forward.get(to);
    const right = back.get(to);
    const y1 = top(from) + HEIGHT / 2;
    const y2 = top(to) + HEIGHT / 2;
    const path =
      at(to) === at(from) + 1
        ? `M${x + width / 2} ${top(from) + HEIGHT} V${top(to) - 2}`
        : at(to) > at(from)
          ? lanePath(x, x - ((left ?? 0) + 1) * LANE, y1 + 5, y2 - 5, x - 2)
          : lanePath(x + width, x + width + ((right ?? 0) + 1) * LANE, y1 - 5, y2 + 5, x + width + 2);
    return { from, to, events, path };
  });
  return {
    width: x + width + back.size * LANE + MARGIN,
    height: 2 * MARGIN + order.length * (HEIGHT + GAP) - GAP,
    states: order.map((name) => ({
      name,
      x,
      y: top(name),
      width,
      height: HEIGHT,
      final: machine.finalStates.includes(name),
    })),
    arrows,
  };
}

/** A lane for each target, the shortest ways nearest to the column. */
function lanesOf(
  pairs: readonly { readonly from: string; readonly to: string }[],
  at: (state: string) => number,
): ReadonlyMap<string, number> {
  const reach = new Map<string, number>();
  for (const { from, to } of pairs) reach.set(to, Math.max(reach.get(to) ?? 0, Math.abs(at(to) - at(from))));
  return new Map([...reach].sort((a, b) => a[1] - b[1]).map(([to], lane) => [to, lane]));
}

function lanePath(start: number, lane: number, y1: number, y2: number, end: number): string {
  const inward = lane < start ? BEND : -BEND;
  const turn = y2 > y1 ? BEND : -BEND;
  return `M${start} ${y1} H${lane + inward} Q${lane} ${y1} ${lane} ${y1 + turn} V${y2 - turn} Q${lane} ${y2} ${lane + inward} ${y2} H${end}`;
}
