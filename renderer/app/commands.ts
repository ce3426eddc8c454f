import type { IconName } from '../components/icon.tsx';
import type { Overview, TreeModel } from '../../electron/contract/models.ts';
import { ask, go, setAnimate, setTheme } from '../stores/interface.ts';
import { exportLogs } from './interventions.ts';
import { canResume as mayResume } from './top-bar.tsx';
import { navigation } from './sidebar.tsx';

export interface Command {
  readonly text: string;
  readonly group: string;
  readonly icon: IconName;
  /** Pressed anywhere outside a field, it does the same. */
  readonly key?: string;
  readonly run: () => void;
}

/** Every action of the console, those that the present state allows. */
export function commandsOf(
  overview: Overview | undefined,
  tree: TreeModel | undefined,
  devnet: boolean,
): readonly Command[] {
  const running = overview?.node.running === true;
  const canResume = overview !== undefined && mayResume(overview);
  const commands: Command[] = navigation.map(({ screen, text, icon }, index) => ({
    text,
    key: String(index + 1),
    group: 'Go to',
    icon,
    run: () => go(screen),
  }));
  const add = (group: string, text: string, icon: IconName, run: () => void): void =>
    void commands.push({ group, text, icon, run });
  if (running && !canResume) add('Node', 'Emergency halt…', 'halt', () => ask({ kind: 'halt' }));
  if (canResume) add('Node', 'Resume after halt…', 'play', () => ask({ kind: 'resume' }));
  if (running) add('Node', 'Stop node…', 'stop', () => ask({ kind: 'stop' }));
  else add('Node', 'Start node…', 'play', () => ask({ kind: 'start' }));
  if (running) add('Node', 'Execution settings', 'chain', () => go('chain', 'settings'));
  add('Node', 'Export support bundle', 'export', () => void exportLogs());
  add('Node', 'Back up the store…', 'export', () => ask({ kind: 'backup' }));
  add('Node', 'Check the store…', 'search', () => ask({ kind: 'checkStore' }));
  if (devnet && running) {
    add('Devnet', 'Make a deposit…', 'pegs', () => ask({ kind: 'deposit' }));
    add('Devnet', 'Burn and withdraw…', 'pegs', () => ask({ kind: 'burn' }));
    add('Devnet', 'Mine Bitcoin blocks…', 'chain', () => ask({ kind: 'mine' }));
  }
  for (const { path, suspended } of tree?.actors.slice(0, 200) ?? []) {
    add('Actors', `Show ${path}`, 'tree', () => go('tree', path));
    add('Actors', `Restart ${path}…`, 'restart', () => ask({ kind: 'restartActor', path }));
    if (suspended) add('Actors', `Resume ${path}…`, 'play', () => ask({ kind: 'resumeActor', path }));
    else add('Actors', `Suspend ${path}…`, 'pause', () => ask({ kind: 'suspendActor', path }));
  }
  add('View', 'Light theme', 'sun', () => setTheme('light'));
  add('View', 'Dark theme', 'moon', () => setTheme('dark'));
  add('View', 'Theme of the system', 'system', () => setTheme('system'));
  add('View', 'Animate messages', 'play', () => setAnimate(true));
  add('View', 'No animation', 'pause', () => setAnimate(false));
  return commands;
}

/** Commands that hold every typed word, in their own order. */
export function searchCommands(commands: readonly Command[], text: string): readonly Command[] {
  const typed = text.toLowerCase().split(/\s+/).filter(Boolean);
  return commands.filter((command) => {
    const haystack = `${command.group} ${command.text}`.toLowerCase();
    return typed.every((word) => haystack.includes(word));
  });
}
