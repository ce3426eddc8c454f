import { useDeferredValue, useState } from 'react';
import { exportLogs } from '../../app/interventions.ts';
import { Button } from '../../components/button.tsx';
import { countText, shortPath } from '../../components/format.ts';
import { Empty, Panel } from '../../components/panel.tsx';
import { SearchField, Segmented } from '../../components/segmented.tsx';
import { Time } from '../../components/text.tsx';
import { VirtualList } from '../../components/virtual-list.tsx';
import type { LogPage } from '../../../electron/contract/models.ts';
import type { LogLine, LogLevel } from '../../../electron/contract/record.ts';
import { ask, go, useInterface } from '../../stores/interface.ts';
import { hrefOf } from '../../stores/route.ts';
import { useTopic } from '../../stores/live.ts';
import { AuditTable } from './audit-table.tsx';
import './logs.css';

const LINES = 2000;
const levels: readonly (readonly [LogLevel, string])[] = [
  ['debug', 'All'],
  ['info', 'Info'],
  ['warn', 'Warnings'],
  ['error', 'Errors'],
];
const sections: readonly (readonly ['logs' | 'audit', string])[] = [
  ['logs', 'Logs'],
  ['audit', 'Audit'],
];

export function LogsView() {
  const section = useInterface(({ route }) => (route.item === 'audit' ? 'audit' : 'logs'));
  return <div className="screen">{section === 'audit' ? <Audit /> : <Logs />}</div>;
}

const Switch = ({ section }: { readonly section: 'logs' | 'audit' }) => (
  <Segmented
    label="What to show"
    options={sections}
    value={section}
    onChange={(next) => go('logs', next === 'audit' ? 'audit' : '')}
  />
);

function Audit() {
  return (
    <>
      <div className="screen-head">
        <Switch section="audit" />
        <span className="end row">
          <Button icon="search" onClick={() => ask({ kind: 'checkStore' })}>
            Check store…
          </Button>
          <Button icon="export" onClick={() => ask({ kind: 'backup' })}>
            Back up store…
          </Button>
        </span>
      </div>
      <AuditTable />
    </>
  );
}

function Logs() {
  const [level, setLevel] = useState<LogLevel>('debug');
  const [actor, setActor] = useState('');
  const [pattern, setPattern] = useState('');
  const [follow, setFollow] = useState(true);
  const deferred = useDeferredValue(pattern);
  const live = useTopic('logs', { level, actor, pattern: deferred, limit: LINES });
  const tree = useTopic('tree', {});
  const [held, setHeld] = useState<LogPage | undefined>(live);
  // Scrolled back, the lines stand still until they are followed again.
  if (live !== undefined && held !== live && (follow || held === undefined)) setHeld(live);
  const page = follow ? (live ?? held) : held;
  return (
    <>
      <div className="screen-head">
        <Switch section="logs" />
        <SearchField label="Regular expression" value={pattern} onChange={setPattern} />
        <Segmented label="Level" options={levels} value={level} onChange={setLevel} />
        <select className="input" aria-label="Actor" value={actor} onChange={({ target }) => setActor(target.value)}>
          <option value="">All actors</option>
          {tree?.actors
            .filter(({ path }) => !path.includes('/'))
            .map(({ path }) => (
              <option key={path}>{path}</option>
            ))}
        </select>
        <span className="end row">
          <Button icon="down" pressed={follow} onClick={() => setFollow(!follow)}>
            Follow
          </Button>
          <Button icon="export" onClick={() => void exportLogs()}>
            Export
          </Button>
        </span>
      </div>
      <Panel
        flush
        className="grow"
        title={
          page === undefined ? (
            '…'
          ) : page.patternError === null ? (
            `${countText(page.matching)} of ${countText(page.held)} lines`
          ) : (
            <span className="bad-text">{page.patternError}</span>
          )
        }
        aside={
          page === undefined ? null : (
            <span className="small muted">
              newest {countText(Math.min(page.matching, LINES))} shown
              {page.dropped > 0 ? `, ${countText(page.dropped)} older ones no longer held` : ''}
            </span>
          )
        }
      >
        {page === undefined || page.lines.length === 0 ? (
          <Empty title="No lines">
            {pattern === '' ? 'The actors have logged nothing of this level yet.' : 'No line matches the expression.'}
          </Empty>
        ) : (
          <VirtualList
            count={page.lines.length}
            rowHeight={24}
            label="Log lines"
            follow={follow}
            onScrolledBack={() => setFollow(false)}
            row={(index) => <Line line={page.lines[index]} />}
          />
        )}
      </Panel>
    </>
  );
}

function Line({ line }: { readonly line: LogLine | undefined }) {
  if (line === undefined) return null;
  const extra = Object.keys(line.fields).length === 0 ? '' : JSON.stringify(line.fields);
  return (
    <div className={`log-line ${line.level}`}>
      <span className="muted">
        <Time atMs={line.atMs} precise />
      </span>
      <span className={`log-level ${line.level}`}>{line.level}</span>
      <span className="truncate secondary" title={line.path}>
        {shortPath(line.path)}
      </span>
      <span className="truncate" title={`${line.text} ${extra}`}>
        {line.text} <span className="muted">{extra}</span>
      </span>
      {line.correlationId === '' ? (
        <span />
      ) : (
        <a className="secondary right" href={hrefOf('flow', line.correlationId)}>
          trace
        </a>
      )}
    </div>
  );
}
