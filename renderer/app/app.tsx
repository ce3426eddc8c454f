import { Empty } from '../components/panel.tsx';
import { useInterface } from '../stores/interface.ts';
import { type Screen } from '../stores/route.ts';
import { useLive } from '../stores/live.ts';
import { ChainView } from '../views/chain/chain-view.tsx';
import { FlowView } from '../views/flow/flow-view.tsx';
import { LogsView } from '../views/logs/logs-view.tsx';
import { NetworkView } from '../views/network/network-view.tsx';
import { OverviewView } from '../views/overview/overview-view.tsx';
import { PegsView } from '../views/pegs/pegs-view.tsx';
import { TreeView } from '../views/tree/tree-view.tsx';
import { CommandPalette } from './command-palette.tsx';
import { useShortcuts } from './keyboard.ts';
import { Notices } from './notices.tsx';
import { Prompts } from './prompts/prompts.tsx';
import { Sidebar } from './sidebar.tsx';
import { TopBar } from './top-bar.tsx';
import { ViewBoundary } from './view-boundary.tsx';

const views: Readonly<Record<Screen, () => React.JSX.Element>> = {
  overview: OverviewView,
  tree: TreeView,
  flow: FlowView,
  pegs: PegsView,
  chain: ChainView,
  network: NetworkView,
  logs: LogsView,
};

export function App() {
  const screen = useInterface(({ route }) => route.screen);
  const connection = useLive((state) => state.connection);
  const known = useLive((state) => state.greeting !== null);
  useShortcuts();
  if (connection === 'denied') return <Denied />;
  const View = views[screen];
  return (
    <div className="shell">
      <Sidebar />
      <div className="shell-main">
        <TopBar />
        {connection === 'lost' ? (
          <div className="lost" role="alert">
            The connection to the node’s process is lost; what you see is old. It is tried again by itself. If it stays
            away, look at the terminal that runs <code>npm start</code>.
          </div>
        ) : null}
        <main className="shell-view" aria-busy={!known}>
          {known ? (
            <ViewBoundary key={screen}>
              <View />
            </ViewBoundary>
          ) : (
            <Empty title="Connecting…">The console waits for the node’s process.</Empty>
          )}
        </main>
      </div>
      <Prompts />
      <CommandPalette />
      <Notices />
    </div>
  );
}

function Denied() {
  return (
    <main className="denied">
      <Empty title="This window has no session">
        Open the whole link that the terminal printed after <code>console ready</code>. Each link opens one session:
        start the console again for another browser.
      </Empty>
    </main>
  );
}
