import type { ReactNode } from 'react';
import type { Overview } from '../../../electron/contract/models.ts';
import { btcText, countText } from '../../components/format.ts';
import { Status } from '../../components/status.tsx';
import { Hash } from '../../components/text.tsx';
import { type Screen, hrefOf } from '../../stores/route.ts';

const links = {
  connecting: 'Connecting',
  connected: 'Connected',
  waiting: 'Down',
  circuitOpen: 'Circuit open',
} as const;

/** What is looked at first: each tile a number, its context, and a way to its screen. */
export function VitalTiles({
  overview: { node, head, finalized, bitcoin, peers, governance, pegs, slots, actors },
}: {
  readonly overview: Overview;
}) {
  const behind = head !== null && finalized !== null ? head.height - finalized.height : null;
  /** Why there is no number. */
  const none = (starting: string): string => (node.running ? starting : 'node is stopped');
  return (
    <div className="tiles">
      <Tile name="Head" screen="chain" value={head === null ? null : countText(head.height)}>
        {head === null ? none('no block yet') : <Hash value={head.root} label="block root" head={8} tail={4} />}
      </Tile>
      <Tile name="Finalized" screen="chain" value={finalized === null ? null : countText(finalized.height)}>
        {behind === null ? none('nothing final yet') : `${behind} behind the head`}
      </Tile>
      <Tile name="Bitcoin tip" screen="pegs" value={bitcoin === null ? null : countText(bitcoin.height)}>
        {bitcoin === null
          ? none('not reached yet')
          : bitcoin.scannedHeight === bitcoin.height
            ? 'scanned to the tip'
            : `scanned to ${bitcoin.scannedHeight ?? 'nothing'}`}
      </Tile>
      <Tile name="Peers" screen="network" value={peers === null ? null : `${peers.connected} / ${peers.expected}`}>
        {peers === null ? (
          none('network starts')
        ) : peers.connected >= peers.expected ? (
          <Status tone="ok">All connected</Status>
        ) : (
          <Status tone="warn">Some are missing</Status>
        )}
      </Tile>
      <Tile name="Governance" screen="network" value={governance === null ? null : links[governance.link]}>
        {governance === null ? (
          none('link starts')
        ) : governance.link === 'connected' ? (
          <Status tone="ok">
            {governance.roundTripMs === null
              ? `${governance.members} members`
              : `${governance.members} members, ${Math.round(governance.roundTripMs)} ms`}
          </Status>
        ) : (
          <Status tone="warn">{`${governance.failures} failed tries`}</Status>
        )}
      </Tile>
      <Tile
        name="Pegs in flight"
        screen="pegs"
        value={pegs === null ? null : String(pegs.pegInsPending + pegs.pegOutsPending)}
      >
        {pegs === null ? none('bridge starts') : `${btcText(pegs.pendingSats)} BTC`}
      </Tile>
      <Tile
        name="Actors running"
        screen="tree"
        value={slots === null && actors.total === 0 ? null : `${actors.running} / ${actors.total}`}
      >
        {node.running ? `${countText(actors.messagesPerSecond)} messages/s` : none('')}
      </Tile>
    </div>
  );
}

function Tile({
  name,
  value,
  screen,
  children,
}: {
  readonly name: string;
  readonly value: string | null;
  readonly screen: Screen;
  readonly children: ReactNode;
}) {
  return (
    <section className="tile">
      <h3>
        <a href={hrefOf(screen)}>{name}</a>
      </h3>
      <p className="tile-value truncate">{value ?? '–'}</p>
      <div className="small secondary truncate">{children}</div>
    </section>
  );
}
