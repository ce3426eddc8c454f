import { Empty, Panel } from '../../components/panel.tsx';
import { go, useInterface } from '../../stores/interface.ts';
import { useTopic } from '../../stores/live.ts';
import { ActorDetail } from './actor-detail.tsx';
import { ActorTable } from './actor-table.tsx';
import { ChangeList } from './change-list.tsx';
import './tree.css';

export function TreeView() {
  const tree = useTopic('tree', {});
  const selected = useInterface(({ route }) => route.item);
  if (tree === undefined) return <Empty title="Loading…" />;
  if (tree.actors.length === 0) return <Empty title="No actors">The node is stopped. Start it on the overview.</Empty>;
  return (
    <div className={selected === '' ? 'split screen' : 'split tree-split screen'}>
      <div className="screen">
        <Panel
          title="Supervision tree"
          aside={<span className="small muted">{tree.actors.length} actors</span>}
          flush
          className="grow"
        >
          <ActorTable
            actors={tree.actors}
            selected={selected}
            onSelect={(path) => go('tree', path === selected ? '' : path)}
          />
        </Panel>
        <ChangeList changes={tree.changes} />
      </div>
      {selected === '' ? null : <ActorDetail key={selected} path={selected} />}
    </div>
  );
}
