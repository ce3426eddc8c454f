import type { ActorRow } from '../../../electron/contract/record.ts';
import { countText, durationText, shortPath, words } from '../../components/format.ts';
import { Meter } from '../../components/panel.tsx';
import { Lifecycle } from '../../components/status.tsx';

const INDENT = 20;
const leafOf = (path: string): string => shortPath(path.slice(path.lastIndexOf('/') + 1));

function depthOf(actor: ActorRow, byPath: ReadonlyMap<string, ActorRow>): number {
  let depth = 0;
  for (let parent = actor.parent; parent !== null && depth < 16; parent = byPath.get(parent)?.parent ?? null)
    depth += 1;
  return depth;
}

/** Children under their parents, siblings in the order in which they were started. */
function inTreeOrder(actors: readonly ActorRow[]): readonly ActorRow[] {
  const children = Map.groupBy(actors, ({ parent }) => parent);
  const walk = (parent: string | null): readonly ActorRow[] =>
    (children.get(parent) ?? []).flatMap((actor) => [actor, ...walk(actor.path)]);
  return walk(null);
}

interface ActorTableProps {
  readonly actors: readonly ActorRow[];
  readonly selected: string;
  readonly onSelect: (path: string) => void;
}

export function ActorTable({ actors, selected, onSelect }: ActorTableProps) {
  const byPath = new Map(actors.map((actor) => [actor.path, actor]));
  return (
    <table className="table">
      <thead>
        <tr>
          <th scope="col">Actor</th>
          <th scope="col">State</th>
          <th scope="col" className="beside">
            Doing
          </th>
          <th scope="col" className="right">
            Mailbox
          </th>
          <th scope="col" className="right beside" title="99th percentile of the wait in the mailbox">
            Wait p99
          </th>
          <th scope="col" className="right beside" title="99th percentile of the handling time">
            Handling p99
          </th>
          <th scope="col" className="right">
            Messages/s
          </th>
          <th scope="col" className="right" title="Restarts, and the generation that runs">
            Restarts
          </th>
        </tr>
      </thead>
      <tbody>
        {inTreeOrder(actors).map((actor) => (
          <tr
            key={actor.path}
            className="clickable"
            aria-selected={actor.path === selected}
            onClick={() => onSelect(actor.path)}
          >
            <td>
              <button
                type="button"
                className="tree-name"
                style={{ paddingLeft: depthOf(actor, byPath) * INDENT }}
                title={actor.path}
              >
                {leafOf(actor.path)}
              </button>
            </td>
            <td>
              <Lifecycle state={actor.lifecycle} suspended={actor.suspended} />
            </td>
            <td className="secondary beside">{actor.machineState === null ? '' : words(actor.machineState)}</td>
            <td>
              <span
                className="row mailbox"
                title={`${actor.mailbox.depth} of ${actor.mailbox.bound} (${actor.mailbox.overflow}), at most ${actor.mailbox.highWater}`}
              >
                <Meter
                  value={actor.mailbox.depth}
                  max={actor.mailbox.bound}
                  label={`Mailbox of ${actor.path}`}
                  tone={actor.mailbox.depth >= actor.mailbox.bound * 0.8 ? 'bad' : 'idle'}
                />
                <span className="mailbox-depth">{countText(actor.mailbox.depth)}</span>
              </span>
            </td>
            <td className="right beside">{durationText(actor.queueWait.p99Us)}</td>
            <td className="right beside">{durationText(actor.handling.p99Us)}</td>
            <td className="right">{actor.messagesPerSecond.toFixed(1)}</td>
            <td className="right">
              {actor.restarts} <span className="muted">g{actor.generation}</span>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
