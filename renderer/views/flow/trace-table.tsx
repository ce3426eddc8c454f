import { useState } from 'react';
import { shortPath } from '../../components/format.ts';
import { Empty } from '../../components/panel.tsx';
import { Segmented } from '../../components/segmented.tsx';
import { Ago } from '../../components/text.tsx';
import { hrefOf } from '../../stores/route.ts';
import { useTopic } from '../../stores/live.ts';

const scopes: readonly (readonly ['flows' | 'all', string])[] = [
  ['flows', 'Founding flows'],
  ['all', 'All traces'],
];

export function TraceTable({ search, paused }: { readonly search: string; readonly paused: boolean }) {
  const [scope, setScope] = useState<'flows' | 'all'>('flows');
  return (
    <>
      <div className="trace-scope">
        <Segmented label="Which traces" options={scopes} value={scope} onChange={setScope} />
      </div>
      <TraceList search={search} paused={paused} foundingOnly={scope === 'flows'} />
    </>
  );
}

interface TraceListProps {
  readonly search: string;
  readonly paused: boolean;
  readonly foundingOnly: boolean;
}

function TraceList({ search, paused, foundingOnly }: TraceListProps) {
  const live = useTopic('traces', { search, foundingOnly, limit: 100 });
  const [held, setHeld] = useState(live);
  if (!paused && held !== live && live !== undefined) setHeld(live);
  const traces = (paused ? held : live)?.traces ?? [];
  if (traces.length === 0)
    return (
      <Empty title="No traces">
        {search === '' ? 'They begin with the first message.' : 'No trace holds these words.'}
      </Empty>
    );
  return (
    <ul>
      {traces.map(({ correlationId, firstType, flow, firstAtMs, lastAtMs, messages }) => (
        <li key={correlationId}>
          <a className="grid-row trace-row" href={hrefOf('flow', correlationId)}>
            <span className="stack trace-name">
              <b className="truncate">{flow ?? firstType}</b>
              <span className="small muted truncate" title={correlationId}>
                {shortPath(correlationId)}
              </span>
            </span>
            <span className="right">{messages}</span>
            <span className="right secondary">{Math.round(lastAtMs - firstAtMs)} ms</span>
            <span className="right muted">
              <Ago atMs={lastAtMs} />
            </span>
          </a>
        </li>
      ))}
    </ul>
  );
}
