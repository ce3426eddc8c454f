import { useDeferredValue, useState } from 'react';
import type { MessageBatch } from '../../../electron/contract/models.ts';
import { Button } from '../../components/button.tsx';
import { countText } from '../../components/format.ts';
import { MessageList } from '../../components/message-list.tsx';
import { Empty, Panel } from '../../components/panel.tsx';
import { SearchField, Segmented } from '../../components/segmented.tsx';
import { setAnimate, useInterface } from '../../stores/interface.ts';
import { useTopic } from '../../stores/live.ts';
import { FlowCanvas } from './flow-canvas.tsx';
import { TraceTable } from './trace-table.tsx';

type Side = 'traces' | 'messages' | 'edges';
const sides: readonly (readonly [Side, string])[] = [
  ['traces', 'Traces'],
  ['messages', 'Messages'],
  ['edges', 'Rates'],
];

/** Who talks to whom now, and the ways into single traces. */
export function LiveFlow() {
  const graph = useTopic('flow', {});
  const animate = useInterface((state) => state.animate);
  const [paused, setPaused] = useState(false);
  const [filter, setFilter] = useState({ actor: '', type: '', correlationId: '' });
  const [side, setSide] = useState<Side>('traces');
  const [counters, setCounters] = useState<MessageBatch['counters'] | null>(null);
  const applied = useDeferredValue(filter);
  return (
    <div className="screen">
      <div className="screen-head">
        <SearchField label="Actor" value={filter.actor} onChange={(actor) => setFilter({ ...filter, actor })} />
        <SearchField label="Message type" value={filter.type} onChange={(type) => setFilter({ ...filter, type })} />
        <SearchField
          label="Correlation id"
          value={filter.correlationId}
          onChange={(correlationId) => setFilter({ ...filter, correlationId })}
        />
        <span className="end row">
          <Button icon={paused ? 'play' : 'pause'} pressed={paused} onClick={() => setPaused(!paused)}>
            {paused ? 'Go on' : 'Pause'}
          </Button>
          <Button pressed={animate} onClick={() => setAnimate(!animate)}>
            Animation {animate ? 'on' : 'off'}
          </Button>
        </span>
      </div>
      <div className="split flow-split">
        <Panel
          title="Actors and outside parties"
          aside={<Sampling counters={counters} moving={animate && !paused} />}
          flush
        >
          {graph === undefined || graph.nodes.length === 0 ? (
            <Empty title="Nothing moves">The node is stopped. Start it on the overview.</Empty>
          ) : (
            <FlowCanvas graph={graph} filter={applied} moving={animate && !paused} onCounters={setCounters} />
          )}
        </Panel>
        <Panel title={<Segmented label="List" options={sides} value={side} onChange={setSide} />} flush>
          {side === 'traces' ? (
            <TraceTable search={applied.correlationId || applied.type} paused={paused} />
          ) : side === 'messages' ? (
            <RecentMessages filter={applied} paused={paused} />
          ) : (
            <table className="table">
              <thead>
                <tr>
                  <th scope="col">From</th>
                  <th scope="col">To</th>
                  <th scope="col" className="right">
                    per s
                  </th>
                  <th scope="col" className="right">
                    Total
                  </th>
                </tr>
              </thead>
              <tbody>
                {graph?.edges
                  .toSorted((a, b) => b.perSecond - a.perSecond || b.total - a.total)
                  .map(({ from, to, perSecond, total, topType }) => (
                    <tr key={`${from} ${to}`} title={`most often ${topType}`}>
                      <td>{from}</td>
                      <td>{to}</td>
                      <td className="right">{perSecond.toFixed(1)}</td>
                      <td className="right">{countText(total)}</td>
                    </tr>
                  ))}
              </tbody>
            </table>
          )}
        </Panel>
      </div>
    </div>
  );
}

/** Received = shown + aggregated + dropped, exactly. */
function Sampling({
  counters,
  moving,
}: {
  readonly counters: MessageBatch['counters'] | null;
  readonly moving: boolean;
}) {
  if (!moving) return <span className="small muted">not drawn</span>;
  if (counters === null) return null;
  return (
    <span className="small muted" title="Every message received is drawn, only counted, or was lost to the console">
      {countText(counters.received)} received = {countText(counters.shown)} shown + {countText(counters.aggregated)}{' '}
      counted + {countText(counters.dropped)} lost
    </span>
  );
}

function RecentMessages({
  filter,
  paused,
}: {
  readonly filter: { readonly actor: string; readonly type: string; readonly correlationId: string };
  readonly paused: boolean;
}) {
  const recent = useTopic('recent', { ...filter, limit: 200 });
  const [held, setHeld] = useState(recent);
  if (!paused && held !== recent && recent !== undefined) setHeld(recent);
  return (
    <div className="flow-messages">
      <MessageList messages={(paused ? held : recent)?.messages ?? []} />
    </div>
  );
}
