import type { TreeModel } from '../../../electron/contract/models.ts';
import { shortPath } from '../../components/format.ts';
import { Empty, Panel } from '../../components/panel.tsx';
import { Lifecycle } from '../../components/status.tsx';
import { Time } from '../../components/text.tsx';

/** Starts, crashes and restarts as they happened. */
export function ChangeList({ changes }: { readonly changes: TreeModel['changes'] }) {
  return (
    <Panel title="Changes" flush className="changes">
      {changes.length === 0 ? (
        <Empty title="No changes since the console began to read" />
      ) : (
        <ul>
          {changes.map(({ seq, atMs, path, to, generation, reason }) => (
            <li key={`${seq} ${path} ${to} ${generation}`} className="grid-row change">
              <span className="muted">
                <Time atMs={atMs} precise />
              </span>
              <span title={path}>{shortPath(path)}</span>
              <Lifecycle state={to} suspended={false} />
              <span className="secondary" title={reason ?? undefined}>
                {reason ?? `generation ${generation}`}
              </span>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}
