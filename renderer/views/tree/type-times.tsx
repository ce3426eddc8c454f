import { Fragment } from 'react';
import type { ActorPanel } from '../../../electron/contract/models.ts';
import { countText, durationText } from '../../components/format.ts';

type TypeTimes = ActorPanel['times'][number];

function DurationCells({ of: { p50Us, p99Us, maxUs } }: { readonly of: TypeTimes['queueWait'] }) {
  return [p50Us, p99Us, maxUs].map((us, column) => (
    <td key={column} className="right">
      {durationText(us)}
    </td>
  ));
}

/** How long the messages of each type waited in the mailbox and were handled, since the actor was started first; by name. */
export function TypeTimesTable({ times }: { readonly times: ActorPanel['times'] }) {
  if (times.length === 0) return <span className="muted">It has handled nothing.</span>;
  return (
    <table className="table type-times">
      <thead>
        <tr>
          <th scope="col">Message type</th>
          <th scope="col">Time</th>
          <th scope="col" className="right" title="Half of them took no longer">
            p50
          </th>
          <th scope="col" className="right" title="99 of 100 took no longer">
            p99
          </th>
          <th scope="col" className="right">
            Longest
          </th>
        </tr>
      </thead>
      <tbody>
        {times
          .toSorted((a, b) => a.type.localeCompare(b.type))
          .map(({ type, count, queueWait, handling }) => (
            <Fragment key={type}>
              <tr>
                <th scope="rowgroup" className="truncate" title={type}>
                  {type}
                </th>
                <td className="secondary">Wait</td>
                <DurationCells of={queueWait} />
              </tr>
              <tr>
                <td className="muted">{countText(count)} handled</td>
                <td className="secondary">Handling</td>
                <DurationCells of={handling} />
              </tr>
            </Fragment>
          ))}
      </tbody>
    </table>
  );
}
