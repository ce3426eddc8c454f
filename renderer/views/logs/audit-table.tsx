import type { AuditTrail } from '../../../electron/contract/models.ts';
import { countText } from '../../components/format.ts';
import { Empty, Panel } from '../../components/panel.tsx';
import { Status } from '../../components/status.tsx';
import { Hash, Time } from '../../components/text.tsx';
import { useTopic } from '../../stores/live.ts';

/** Whether the chain of hashes holds from the first entry on. */
function Verdict({ verdict, shown }: { readonly verdict: AuditTrail['verdict']; readonly shown: number }) {
  if (verdict === null) return <span className="small muted">The hash chain is being verified…</span>;
  if (verdict.brokenAt !== null) {
    return (
      <Status tone="bad">{`The hash chain breaks at entry ${verdict.brokenAt}: what is there was altered`}</Status>
    );
  }
  const entries = `${countText(verdict.entries)} ${verdict.entries === 1 ? 'entry' : 'entries'}`;
  return (
    <Status tone="ok">{`Hash chain verified: ${entries}${shown < verdict.entries ? `, newest ${shown} shown` : ''}`}</Status>
  );
}

/** Every intervention: who, when, why, and the hash that chains it to the one before. */
export function AuditTable() {
  const audit = useTopic('audit', {});
  if (audit === undefined)
    return (
      <Panel>
        <Empty title="Loading…" />
      </Panel>
    );
  return (
    <Panel
      title="Audit log"
      aside={<Verdict verdict={audit.verdict} shown={audit.entries.length} />}
      flush
      className="grow"
    >
      {audit.entries.length === 0 ? (
        <Empty title="No interventions yet">Each control used here is written down with who, when and why.</Empty>
      ) : (
        <table className="table">
          <thead>
            <tr>
              <th scope="col" className="right">
                No.
              </th>
              <th scope="col">Time</th>
              <th scope="col">Who</th>
              <th scope="col">Action</th>
              <th scope="col">Reason</th>
              <th scope="col">What changed</th>
              <th scope="col">Hash</th>
            </tr>
          </thead>
          <tbody>
            {audit.entries.map((entry) => (
              <tr key={entry.sequence}>
                <td className="right">{entry.sequence}</td>
                <td>
                  <Time atMs={entry.atMs} />
                </td>
                <td>{entry.actor}</td>
                <td>
                  <b>{entry.action}</b>
                </td>
                <td className="audit-text" title={entry.reason}>
                  {entry.reason}
                </td>
                <td className="audit-text secondary" title={entry.detail}>
                  {entry.detail}
                </td>
                <td>
                  <Hash value={entry.hash} label="entry hash" head={8} tail={6} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Panel>
  );
}
