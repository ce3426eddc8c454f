import { useState } from 'react';
import { shortPath } from '../../components/format.ts';
import { Empty } from '../../components/panel.tsx';
import { Ago } from '../../components/text.tsx';
import { hrefOf } from '../../stores/route.ts';
import { useTopic } from '../../stores/live.ts';

export function TraceTable({ search, paused }: { readonly search: string; readonly paused: boolean }) {
  const live = useTopic('traces', { search, limit: 100 });
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
      {traces.map(({ correlationId, firstType, firstAtMs, lastAtMs, messages }) => (
        <li key={correlationId}>
          <a className="grid-row trace-row" href={hrefOf('flow', correlationId)}>
            <span className="stack trace-name">
              <b className="truncate">{firstType}</b>
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
