import { healthIcons, healthTones, healthWords } from '../../app/top-bar.tsx';
import { Button } from '../../components/button.tsx';
import { Icon } from '../../components/icon.tsx';
import { Ago } from '../../components/text.tsx';
import type { Overview } from '../../../electron/contract/models.ts';
import { ask } from '../../stores/interface.ts';
import { type Screen, hrefOf } from '../../stores/route.ts';

const screenOf = (screen: Overview['health']['reasons'][number]['screen']): Screen =>
  screen === 'governance' ? 'network' : screen;

/** The one line of truth, why, and what can be done about it. */
export function HealthPanel({ overview: { health, node, haltCauses } }: { readonly overview: Overview }) {
  return (
    <section className={`health ${healthTones[health.level]}`} aria-label="Health">
      <span className="health-mark">
        <Icon name={healthIcons[health.level]} />
      </span>
      <div className="grow stack">
        <div>
          <h1>{healthWords[health.level]}</h1>
          {haltCauses.length + health.reasons.length > 0 ? null : <p className="secondary">{health.headline}</p>}
        </div>
        {haltCauses.length + health.reasons.length > 0 ? (
          <ul className="stack health-reasons">
            {haltCauses.map(({ source, reason, sinceMs }) => (
              <li key={`${source} ${sinceMs}`}>
                <span>
                  Halted by {source} <Ago atMs={sinceMs} /> ago: <b>{reason}</b>. Nothing is proposed, voted for or
                  signed.
                </span>
              </li>
            ))}
            {health.reasons.map(({ severity, text, action, screen }) => (
              <li key={text}>
                <span className={`status ${severity === 'critical' ? 'bad' : 'warn'}`}>
                  <Icon name={severity === 'critical' ? 'halt' : 'warn'} />
                </span>
                <span>
                  {text} <span className="secondary">{action}</span> <a href={hrefOf(screenOf(screen))}>Show</a>
                </span>
              </li>
            ))}
          </ul>
        ) : null}
      </div>
      <div className="stack health-controls">
        <div className="row">
          {health.level === 'halted' ? (
            <Button kind="primary" icon="play" onClick={() => ask({ kind: 'resume' })}>
              Resume…
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
