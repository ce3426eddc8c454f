import { useState } from 'react';
import type { RecordedMessage } from '../../electron/contract/record.ts';
import { hrefOf } from '../stores/route.ts';
import { request } from '../stores/live.ts';
import { durationText, shortPath } from './format.ts';
import { Empty } from './panel.tsx';
import { Time } from './text.tsx';

/** Recorded messages, newest first; a click shows the payload while it is held. */
export function MessageList({ messages }: { readonly messages: readonly RecordedMessage[] }) {
  const [open, setOpen] = useState<{ readonly seq: number; readonly payload: string } | null>(null);
  if (messages.length === 0) return <Empty title="No messages yet" />;
  const toggle = async (seq: number): Promise<void> => {
    if (open?.seq === seq) return setOpen(null);
    const { payload } = await request('message.payload', { seq });
    setOpen({ seq, payload: payload ?? 'No longer held.' });
  };
  return (
    <ul className="messages">
      {messages.map((message) => (
        <li key={message.seq}>
          <div className="message-row">
            <span className="muted">
              <Time atMs={message.atMs} precise />
            </span>
            <button
              type="button"
              className="message-type"
              aria-expanded={open?.seq === message.seq}
              onClick={() => void toggle(message.seq).catch(() => setOpen(null))}
            >
              {message.type}
            </button>
            <span className="secondary truncate" title={`${message.from} to ${message.to}`}>
              {shortPath(message.from)} → {shortPath(message.to)}
            </span>
            <span className="muted right" title="Wait in the mailbox, then handling">
              {durationText(message.queueWaitUs)} + {durationText(message.handlingUs)}
            </span>
            {message.outcome === 'handled' || message.outcome === 'sent' ? (
              <a className="small secondary right" href={hrefOf('flow', message.correlationId)}>
                trace
              </a>
            ) : (
              <a className="small bad-text right" href={hrefOf('flow', message.correlationId)}>
                {message.outcome}
              </a>
            )}
          </div>
          {open?.seq === message.seq ? <pre className="code">{open.payload}</pre> : null}
        </li>
      ))}
    </ul>
  );
}
