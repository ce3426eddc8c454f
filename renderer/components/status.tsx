import type { LifecycleState } from '../../electron/contract/record.ts';
import { words } from './format.ts';
import { Icon, type IconName } from './icon.tsx';

export type Tone = 'ok' | 'warn' | 'bad' | 'info' | 'idle';

const ICONS: Readonly<Record<Tone, IconName>> = {
  ok: 'check',
  warn: 'warn',
  bad: 'halt',
  info: 'restart',
  idle: 'ring',
};

/** A state in a colour, a form and a word. */
export function Status({
  tone,
  children,
  icon,
}: {
  readonly tone: Tone;
  readonly children: string;
  readonly icon?: IconName;
}) {
  return (
    <span className={`status ${tone}`}>
      <Icon name={icon ?? ICONS[tone]} />
      <span className="truncate">{children}</span>
    </span>
  );
}

const LIFECYCLE_TONES: Readonly<Record<LifecycleState, Tone>> = {
  Initializing: 'info',
  Running: 'ok',
  Failed: 'bad',
  Restarting: 'warn',
  Stopping: 'idle',
  Terminated: 'idle',
};

export function Lifecycle({ state, suspended }: { readonly state: LifecycleState; readonly suspended: boolean }) {
  if (suspended) return <Status tone="warn" icon="pause">{`${state}, suspended`}</Status>;
  return <Status tone={LIFECYCLE_TONES[state]}>{state}</Status>;
}

export function PegState({
  state,
  terminal,
  rejection,
  late,
}: {
  readonly state: string;
  readonly terminal: boolean;
  readonly rejection: string | null;
  readonly late: boolean;
}) {
  if (rejection !== null)
    return (
      <Status tone="bad" icon="cross">
        {words(state)}
      </Status>
    );
  if (terminal) return <Status tone="ok">{words(state)}</Status>;
  return (
    <Status tone={late ? 'warn' : 'info'} icon={late ? 'warn' : 'arrow'}>
      {words(state)}
    </Status>
  );
}
