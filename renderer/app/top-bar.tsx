import type { Overview } from '../../electron/contract/models.ts';
import { Button, HoldButton } from '../components/button.tsx';
import { countText } from '../components/format.ts';
import { Icon, type IconName } from '../components/icon.tsx';
import type { Tone } from '../components/status.tsx';
import { ask, showPalette } from '../stores/interface.ts';
import { hrefOf } from '../stores/route.ts';
import { useLive, useTopic } from '../stores/live.ts';
import { haltNow } from './interventions.ts';

type Level = Overview['health']['level'];
const tones: Readonly<Record<Level, Tone>> = { healthy: 'ok', degraded: 'warn', halted: 'bad', stopped: 'idle' };
/** Red as soon as anything is critical. */
export const healthTone = ({ health }: Overview): Tone =>
  health.reasons.some(({ severity }) => severity === 'critical') ? 'bad' : tones[health.level];
/** Whether there is a halt that the operator may end: governance’s ends by its own quorum. */
export const canResume = ({ haltCauses }: Overview): boolean => haltCauses.some(({ source }) => source === 'operator');
export const healthIcons: Readonly<Record<Level, IconName>> = {
  healthy: 'check',
  degraded: 'warn',
  halted: 'halt',
  stopped: 'stop',
};
export const healthWords: Readonly<Record<Level, string>> = {
  healthy: 'Healthy',
  degraded: 'Degraded',
  halted: 'Halted',
  stopped: 'Stopped',
};

/** On every screen: how it stands, and the one action that must never be more than a hold away. */
export function TopBar() {
  const overview = useTopic('overview', {});
  const connection = useLive((state) => state.connection);
  const level = overview?.health.level;
  return (
    <header className="top-bar">
      {overview === undefined || level === undefined ? (
        <span className="muted grow">…</span>
      ) : (
        <a href={hrefOf('overview')} className={`health-pill ${healthTone(overview)}`} title={overview.health.headline}>
          <Icon name={healthIcons[level]} />
          <strong>{healthWords[level]}</strong>
          <span className="truncate secondary">{overview.health.headline}</span>
        </a>
      )}
      <dl className="top-facts">
        <TopFact name="Slot" value={overview?.slots ? countText(overview.slots.slot) : '–'} />
        <TopFact name="Head" value={overview?.head ? countText(overview.head.height) : '–'} />
        <TopFact name="Final" value={overview?.finalized ? countText(overview.finalized.height) : '–'} />
        <TopFact name="Bitcoin" value={overview?.bitcoin ? countText(overview.bitcoin.height) : '–'} />
      </dl>
      <Button kind="quiet" icon="search" onClick={() => showPalette(true)} label="Command palette (Ctrl K)">
        <kbd className="kbd">Ctrl K</kbd>
      </Button>
      {overview !== undefined && canResume(overview) ? (
        <Button icon="play" onClick={() => ask({ kind: 'resume' })}>
          Resume…
        </Button>
      ) : (
        <HoldButton icon="halt" onHeld={haltNow} disabled={connection !== 'open' || !overview?.node.running}>
          Emergency halt
        </HoldButton>
      )}
    </header>
  );
}

function TopFact({ name, value }: { readonly name: string; readonly value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}
