import { btcText, shorten } from '../../components/format.ts';
import { Empty, Panel } from '../../components/panel.tsx';
import { PegState } from '../../components/status.tsx';
import { Ago } from '../../components/text.tsx';
import { hrefOf } from '../../stores/route.ts';
import { useTopic } from '../../stores/live.ts';
import { pegKey } from '../pegs/peg-row.tsx';

const SHOWN = 16;

/** The newest peg operations. */
export function ActivityPanel({ running }: { readonly running: boolean }) {
  const table = useTopic('pegs', { search: '', kind: 'all', status: 'all', offset: 0, limit: SHOWN });
  return (
    <Panel
      title="Peg operations"
      aside={
        <a className="small secondary" href={hrefOf('pegs')}>
          All{table === undefined || !running ? '' : ` ${table.total}`}
        </a>
      }
      flush
    >
      {table === undefined || table.rows.length === 0 ? (
        <Empty title={running ? 'No operations yet' : 'Not shown while the node is stopped'}>
          {running
            ? 'A deposit to the federation or a burn on Alys appears here with its first block.'
            : 'They are kept in its database and go on when it starts.'}
        </Empty>
      ) : (
        <ul>
          {table.rows.map((row) => (
            <li key={row.id}>
              <a className="grid-row activity" href={hrefOf('pegs', row.id)}>
                <span className="badge">{row.kind === 'pegIn' ? 'In' : 'Out'}</span>
                <span className="mono" title={row.id}>
                  {shorten(pegKey(row), 6, 2)}
                </span>
                <span className="right">{btcText(row.amountSats)}</span>
                <PegState state={row.state} terminal={row.terminal} rejection={row.rejection} late={false} />
                <span className="muted right">
                  <Ago atMs={row.updatedAtMs} />
                </span>
              </a>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}
