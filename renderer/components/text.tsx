import { useState } from 'react';
import { useNow } from './clock.ts';
import { agoText, btcText, clockText, dateText, satText, shorten } from './format.ts';
import { Icon } from './icon.tsx';

const COPIED_MS = 1200;

export function CopyButton({ text, label }: { readonly text: string; readonly label: string }) {
  const [copied, setCopied] = useState(false);
  return (
    <button
      type="button"
      className="copy"
      aria-label={copied ? 'Copied' : `Copy ${label}`}
      title={copied ? 'Copied' : `Copy ${label}`}
      onClick={(event) => {
        event.stopPropagation();
        void navigator.clipboard.writeText(text).then(() => {
          setCopied(true);
          setTimeout(() => setCopied(false), COPIED_MS);
        });
      }}
    >
      <Icon name={copied ? 'check' : 'copy'} />
    </button>
  );
}

/** A hash or an address: shortened, whole on hover, copied by a click. */
export function Hash({
  value,
  label,
  head,
  tail,
}: {
  readonly value: string;
  readonly label: string;
  readonly head?: number;
  readonly tail?: number;
}) {
  return (
    <span className="hash">
      <span className="mono truncate" title={value}>
        {shorten(value, head, tail)}
      </span>
      <CopyButton text={value} label={label} />
    </span>
  );
}

/** An amount in BTC and in sat. */
export function Amount({ sats, stacked = false }: { readonly sats: string; readonly stacked?: boolean }) {
  return (
    <span className={stacked ? 'amount stacked' : 'amount'}>
      <span>{btcText(sats)} BTC</span>
      <span className="muted small">{satText(sats)} sat</span>
    </span>
  );
}

/** A local time; UTC on hover. */
export function Time({ atMs, precise = false }: { readonly atMs: number; readonly precise?: boolean }) {
  return (
    <time dateTime={new Date(atMs).toISOString()} title={`${new Date(atMs).toISOString()} (UTC)`}>
      {precise ? clockText(atMs) : dateText(atMs)}
    </time>
  );
}

export function Ago({ atMs }: { readonly atMs: number }) {
  const now = useNow();
  return (
    <time
      dateTime={new Date(atMs).toISOString()}
      title={`${dateText(atMs)} local, ${new Date(atMs).toISOString()} UTC`}
    >
      {agoText(now - atMs)}
    </time>
  );
}
