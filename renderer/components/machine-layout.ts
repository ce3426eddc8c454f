import type { MachinePicture } from '../../electron/contract/record.ts';

const CHAR_WIDTH = 6.6;
const PADDING = 20;
const HEIGHT = 28;
const GAP_X = 24;
const GAP_Y = 32;
const MARGIN = 12;
/** Room at the side for each arrow that runs back or over a rank. */
const LANE = 12;

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

/** Ranks by the shortest way from the initial state, top to bottom; arrows back or over ranks run in lanes at the sides. */
export function layoutMachine(machine: MachinePicture): MachineLayout {
  const ranks = ranksOf(machine);
  const rows: string[][] = [];
  for (const state of machine.states) (rows[ranks.get(state) ?? 0] ??= []).push(state);
  const pairs = new Map<string, { from: string; to: string; events: string[] }>();
  for (const { from, to, event } of machine.arrows) {
    const pair = pairs.get(`${from} ${to}`) ?? { from, to, events: [] };
    pair.events.push(event);
    pairs.set(`${from} ${to}`, pair);
  }
  const rankOf = (state: string): number => ranks.get(state) ?? 0;
  const isLane = (pair: { from: string; to: string }): boolean =>
    rankOf(pair.to) - rankOf(pair.from) !== 1 && pair.from !== pair.to;
  const lanes = [...pairs.values()].filter(isLane);
  const left = lanes.filter((pair) => rankOf(pair.to) > rankOf(pair.from));
  const right = lanes.filter((pair) => rankOf(pair.to) <= rankOf(pair.from));
  const widthOf = (state: string): number => Math.round(state.length * CHAR_WIDTH + PADDING);
  const rowWidth = (row: readonly string[]): number => row.reduce((sum, state) => sum + widthOf(state) + GAP_X, -GAP_X);
  const inner = Math.max(...rows.map(rowWidth));
  const start = MARGIN + left.length * LANE;
  const boxes = new Map<string, LaidOutState>();
  rows.forEach((row, rank) => {
    let x = start + (inner - rowWidth(row)) / 2;
    for (const name of row) {
      boxes.set(name, {
        name,
        x,
        y: MARGIN + rank * (HEIGHT + GAP_Y),
        width: widthOf(name),
        height: HEIGHT,
        final: machine.finalStates.includes(name),
      });
      x += widthOf(name) + GAP_X;
    }
  });
  const arrows = [...pairs.values()].flatMap((pair) => {
    const from = boxes.get(pair.from);
    const to = boxes.get(pair.to);
    if (from === undefined || to === undefined || from === to) return [];
    const leftLane = left.indexOf(pair as (typeof left)[number]);
    const rightLane = right.indexOf(pair as (typeof right)[number]);
    const path =
      leftLane >= 0
        ? lanePath(from, to, start - (leftLane + 1) * LANE, 'left')
        : rightLane >= 0
          ? lanePath(from, to, start + inner + (rightLane + 1) * LANE, 'right')
          : downPath(from, to);
    return [{ ...pair, path }];
  });
  return {
    width: Math.round(start + inner + right.length * LANE + MARGIN),
    height: MARGIN * 2 + rows.length * HEIGHT + (rows.length - 1) * GAP_Y,
    states: [...boxes.values()],
    arrows,
  };
}

function ranksOf({ initial, states, arrows }: MachinePicture): ReadonlyMap<string, number> {
  const ranks = new Map([[initial, 0]]);
  for (const [state, rank] of ranks) {
    for (const { from, to } of arrows) if (from === state && !ranks.has(to)) ranks.set(to, rank + 1);
  }
  const last = Math.max(...ranks.values());
  for (const state of states) if (!ranks.has(state)) ranks.set(state, last + 1);
  return ranks;
}

function downPath(from: LaidOutState, to: LaidOutState): string {
  const x1 = from.x + from.width / 2;
  const x2 = to.x + to.width / 2;
  const y1 = from.y + from.height;
  const middle = (y1 + to.y) / 2;
  return `M${x1} ${y1} C${x1} ${middle} ${x2} ${middle} ${x2} ${to.y - 2}`;
}

function lanePath(from: LaidOutState, to: LaidOutState, lane: number, side: 'left' | 'right'): string {
  const x1 = side === 'left' ? from.x : from.x + from.width;
  const x2 = side === 'left' ? to.x - 2 : to.x + to.width + 2;
  const y1 = from.y + from.height / 2 + 5;
  const y2 = to.y + to.height / 2 - 5;
  const bend = side === 'left' ? 8 : -8;
  const turn = y2 > y1 ? 8 : -8;
  return `M${x1} ${y1} H${lane + bend} Q${lane} ${y1} ${lane} ${y1 + turn} V${y2 - turn} Q${lane} ${y2} ${lane + bend} ${y2} H${x2}`;
}
