import { Empty } from '../../components/panel.tsx';
import { useLive, useTopic } from '../../stores/live.ts';
import { ActivityPanel } from './activity-panel.tsx';
import { DevnetPanel } from './devnet-panel.tsx';
import { HealthPanel } from './health-panel.tsx';
import './overview.css';
import { ReservePanel } from './reserve-panel.tsx';
import { SlotPanel } from './slot-panel.tsx';
import { VitalTiles } from './vital-tiles.tsx';

export function OverviewView() {
  const overview = useTopic('overview', {});
  const devnet = useLive((state) => state.greeting?.devnet === true);
  if (overview === undefined) return <Empty title="Loading…" />;
  return (
    <div className="overview">
      <HealthPanel overview={overview} />
      <SlotPanel slots={overview.slots} />
      <VitalTiles overview={overview} />
      <div className={devnet ? 'overview-lower with-devnet' : 'overview-lower'}>
        <ReservePanel overview={overview} />
        <ActivityPanel running={overview.node.running} />
        {devnet ? <DevnetPanel running={overview.node.running} /> : null}
      </div>
    </div>
  );
}
