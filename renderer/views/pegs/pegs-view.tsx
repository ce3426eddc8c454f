import { useCallback, useDeferredValue, useState } from 'react';
import type { PegTable } from '../../../electron/contract/peg-models.ts';
import type { TopicParams } from '../../../electron/contract/topics.ts';
import { Button } from '../../components/button.tsx';
import { Empty, Panel } from '../../components/panel.tsx';
import { SearchField, Segmented } from '../../components/segmented.tsx';
import { VirtualList } from '../../components/virtual-list.tsx';
import { ask, useInterface } from '../../stores/interface.ts';
import { useLive, useTopic } from '../../stores/live.ts';
import { CaseFile } from './case-file.tsx';
import { PegHead, PegRow } from './peg-row.tsx';
import './pegs.css';

type Query = TopicParams<'pegs'>;
const kinds: readonly (readonly [Query['kind'], string])[] = [
  ['all', 'All'],
  ['pegIn', 'Peg-ins'],
  ['pegOut', 'Peg-outs'],
];
const statuses: readonly (readonly [Query['status'], string])[] = [
  ['all', 'All'],
  ['pending', 'Pending'],
  ['completed', 'Completed'],
  ['rejected', 'Rejected'],
];
const ROW_HEIGHT = 40;
/** The node keeps the table; the window holds what is in sight and a little more. */
const PAGE = 100;

export function PegsView() {
  const [search, setSearch] = useState('');
  const [kind, setKind] = useState<Query['kind']>('all');
  const [status, setStatus] = useState<Query['status']>('all');
  const [page, setPage] = useState(0);
  const selected = useInterface(({ route }) => route.item);
  const devnet = useLive((state) => state.greeting?.devnet === true);
  const running = useTopic('overview', {})?.node.running !== false;
  const words = useDeferredValue(search);
  const live = useTopic('pegs', { search: words, kind, status, offset: page * PAGE, limit: PAGE * 2 });
  const [last, setLast] = useState<PegTable | undefined>(live);
  // What was shown stays until the answer to a new search is there.
  if (live !== undefined && live !== last) setLast(live);
  const table = live ?? last;
  const onRange = useCallback((first: number) => setPage(Math.floor(first / PAGE)), []);
  return (
    <div className="screen">
      <div className="screen-head">
        <SearchField label="Search txid, address, operation or EVM hash" value={search} onChange={setSearch} />
        <Segmented label="Kind" options={kinds} value={kind} onChange={setKind} />
        <Segmented label="Status" options={statuses} value={status} onChange={setStatus} />
        {table === undefined || !running ? null : (
          <span className="small muted end truncate">
            {table.totals.pegInsPending + table.totals.pegOutsPending} pending, {table.totals.completed} completed,{' '}
            {table.totals.rejected} rejected
          </span>
        )}
      </div>
      <div className={selected === '' ? 'split' : 'split pegs-split'}>
        <Panel flush className="pegs-panel">
          {table === undefined ? (
            <Empty title="Loading…" />
          ) : table.total === 0 ? (
            <NoPegs running={running} searched={words !== '' || kind !== 'all' || status !== 'all'} devnet={devnet} />
          ) : (
            <>
              <PegHead compact={selected !== ''} />
              <div className="grow-list">
                <VirtualList
                  count={table.total}
                  rowHeight={ROW_HEIGHT}
                  label="Peg operations"
                  onRange={onRange}
                  row={(index) => {
                    const row = table.rows[index - table.offset];
                    return row === undefined ? (
                      <div className="grid-row muted">…</div>
                    ) : (
                      <PegRow row={row} selected={row.id === selected} compact={selected !== ''} />
                    );
                  }}
                />
              </div>
            </>
          )}
        </Panel>
        {selected === '' ? null : <CaseFile key={selected} id={selected} />}
      </div>
    </div>
  );
}

function NoPegs({
  running,
  searched,
  devnet,
}: {
  readonly running: boolean;
  readonly searched: boolean;
  readonly devnet: boolean;
}) {
  if (!running) return <Empty title="Not shown while the node is stopped">Start it on the overview.</Empty>;
  if (searched) return <Empty title="Nothing matches">Another spelling, or fewer filters.</Empty>;
  return (
    <Empty title="No peg operations yet">
      {devnet ? (
        <span className="stack">
          A deposit to the federation’s address begins the first one.
          <span>
            <Button kind="primary" onClick={() => ask({ kind: 'deposit' })}>
              Make a deposit…
            </Button>
          </span>
        </span>
      ) : (
        'A deposit to the federation’s address or a burn on Alys appears here at once.'
      )}
    </Empty>
  );
}
