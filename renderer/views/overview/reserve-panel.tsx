import type { Overview } from '../../../electron/contract/models.ts';
import { btcText, satText } from '../../components/format.ts';
import { Empty, Panel } from '../../components/panel.tsx';
import { Status } from '../../components/status.tsx';

/** What is locked on Bitcoin against what is owed, both at one depth. */
export function ReservePanel({ overview: { node, reserve, reserveHistory } }: { readonly overview: Overview }) {
  if (reserve === null) {
    return (
      <Panel title="Reserve">
        <Empty title={node.running ? 'Not computed yet' : 'Not computed while the node is stopped'}>
          It is computed at each final block and each Bitcoin tip.
        </Empty>
      </Panel>
    );
  }
  const short = reserve.surplusSats.startsWith('-');
  const owed = [
    ['Circulating on Alys', reserve.supplySats, 'supply'],
    ['Burns not yet paid', reserve.burnsUnpaidSats, 'burns'],
    ['Deposits not yet minted', reserve.depositsUnmintedSats, 'deposits'],
    ['Rejected, not returned', reserve.rejectedUnreturnedSats, 'rejected'],
  ] as const;
  const scale = Math.max(Number(reserve.reserveSats), Number(reserve.liabilitiesSats), 1);
  const share = (sats: string): string => `${(Number(sats) / scale) * 100}%`;
  return (
    <Panel
      title="Reserve"
      aside={
        short ? (
          <Status tone="bad">{`Short by ${satText(reserve.surplusSats.slice(1))} sat`}</Status>
        ) : (
          <Status tone="ok">
            {reserve.surplusSats === '0' ? 'Covered to the sat' : `Covered, ${satText(reserve.surplusSats)} sat over`}
          </Status>
        )
      }
    >
      <div className="stack reserve">
        <div className="reserve-line">
          <span>Locked on Bitcoin</span>
          <span className="right">{btcText(reserve.reserveSats)} BTC</span>
          <span className="bar">
            <i className="locked" style={{ width: share(reserve.reserveSats) }} />
          </span>
        </div>
        <div className="reserve-line">
          <span>Owed</span>
          <span className="right">{btcText(reserve.liabilitiesSats)} BTC</span>
          <span className="bar">
            {owed.map(([name, sats, kind]) => (
              <i key={kind} className={kind} style={{ width: share(sats) }} title={`${name}: ${btcText(sats)} BTC`} />
            ))}
          </span>
        </div>
        <dl className="reserve-parts small">
          {owed.map(([name, sats, kind]) => (
            <div key={kind}>
              <dt className="row">
                <i className={`part-key ${kind}`} />
                {name}
              </dt>
              <dd>{btcText(sats)}</dd>
            </div>
          ))}
        </dl>
        <History samples={reserveHistory} />
        <p className="small muted">
          At Bitcoin height {reserve.atBitcoinHeight} and block {reserve.atBlockHeight}.
        </p>
      </div>
    </Panel>
  );
}

const WIDTH = 400;
const HEIGHT = 56;

function History({ samples }: { readonly samples: Overview['reserveHistory'] }) {
  const first = samples[0];
  const last = samples.at(-1);
  if (first === undefined || last === undefined || last.atMs === first.atMs) return null;
  const most = Math.max(
    ...samples.map(({ reserveSats, liabilitiesSats }) => Math.max(Number(reserveSats), Number(liabilitiesSats))),
    1,
  );
  const line = (pick: (sample: (typeof samples)[number]) => string): string =>
    samples
      .map((sample, index) => {
        const x = ((sample.atMs - first.atMs) / (last.atMs - first.atMs)) * WIDTH;
        const y = HEIGHT - 2 - (Number(pick(sample)) / most) * (HEIGHT - 6);
        // Amounts change in steps: a slope between two would show what never was.
        return index === 0 ? `M${x.toFixed(1)} ${y.toFixed(1)}` : `H${x.toFixed(1)} V${y.toFixed(1)}`;
      })
      .join(' ');
  const minutes = Math.round((last.atMs - first.atMs) / 60_000);
  return (
    <svg
      className="reserve-history"
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={`Reserve and liabilities over the last ${minutes} minutes`}
    >
      <path className="history-reserve" d={line(({ reserveSats }) => reserveSats)} />
      <path className="history-owed" d={line(({ liabilitiesSats }) => liabilitiesSats)} />
    </svg>
  );
}
