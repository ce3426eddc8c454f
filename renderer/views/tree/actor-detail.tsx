import { type ReactNode, useState } from 'react';
import type { ActorPanel } from '../../../electron/contract/models.ts';
import { Button } from '../../components/button.tsx';
import { countText, durationText, shortPath } from '../../components/format.ts';
import { MachineDiagram } from '../../components/machine-diagram.tsx';
import { MessageList } from '../../components/message-list.tsx';
import { Empty, Fact, Panel } from '../../components/panel.tsx';
import { Segmented } from '../../components/segmented.tsx';
import { Lifecycle } from '../../components/status.tsx';
import { Time } from '../../components/text.tsx';
import { ask, go } from '../../stores/interface.ts';
import { useTopic } from '../../stores/live.ts';
import { TypeTimesTable } from './type-times.tsx';

type Tab = 'state' | 'messages' | 'times' | 'errors';
const tabs: readonly (readonly [Tab, string])[] = [
  ['state', 'State'],
  ['messages', 'Messages'],
  ['times', 'Times'],
  ['errors', 'Errors & log'],
];

export function ActorDetail({ path }: { readonly path: string }) {
  const panel = useTopic('actor', { path });
  const [tab, setTab] = useState<Tab>('state');
  if (panel === undefined)
    return (
      <Panel title={shortPath(path)}>
        <Empty title="Loading…" />
      </Panel>
    );
  if (panel === null) {
    return (
      <Panel
        title={shortPath(path)}
        aside={<Button kind="quiet" icon="cross" label="Close" onClick={() => go('tree')} />}
      >
        <Empty title="This actor has ended">
          What it did stays in the traces and in the case file of its operation.
        </Empty>
      </Panel>
    );
  }
  const { actor } = panel;
  return (
    <Panel
      title={<span title={path}>{shortPath(path)}</span>}
      aside={
        <>
          <Button icon="restart" onClick={() => ask({ kind: 'restartActor', path })}>
            Restart…
          </Button>
          {actor.suspended ? (
            <Button icon="play" onClick={() => ask({ kind: 'resumeActor', path })}>
              Resume…
            </Button>
          ) : (
            <Button icon="pause" onClick={() => ask({ kind: 'suspendActor', path })}>
              Suspend…
            </Button>
          )}
          <Button kind="quiet" icon="cross" label="Close" onClick={() => go('tree')} />
        </>
      }
      flush
    >
      <div className="actor-detail">
        <dl className="facts">
          <Fact name="State">
            <Lifecycle state={actor.lifecycle} suspended={actor.suspended} />
          </Fact>
          <Fact name="Generation">
            {actor.generation}, {actor.restarts} restarts
          </Fact>
          {actor.breaker === 'closed' ? null : (
            <Fact name="Circuit breaker">{actor.breaker === 'open' ? 'open' : 'half-open'}</Fact>
          )}
          <Fact name="Mailbox">
            {countText(actor.mailbox.depth)} of {countText(actor.mailbox.bound)}
          </Fact>
          <Fact name="When full">{actor.mailbox.overflow}</Fact>
          <Fact name="Handled">{countText(actor.handled)}</Fact>
          <Fact name="Reserved / at the door">
            {countText(actor.mailbox.reserved)} / {countText(actor.mailbox.atDoor)}
          </Fact>
          <Fact name="Dropped / refused">
            {countText(actor.dropped)} / {countText(actor.refused)}
          </Fact>
          <Fact name="Dead letters">{countText(actor.deadLetters)}</Fact>
          <Fact name="Wait p50 / p99">
            {durationText(actor.queueWait.p50Us)} / {durationText(actor.queueWait.p99Us)}
          </Fact>
          <Fact name="Handling p50 / p99">
            {durationText(actor.handling.p50Us)} / {durationText(actor.handling.p99Us)}
          </Fact>
        </dl>
        <Segmented label="What to show" options={tabs} value={tab} onChange={setTab} />
        {tab === 'state' ? (
          <StateTab panel={panel} />
        ) : tab === 'messages' ? (
          <MessageList messages={panel.recent} />
        ) : tab === 'times' ? (
          <TypeTimesTable times={panel.times} />
        ) : (
          <ErrorTab panel={panel} />
        )}
      </div>
    </Panel>
  );
}

function Section({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  return (
    <section className="stack">
      <h3>{title}</h3>
      {children}
    </section>
  );
}

function StateTab({ panel: { actor, machine, lifecycle, view } }: { readonly panel: ActorPanel }) {
  return (
    <>
      {machine === null ? null : (
        <Section title={`State machine: ${machine.id}`}>
          <MachineDiagram machine={machine} current={actor.machineState} />
        </Section>
      )}
      <Section title="Life">
        <MachineDiagram machine={lifecycle} current={actor.lifecycle} />
      </Section>
      <Section title="State data">
        {view === null ? <span className="muted">This actor shows none.</span> : <pre className="code">{view}</pre>}
      </Section>
    </>
  );
}

function ErrorTab({ panel: { actor, logs, changes } }: { readonly panel: ActorPanel }) {
  return (
    <>
      <Section title="Last error">
        {actor.lastError === null ? (
          <span className="muted">None since it was started first.</span>
        ) : (
          <>
            <p className="callout bad">
              <Time atMs={actor.lastError.atMs} /> <code>{actor.lastError.code}</code> {actor.lastError.message}
            </p>
            <pre className="code">{actor.lastError.stack}</pre>
          </>
        )}
      </Section>
      <Section title="Changes">
        <ul className="stack small">
          {changes.map(({ seq, atMs, to, generation, reason }) => (
            <li key={`${seq} ${to} ${generation}`} className="row">
              <span className="muted">
                <Time atMs={atMs} precise />
              </span>
              <Lifecycle state={to} suspended={false} />
              <span className="secondary truncate">{reason ?? `generation ${generation}`}</span>
            </li>
          ))}
          {changes.length === 0 ? <li className="muted">None since the console began to read.</li> : null}
        </ul>
      </Section>
      <Section title="Log">
        <ul className="small">
          {logs.map(({ line, atMs, level, text }) => (
            <li key={line} className="row">
              <span className="muted">
                <Time atMs={atMs} precise />
              </span>
              <span className={`log-level ${level}`}>{level}</span>
              <span>{text}</span>
            </li>
          ))}
          {logs.length === 0 ? <li className="muted">It has logged nothing.</li> : null}
        </ul>
      </Section>
    </>
  );
}
