import { useState } from 'react';
import type { SequenceDiagram as Diagram } from '../../../electron/contract/models.ts';
import { durationText, shortPath } from '../../components/format.ts';
import { VirtualList } from '../../components/virtual-list.tsx';
import { request } from '../../stores/live.ts';

const ROW = 36;
const TIME_WIDTH = 136;
const LEAST_LANE = 148;

/** Time runs down; each participant has a lane. Steps of the founding flow are strong, all others pale. */
export function SequenceDiagram({ diagram }: { readonly diagram: Diagram }) {
  const { participants, messages, departsAfterSeq } = diagram;
  const [payload, setPayload] = useState<{ readonly seq: number; readonly text: string } | null>(null);
  const lanes = new Map(participants.map((name, index) => [name, index]));
  const start = messages[0]?.atMs ?? 0;
  const centre = (name: string): number => (((lanes.get(name) ?? 0) + 0.5) / participants.length) * 100;
  const show = async (seq: number): Promise<void> => {
    if (payload?.seq === seq) return setPayload(null);
    const result = await request('message.payload', { seq });
    setPayload({ seq, text: result.payload ?? 'No longer held.' });
  };
  return (
    <div className="sequence-scroll">
      <div className="sequence" style={{ minWidth: TIME_WIDTH + participants.length * LEAST_LANE }}>
        <div className="sequence-head" style={{ paddingLeft: TIME_WIDTH }}>
          {participants.map((name) => (
            <span key={name} className="truncate" title={name}>
              {shortPath(name)}
            </span>
          ))}
        </div>
        <div className="sequence-body">
          <div className="sequence-lanes" style={{ left: TIME_WIDTH }} aria-hidden="true">
            {participants.map((name) => (
              <i key={name} style={{ left: `${centre(name)}%` }} />
            ))}
          </div>
          <VirtualList
            count={messages.length}
            rowHeight={ROW}
            label="Messages of the trace"
            row={(index) => {
              const message = messages[index];
              if (message === undefined) return null;
              const from = centre(message.from);
              const to = centre(message.to);
              const self = message.from === message.to;
              const failed = message.outcome !== 'handled' && message.outcome !== 'sent';
              const kind = `${message.arrow === null ? 'extra' : 'founding'}${message.reply ? ' reply' : ''}${to < from ? ' leftwards' : ''}${self ? ' self' : ''}${failed ? ' failed' : ''}`;
              return (
                <button
                  type="button"
                  className={`sequence-row${message.seq === departsAfterSeq ? ' departs' : ''}`}
                  title={`${message.from} to ${message.to}: ${message.type} (${message.outcome})`}
                  onClick={() => void show(message.seq).catch(() => setPayload(null))}
                >
                  <span className="sequence-time small" style={{ width: TIME_WIDTH }}>
                    <span>+{Math.round(message.atMs - start)} ms</span>
                    <span className="muted">{durationText(message.queueWaitUs)} wait</span>
                  </span>
                  <span className="sequence-track">
                    <span
                      className={`sequence-arrow ${kind}`}
                      style={
                        self
                          ? { left: `${from}%` }
                          : { left: `${Math.min(from, to)}%`, width: `${Math.abs(to - from)}%` }
                      }
                    >
                      <span className="sequence-label">
                        {message.type}
                        {failed ? ` [${message.outcome}]` : ''}
                      </span>
                    </span>
                  </span>
                  {message.seq === departsAfterSeq ? (
                    <span className="sequence-mark small">departs from the founding flow here</span>
                  ) : null}
                </button>
              );
            }}
          />
        </div>
      </div>
      {payload === null ? null : (
        <aside className="sequence-payload">
          <h3>Payload of message {payload.seq}</h3>
          <pre className="code">{payload.text}</pre>
        </aside>
      )}
    </div>
  );
}
