import { perform, saveText } from '../../app/interventions.ts';
import { Button } from '../../components/button.tsx';
import { shortPath } from '../../components/format.ts';
import { Empty, Panel } from '../../components/panel.tsx';
import { Status, type Tone } from '../../components/status.tsx';
import { CopyButton } from '../../components/text.tsx';
import type { SequenceDiagram as Diagram } from '../../../electron/contract/models.ts';
import { go } from '../../stores/interface.ts';
import { request, useTopic } from '../../stores/live.ts';
import { SequenceDiagram } from './sequence-diagram.tsx';

const verdicts: Readonly<Record<Diagram['verdict'], readonly [Tone, string]>> = {
  conforms: ['ok', 'Conforms'],
  running: ['info', 'Under way'],
  departs: ['bad', 'Departs'],
  none: ['idle', 'No founding flow'],
};

export function TraceView({ correlationId }: { readonly correlationId: string }) {
  const diagram = useTopic('trace', { correlationId });
  const fileName = `trace-${correlationId.replace(/[^\w-]+/g, '-').slice(0, 60)}`;
  const saveMermaid = async (): Promise<void> => {
    const { text } = await request('trace.mermaid', { correlationId });
    saveText(`${fileName}.mmd`, text, 'text/plain');
  };
  const copyMermaid = async (): Promise<void> => {
    const result = await perform('trace.mermaid', { correlationId }, 'The diagram is copied as Mermaid.');
    if (result !== null) await navigator.clipboard.writeText(result.text);
  };
  const [tone, word] = verdicts[diagram?.verdict ?? 'none'];
  return (
    <div className="screen">
      <div className="screen-head">
        <Button kind="quiet" onClick={() => go('flow')}>
          ← All traces
        </Button>
        <h1 className="truncate">{diagram?.flow ?? 'Trace'}</h1>
        <span className="mono muted truncate" title={correlationId}>
          {shortPath(correlationId)}
        </span>
        <CopyButton text={correlationId} label="correlation id" />
        <span className="end row">
          <Button icon="copy" onClick={() => void copyMermaid()}>
            Copy Mermaid
          </Button>
          <Button icon="export" onClick={() => void saveMermaid()}>
            Mermaid
          </Button>
          <Button
            icon="export"
            disabled={diagram === undefined}
            onClick={() => saveText(`${fileName}.json`, JSON.stringify(diagram, null, 2))}
          >
            JSON
          </Button>
        </span>
      </div>
      <Panel
        title={
          diagram === undefined ? (
            '…'
          ) : (
            <span className="row">
              <Status tone={tone}>{word}</Status>
              <span className="secondary trace-detail truncate">{diagram.detail}</span>
            </span>
          )
        }
        aside={
          diagram === undefined ? null : (
            <span className="small muted">
              {diagram.messages.length} messages{diagram.omitted > 0 ? `, ${diagram.omitted} more not drawn` : ''}
            </span>
          )
        }
        flush
        className="grow"
      >
        {diagram === undefined ? (
          <Empty title="Loading…" />
        ) : diagram.messages.length === 0 ? (
          <Empty title="This trace is no longer held">
            The record keeps the newest messages; older ones have made room.
          </Empty>
        ) : (
          <SequenceDiagram diagram={diagram} />
        )}
      </Panel>
    </div>
  );
}
