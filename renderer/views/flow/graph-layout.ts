export const NODE_WIDTH = 152;
export const NODE_HEIGHT = 48;
const COLUMN = 208;
const ROW = 104;
/** How far an edge bows out, so that both directions are told apart. */
const BOW = 18;

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** Fixed places by role, as the founding document draws them: what one has learned to find stays where it is. */
const places: Readonly<Record<string, readonly [column: number, row: number]>> = {
  User: [0, 1],
  AuraTimer: [0, 2],
  Signer: [0, 3],
  Operator: [0, 4],
  ExecutionClient: [1, 0],
  EngineActor: [1, 1],
  ChainActor: [1, 2],
  StorageActor: [1, 3],
  Database: [1, 4],
  SupervisorActor: [2, 0],
  BridgeActor: [2, 1],
  StreamActor: [2, 2],
  NetworkActor: [2, 3],
  SyncActor: [2, 4],
  BitcoinNetwork: [3, 1],
  GovernanceNodes: [3, 2],
  Peers: [3, 3],
};
const FIRST_FREE_ROW = 5;
const COLUMNS = 4;

export function placeNodes(ids: readonly string[]): ReadonlyMap<string, Point> {
  const unplaced = ids.filter((id) => places[id] === undefined);
  return new Map(
    ids.map((id) => {
      const free = unplaced.indexOf(id);
      const [column, row] = places[id] ?? [free % COLUMNS, FIRST_FREE_ROW + Math.floor(free / COLUMNS)];
      return [id, { x: column * COLUMN, y: row * ROW }];
    }),
  );
}

/** A quadratic curve: start, control, end. */
export interface Curve {
  readonly start: Point;
  readonly control: Point;
  readonly end: Point;
}

const centre = ({ x, y }: Point): Point => ({ x: x + NODE_WIDTH / 2, y: y + NODE_HEIGHT / 2 });

/** Where the line from a node's centre towards `to` leaves its box. */
function border(box: Point, to: Point): Point {
  const from = centre(box);
  const dx = to.x - from.x;
  const dy = to.y - from.y;
  const scale = Math.min(NODE_WIDTH / 2 / Math.max(Math.abs(dx), 0.01), NODE_HEIGHT / 2 / Math.max(Math.abs(dy), 0.01));
  return { x: from.x + dx * scale, y: from.y + dy * scale };
}

export function curveBetween(from: Point, to: Point): Curve {
  if (from.x === to.x && from.y === to.y) {
    // To itself: a loop over the box.
    return {
      start: { x: from.x + NODE_WIDTH * 0.35, y: from.y },
      control: { x: from.x + NODE_WIDTH / 2, y: from.y - 56 },
      end: { x: from.x + NODE_WIDTH * 0.65, y: from.y },
    };
  }
  const a = centre(from);
  const b = centre(to);
  const length = Math.hypot(b.x - a.x, b.y - a.y);
  const bow = BOW * Math.max(1, length / (COLUMN * 1.2));
  const control = {
    x: (a.x + b.x) / 2 + ((b.y - a.y) / length) * bow * 2,
    y: (a.y + b.y) / 2 - ((b.x - a.x) / length) * bow * 2,
  };
  return { start: border(from, control), control, end: border(to, control) };
}

export function pointOn({ start, control, end }: Curve, t: number): Point {
  const u = 1 - t;
  return {
    x: u * u * start.x + 2 * u * t * control.x + t * t * end.x,
    y: u * u * start.y + 2 * u * t * control.y + t * t * end.y,
  };
}
