import { useMemo } from 'react';
import type { MachinePicture } from '../../electron/contract/record.ts';
import { layoutMachine } from './machine-layout.ts';
import { words } from './format.ts';

/** A state machine as it is declared, with the current state lit and what may happen next named. */
export function MachineDiagram({
  machine,
  current,
  visited = [],
}: {
  readonly machine: MachinePicture;
  readonly current: string | null;
  readonly visited?: readonly string[];
}) {
  const layout = useMemo(() => layoutMachine(machine), [machine]);
  const seen = new Set(visited);
  const next = machine.arrows.filter(({ from }) => from === current);
  return (
    <figure className="machine">
      <svg
        viewBox={`0 0 ${layout.width} ${layout.height}`}
        width={layout.width}
        height={layout.height}
        role="img"
        aria-label={`${machine.id}: ${current ?? 'no state'}`}
      >
        <defs>
          <marker
            id="machine-head"
            viewBox="0 0 8 8"
            refX="7"
            refY="4"
            markerWidth="7"
            markerHeight="7"
            orient="auto-start-reverse"
          >
            <path d="M0 1 7 4 0 7" className="machine-head" />
          </marker>
        </defs>
        {layout.arrows.map(({ from, to, path, events }) => (
          <path
            key={`${from} ${to}`}
            d={path}
            className={from === current ? 'machine-arrow next' : 'machine-arrow'}
            markerEnd="url(#machine-head)"
          >
            <title>{`${from} to ${to}: ${events.join(', ')}`}</title>
          </path>
        ))}
        {layout.states.map(({ name, x, y, width, height, final }) => (
          <g
            key={name}
            className={`machine-state${name === current ? ' current' : ''}${seen.has(name) ? ' visited' : ''}${final ? ' final' : ''}`}
          >
            <rect x={x} y={y} width={width} height={height} rx={6} />
            <text x={x + width / 2} y={y + height / 2 + 4} textAnchor="middle">
              {words(name)}
            </text>
          </g>
        ))}
      </svg>
      {next.length > 0 ? (
        <figcaption className="small secondary">
          {next.map(({ event, to }) => (
            <span key={event} className="machine-next">
              {words(event)} → <b>{words(to)}</b>
            </span>
          ))}
        </figcaption>
      ) : null}
    </figure>
  );
}
