import type { ReactNode } from 'react';
import type { Tone } from './status.tsx';

export function Panel({
  title,
  aside,
  children,
  flush = false,
  tone,
  className = '',
}: {
  readonly title?: ReactNode;
  readonly aside?: ReactNode;
  readonly children: ReactNode;
  readonly flush?: boolean;
  readonly tone?: Tone;
  readonly className?: string;
}) {
  return (
    <section className={`panel ${tone ?? ''} ${className}`}>
      {title === undefined ? null : (
        <header className="panel-head">
          <h2 className="truncate">{title}</h2>
          {aside === undefined ? null : <div className="row end">{aside}</div>}
        </header>
      )}
      <div className={flush ? 'panel-body flush' : 'panel-body'}>{children}</div>
    </section>
  );
}

/** One fact: its name over its value. */
export function Fact({
  name,
  children,
  title,
}: {
  readonly name: string;
  readonly children: ReactNode;
  readonly title?: string;
}) {
  return (
    <div className="fact" title={title}>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

/** Nothing to show, why, and what to do. */
export function Empty({ title, children }: { readonly title: string; readonly children?: ReactNode }) {
  return (
    <div className="empty" role="status">
      <strong>{title}</strong>
      {children === undefined ? null : <span className="secondary">{children}</span>}
    </div>
  );
}

/** A share of a bound as a bar, with its numbers for who can't see it. */
export function Meter({
  value,
  max,
  label,
  tone = 'idle',
}: {
  readonly value: number;
  readonly max: number;
  readonly label: string;
  readonly tone?: Tone;
}) {
  const share = max > 0 ? Math.min(1, value / max) : 0;
  return (
    <span
      className={`meter ${tone}`}
      role="meter"
      aria-label={label}
      aria-valuenow={value}
      aria-valuemin={0}
      aria-valuemax={max}
      title={`${label}: ${value} of ${max}`}
    >
      <span style={{ width: `${share * 100}%` }} />
    </span>
  );
}
