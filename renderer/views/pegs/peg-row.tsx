import type { PegRow as Row } from '../../../electron/contract/peg-models.ts';
import { useNow } from '../../components/clock.ts';
import { btcText, shorten } from '../../components/format.ts';
import { Meter } from '../../components/panel.tsx';
import { PegState } from '../../components/status.tsx';
import { Ago } from '../../components/text.tsx';
import { hrefOf } from '../../stores/route.ts';

/** What an operation is known by outside: the deposit's txid, the burn's hash. */
export const pegKey = (row: Row): string => (row.kind === 'pegIn' ? (row.txid ?? row.id) : (row.evmTxHash ?? row.id));

export function PegHead({ compact }: { readonly compact: boolean }) {
  return (
    <div className={compact ? 'grid-head peg-grid compact' : 'grid-head peg-grid'}>
      <span>Kind</span>
      <span>Operation</span>
      <span className="right">Amount, BTC</span>
      <span>State</span>
      {compact ? null : (
        <>
          <span>Confirmations</span>
          <span>Members</span>
          <span>Waits for</span>
        </>
      )}
      <span className="right">Changed</span>
    </div>
  );
}

export function PegRow({
  row,
  selected,
  compact,
}: {
  readonly row: Row;
  readonly selected: boolean;
  readonly compact: boolean;
}) {
  const now = useNow();
  const late = !row.terminal && row.deadlineMs !== null && row.deadlineMs < now;
  return (
    <a
      className={compact ? 'grid-row peg-grid compact' : 'grid-row peg-grid'}
      href={hrefOf('pegs', selected ? '' : row.id)}
      aria-current={selected ? 'true' : undefined}
    >
      <span>
        <span className="badge">{row.kind === 'pegIn' ? 'Peg-in' : 'Peg-out'}</span>
      </span>
      <span className="mono" title={row.id}>
        {shorten(pegKey(row), 8, compact ? 4 : 6)}
      </span>
      <span className="right">{btcText(row.amountSats)}</span>
      <PegState state={row.state} terminal={row.terminal} rejection={row.rejection} late={late} />
      {compact ? null : (
        <>
          <span className="row">
            <Meter
              value={row.confirmations}
              max={row.confirmationsRequired}
              label="Confirmations"
              tone={row.confirmations >= row.confirmationsRequired ? 'ok' : 'idle'}
            />
            {Math.min(row.confirmations, 999)} / {row.confirmationsRequired}
          </span>
          <span>
            {row.answered} / {row.threshold}
          </span>
          <span className="secondary" title={row.rejection ?? row.blocker ?? undefined}>
            {row.rejection ?? row.blocker ?? ''}
          </span>
        </>
      )}
      <span className="right muted">
        <Ago atMs={row.updatedAtMs} />
      </span>
    </a>
  );
}
