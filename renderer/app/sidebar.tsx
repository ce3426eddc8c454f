import { Icon, type IconName } from '../components/icon.tsx';
import { Segmented } from '../components/segmented.tsx';
import { type Theme, setTheme, useInterface } from '../stores/interface.ts';
import { type Screen, hrefOf } from '../stores/route.ts';
import { useLive } from '../stores/live.ts';

export const navigation: readonly { readonly screen: Screen; readonly text: string; readonly icon: IconName }[] = [
  { screen: 'overview', text: 'Overview', icon: 'overview' },
  { screen: 'tree', text: 'Supervision tree', icon: 'tree' },
  { screen: 'flow', text: 'Message flow', icon: 'flow' },
  { screen: 'pegs', text: 'Pegs', icon: 'pegs' },
  { screen: 'chain', text: 'Chain', icon: 'chain' },
  { screen: 'network', text: 'Network & governance', icon: 'network' },
  { screen: 'logs', text: 'Logs & audit', icon: 'logs' },
];

const themes: readonly (readonly [Theme, string])[] = [
  ['system', 'Auto'],
  ['light', 'Light'],
  ['dark', 'Dark'],
];

export function Sidebar() {
  const current = useInterface(({ route }) => route.screen);
  const theme = useInterface((state) => state.theme);
  const greeting = useLive((state) => state.greeting);
  return (
    <nav className="sidebar" aria-label="Screens">
      <div className="brand">
        <svg viewBox="0 0 512 512" width="24" height="24" aria-hidden="true">
          <path
            d="M96 388 256 84l160 304"
            fill="none"
            stroke="currentColor"
            strokeWidth="52"
            strokeLinecap="round"
            strokeLinejoin="round"
          />
          <path d="M166 304h180" fill="none" stroke="var(--ok)" strokeWidth="52" strokeLinecap="round" />
        </svg>
        <div className="stack brand-text">
          <strong className="truncate">{greeting?.nodeName ?? 'Alys'}</strong>
          <span className="small muted truncate">
            {greeting === null ? 'Console' : `${greeting.networkName} · chain ${greeting.chainId}`}
          </span>
        </div>
      </div>
      <ul className="nav">
        {navigation.map(({ screen, text, icon }, index) => (
          <li key={screen}>
            <a
              href={hrefOf(screen)}
              className="nav-item"
              aria-current={screen === current ? 'page' : undefined}
              aria-keyshortcuts={String(index + 1)}
              title={`${text} (key ${index + 1})`}
            >
              <Icon name={icon} />
              <span className="grow truncate">{text}</span>
            </a>
          </li>
        ))}
      </ul>
      <footer className="sidebar-foot">
        <Segmented label="Theme" options={themes} value={theme} onChange={setTheme} />
        <span className="small muted">Alys Console {greeting?.version ?? ''}</span>
      </footer>
    </nav>
  );
}
