import { canResume, healthIcons, healthTone, healthWords } from '../../app/top-bar.tsx';
import { Button } from '../../components/button.tsx';
import { Icon } from '../../components/icon.tsx';
import { Ago } from '../../components/text.tsx';
import type { Overview } from '../../../electron/contract/models.ts';
import { ask } from '../../stores/interface.ts';
import { type Screen, hrefOf } from '../../stores/route.ts';

const screenOf = (screen: Overview['health']['reasons'][number]['screen']): Screen =>
  screen === 'governance' ? 'network' : screen;

/** What fits without hiding the rest of the screen: the worst come first. */
const MAX_REASONS = 3;

/** The one line of truth, why, and what can be done about it. */
export function HealthPanel({ overview }: { readonly overview: Overview }) {
  const { health, node } = overview;
  return (
    <section className={`health ${healthTone(overview)}`} aria-label="Health">
      <span className="health-mark">
        <Icon name={healthIcons[health.level]} />
      </span>
      <div className="grow stack">
        <div>
          <h1>{healthWords[health.level]}</h1>
          {health.reasons.length > 0 ? null : <p className="secondary">{health.headline}</p>}
        </div>
        {health.reasons.length > 0 ? (
          <ul className="stack health-reasons">
            {health.reasons.slice(0, MAX_REASONS).map(({ severity, text, risk, action, sinceMs, screen }) => (
              <li key={text}>
                <span className={`status ${severity === 'critical' ? 'bad' : 'warn'}`}>
                  <Icon name={severity === 'critical' ? 'halt' : 'warn'} />
                </span>
                <span>
                  <b>{text}</b> {risk}
                  {sinceMs === null ? null : (
                    <span className="muted">
                      {' '}
                      <Ago atMs={sinceMs} /> ago.
                    </span>
                  )}
                  <br />
                  <span className="secondary">{action}</span> <a href={hrefOf(screenOf(screen))}>Show</a>
                </span>
              </li>
            ))}
            {health.reasons.length > MAX_REASONS ? (
              <li className="secondary">And {health.reasons.length - MAX_REASONS} more of less weight.</li>
            ) : null}
          </ul>
        ) : null}
      </div>
      <div className="stack health-controls">
        <div className="row">
          {canResume(overview) ? (
            <Button kind="primary" icon="play" onClick={() => ask({ kind: 'resume' })}>
              Resume…
            </Button>
          ) : null}
          {overview.frozen ? (
            <Button kind="primary" onClick={() => ask({ kind: 'endFreeze' })}>
              End freeze…
            </Button>
          ) : null}
          {node.running ? (
            <Button icon="stop" onClick={() => ask({ kind: 'stop' })}>
              Stop node…
            </Button>
          ) : (
            <Button kind="primary" icon="play" onClick={() => ask({ kind: 'start' })}>
              Start node…
            </Button>
          )}
        </div>
        {node.startedAtMs === null ? null : (
          <span className="small muted right">
            up <Ago atMs={node.startedAtMs} />
          </span>
        )}
      </div>
    </section>
  );
}
