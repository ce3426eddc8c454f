import type { ActorStatus, RecordedMessage } from '../kernel/record.ts';
import { isActorName, topOf } from './names.ts';
import type { RateMeter } from './rates.ts';
import type { FlowEdge, FlowGraph, FlowNode } from './shapes.ts';

/** Distinct message types counted on one edge; the rest go uncounted by type, never by number. */
const MAX_TYPES = 64;
/** Distinct edges; a flood of invented peers ends here. */
const MAX_EDGES = 500;

/** Counts what moved between top-level parties. Peers are one party: a swarm must not become a thousand nodes. */
export class EdgeCounts {
  readonly #edges = new Map<string, { from: string; to: string; total: number; types: Map<string, number> }>();

  add({ from, to, type }: RecordedMessage): void {
    const source = partyOf(from);
    const target = partyOf(to);
    const key = `${source} ${target}`;
    let edge = this.#edges.get(key);
    if (edge === undefined) {
      if (this.#edges.size >= MAX_EDGES) return;
      edge = { from: source, to: target, total: 0, types: new Map() };
      this.#edges.set(key, edge);
    }
    edge.total += 1;
    const count = edge.types.get(type) ?? 0;
    if (count > 0 || edge.types.size < MAX_TYPES) edge.types.set(type, count + 1);
  }

  edges(meter: RateMeter, nowMs: number): readonly FlowEdge[] {
    return [...this.#edges].map(([key, { from, to, total, types }]) => ({
      from,
      to,
      total,
      perSecond: Math.round(meter.sample(key, total, nowMs) * 10) / 10,
      topType: [...types].reduce((top, entry) => (entry[1] > top[1] ? entry : top), ['', 0])[0],
    }));
  }

  clear(): void {
    this.#edges.clear();
  }
}

/** The node of the graph that a message's end belongs to. */
export const partyOf = (path: string): string => (path.startsWith('Peer:') ? 'Peers' : topOf(path));

/** Actors of the first level and every outside party that was seen. */
export function flowGraph(tree: readonly ActorStatus[], edges: readonly FlowEdge[]): FlowGraph {
  const actors = tree.filter(({ path }) => !path.includes('/'));
  const known = new Set(actors.map(({ path }) => path));
  const outside = new Set(
    edges.flatMap(({ from, to }) => [from, to]).filter((name) => !known.has(name) && !isActorName(name)),
  );
  const nodes: FlowNode[] = actors.map((actor) => ({
    id: actor.path,
    kind: 'actor',
    lifecycle: actor.lifecycle,
    suspended: actor.suspended,
    depth: actor.mailbox.depth,
    children: tree.filter(({ path }) => path.startsWith(`${actor.path}/`)).length,
  }));
  for (const id of [...outside].sort()) {
    nodes.push({ id, kind: 'outside', lifecycle: null, suspended: false, depth: 0, children: 0 });
  }
  const present = new Set(nodes.map(({ id }) => id));
  return { nodes, edges: edges.filter(({ from, to }) => present.has(from) && present.has(to)) };
}
