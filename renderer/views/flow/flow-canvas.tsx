import {
  BaseEdge,
  Controls,
  type Edge,
  type EdgeProps,
  EdgeLabelRenderer,
  Handle,
  type Node,
  type NodeProps,
  Position,
  ReactFlow,
} from '@xyflow/react';
import { useMemo } from 'react';
import type { FlowGraph, MessageBatch } from '../../../electron/contract/models.ts';
import type { TopicParams } from '../../../electron/contract/topics.ts';
import { countText } from '../../components/format.ts';
import { Lifecycle } from '../../components/status.tsx';
import { go } from '../../stores/interface.ts';
import { useTopic } from '../../stores/live.ts';
import { type Curve, NODE_HEIGHT, NODE_WIDTH, curveBetween, placeNodes, pointOn } from './graph-layout.ts';
import { ParticleLayer } from './particle-layer.tsx';

type CurvedEdge = Edge<{ readonly curve: Curve }, 'curved'>;

/** Its numbers come from the store by its id: the graph's arrays change only when its shape does. */
function PartyNode({ id }: NodeProps) {
  const node = useTopic('flow', {})?.nodes.find((candidate) => candidate.id === id);
  return (
    <div className={`party ${node?.kind ?? ''}`}>
      <Handle type="target" position={Position.Left} isConnectable={false} />
      <b className="truncate">{id}</b>
      {node?.lifecycle ? (
        <span className="row small">
          <Lifecycle state={node.lifecycle} suspended={node.suspended} />
          {node.children > 0 ? <span className="muted end">{node.children} below</span> : null}
        </span>
      ) : (
        <span className="small muted">outside</span>
      )}
      <Handle type="source" position={Position.Right} isConnectable={false} />
    </div>
  );
}

function MessageEdge({ id, data }: EdgeProps<CurvedEdge>) {
  const rate = useTopic('flow', {})?.edges.find(({ from, to }) => `${from} ${to}` === id)?.perSecond ?? 0;
  if (data === undefined) return null;
  const { start, control, end } = data.curve;
  const label = pointOn(data.curve, 0.5);
  return (
    <>
      <BaseEdge
        id={id}
        path={`M${start.x} ${start.y} Q${control.x} ${control.y} ${end.x} ${end.y}`}
        markerEnd="url(#flow-head)"
        className={rate > 0 ? 'flow-edge busy' : 'flow-edge'}
      />
      {rate > 0 ? (
        <EdgeLabelRenderer>
          <span
            className="edge-rate"
            style={{ transform: `translate(-50%, -50%) translate(${label.x}px, ${label.y}px)` }}
          >
            {rate < 10 ? rate.toFixed(1) : countText(rate)}/s
          </span>
        </EdgeLabelRenderer>
      ) : null}
    </>
  );
}

const nodeTypes = { party: PartyNode };
const edgeTypes = { curved: MessageEdge };

interface FlowCanvasProps {
  readonly graph: FlowGraph;
  readonly filter: TopicParams<'messages'>;
  readonly moving: boolean;
  readonly onCounters: (counters: MessageBatch['counters']) => void;
}

export function FlowCanvas({ graph, filter, moving, onCounters }: FlowCanvasProps) {
  const nodeKey = graph.nodes.map(({ id }) => id).join('\n');
  const edgeKey = graph.edges.map(({ from, to }) => `${from} ${to}`).join('\n');
  const { nodes, edges, curves } = useMemo(
    () => shape(nodeKey.split('\n'), edgeKey === '' ? [] : edgeKey.split('\n')),
    [nodeKey, edgeKey],
  );
  return (
    <div className="flow-canvas">
      <svg className="flow-defs" aria-hidden="true">
        <defs>
          <marker id="flow-head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">
            <path d="M0 1 7 4 0 7" />
          </marker>
        </defs>
      </svg>
      {/* A new party: the whole graph is brought into sight again. */}
      <ReactFlow
        key={nodeKey}
        nodes={nodes}
        edges={edges}
        nodeTypes={nodeTypes}
        edgeTypes={edgeTypes}
        fitView
        fitViewOptions={{ padding: 0.08, maxZoom: 1.1 }}
        minZoom={0.3}
        maxZoom={2}
        nodesDraggable={false}
        nodesConnectable={false}
        edgesFocusable={false}
        deleteKeyCode={null}
        onNodeClick={(_, { id }) => id.endsWith('Actor') && go('tree', id)}
      >
        <Controls showInteractive={false} />
        {moving ? <ParticleLayer curves={curves} filter={filter} onCounters={onCounters} /> : null}
      </ReactFlow>
    </div>
  );
}

function shape(
  ids: readonly string[],
  pairs: readonly string[],
): { nodes: Node[]; edges: CurvedEdge[]; curves: ReadonlyMap<string, Curve> } {
  const points = placeNodes(ids);
  const nodes = ids.map((id): Node => ({
    id,
    type: 'party',
    data: {},
    position: { ...(points.get(id) ?? { x: 0, y: 0 }) },
    width: NODE_WIDTH,
    height: NODE_HEIGHT,
    ariaLabel: id,
  }));
  const curves = new Map<string, Curve>();
  const edges = pairs.flatMap((id): CurvedEdge[] => {
    const [source = '', target = ''] = id.split(' ');
    const from = points.get(source);
    const to = points.get(target);
    if (from === undefined || to === undefined) return [];
    const curve = curveBetween(from, to);
    curves.set(id, curve);
    return [{ id, source, target, type: 'curved', data: { curve } }];
  });
  return { nodes, edges, curves };
}
