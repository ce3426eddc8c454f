import type { NetworkModel } from '../../../electron/contract/models.ts';
import { countText, words } from '../../components/format.ts';
import { Empty, Fact, Meter, Panel } from '../../components/panel.tsx';
import { Status, type Tone } from '../../components/status.tsx';
import { Ago, Hash, Time } from '../../components/text.tsx';
import { useTopic } from '../../stores/live.ts';
import './network.css';

export function NetworkView() {
  const model = useTopic('network', {});
  if (model === undefined) return <Empty title="Loading…" />;
  if (model.network === null && model.governance === null)
    return <Empty title="No network">The node is stopped. Start it on the overview.</Empty>;
  return (
    <div className="split network-split screen">
      <div className="screen">
        <Peers model={model} />
        <Sync sync={model.sync} />
      </div>
      <Governance governance={model.governance} />
    </div>
  );
}

function Peers({ model: { network, headHeight } }: { readonly model: NetworkModel }) {
  if (network === null)
    return (
      <Panel title="Peers">
        <Empty title="The network actor starts" />
      </Panel>
    );
  return (
    <Panel
      title="Peers"
      aside={<span className="small muted">{network.peers.length} connected</span>}
      flush
      className="grow"
    >
      {network.peers.length === 0 ? (
        <Empty title="No peers">
          Without a quorum of authorities nothing becomes final. Check this host’s network.
        </Empty>
      ) : (
        <table className="table">
          <thead>
            <tr>
              <th scope="col">Peer</th>
              <th scope="col">Address</th>
              <th scope="col">Direction</th>
              <th scope="col" className="right">
                Head
              </th>
              <th scope="col" className="right">
                Latency
              </th>
              <th scope="col" className="right">
                Connected
              </th>
            </tr>
          </thead>
          <tbody>
            {network.peers.map((peer) => (
              <tr key={peer.peer}>
                <td>
                  <span className="row">
                    {peer.name === null ? null : <b>{peer.name}</b>}
                    <Hash value={peer.peer} label="peer id" head={4} tail={6} />
                  </span>
                </td>
                <td className="secondary">
                  <span className="mono" title={peer.address}>
                    {peer.address.replace(/\/p2p\/.*$/, '')}
                  </span>
                </td>
                <td>{peer.direction === 'inbound' ? 'in' : 'out'}</td>
                <td className="right">
                  {peer.headHeight === null ? <span className="muted">unknown</span> : countText(peer.headHeight)}
                  {peer.headHeight === null || headHeight === null || peer.headHeight === headHeight ? null : (
                    <span className="muted">
                      {' '}
                      {peer.headHeight > headHeight ? '+' : '−'}
                      {Math.abs(peer.headHeight - headHeight)}
                    </span>
                  )}
                </td>
                <td className="right">
                  {peer.latencyMs === null ? <span className="muted">unknown</span> : `${peer.latencyMs.toFixed(1)} ms`}
                </td>
                <td className="right muted">
                  <Ago atMs={peer.connectedAtMs} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      <dl className="facts network-self">
        <Fact name="This node">
          <Hash value={network.peerId} label="peer id" />
        </Fact>
        {network.listen.map((address) => (
          <Fact key={address} name="Listens on">
            <Hash value={address} label="address" head={24} tail={8} />
          </Fact>
        ))}
      </dl>
    </Panel>
  );
}

function Sync({ sync }: { readonly sync: NetworkModel['sync'] }) {
  if (sync === null || sync.state === 'Idle') {
    return (
      <Panel title="Sync">
        <Status tone="ok">{sync === null ? 'Not started' : 'In step with the network'}</Status>
      </Panel>
    );
  }
  return (
    <Panel title="Sync" aside={<Status tone="info">Catching up</Status>}>
      <div className="stack">
        <span className="row">
          <Meter value={sync.importedHeight ?? 0} max={sync.targetHeight ?? 0} label="Imported" tone="info" />
          {countText(sync.importedHeight ?? 0)} of{' '}
          {sync.targetHeight === null ? 'unknown' : countText(sync.targetHeight)}
        </span>
        {sync.ranges.map(({ from, to, peer, status }) => (
          <span key={from} className="row small">
            {countText(from)} to {countText(to)} <span className="muted">from</span>{' '}
            <span className="mono truncate">{peer}</span>
            <span className="end">{status}</span>
          </span>
        ))}
      </div>
    </Panel>
  );
}

const links: Readonly<Record<NonNullable<NetworkModel['governance']>['link'], readonly [Tone, string]>> = {
  connected: ['ok', 'Connected'],
  connecting: ['info', 'Connecting'],
  waiting: ['warn', 'Down, tries again'],
  circuitOpen: ['bad', 'Down, circuit open'],
};

function Governance({ governance }: { readonly governance: NetworkModel['governance'] }) {
  if (governance === null)
    return (
      <Panel title="Governance">
        <Empty title="The stream actor starts" />
      </Panel>
    );
  const [tone, word] = links[governance.link];
  return (
    <Panel title="Governance" aside={<Status tone={tone}>{word}</Status>} flush>
      <div className="governance">
        <dl className="facts">
          <Fact name="Endpoint">
            <code>{governance.endpoint}</code>
          </Fact>
          <Fact name="Epoch">{governance.epoch}</Fact>
          <Fact name="Round trip">
            {governance.roundTripMs === null ? '–' : `${governance.roundTripMs.toFixed(1)} ms`}
          </Fact>
          <Fact name={governance.connectedSinceMs === null ? 'Next attempt' : 'Connected for'}>
            {governance.connectedSinceMs !== null ? (
              <Ago atMs={governance.connectedSinceMs} />
            ) : governance.nextAttemptMs === null ? (
              '–'
            ) : (
              <Time atMs={governance.nextAttemptMs} precise />
            )}
          </Fact>
          <Fact name="Failures in a row">{governance.failures}</Fact>
          <Fact name="Approvals waiting">{governance.pendingApprovals}</Fact>
          <Fact name="Signatures waiting">{governance.pendingSignatures}</Fact>
        </dl>
        <section className="stack">
          <h3>Members</h3>
          <ul className="members">
            {governance.members.map(({ member, name, lastAnswerMs }) => (
              <li key={member}>
                <b>{name}</b>
                {lastAnswerMs === null ? (
                  <span className="muted">has not answered yet</span>
                ) : (
                  <span className="secondary">
                    answered <Ago atMs={lastAnswerMs} /> ago
                  </span>
                )}
              </li>
            ))}
          </ul>
        </section>
        <section className="stack">
          <h3>Messages</h3>
          {governance.recent.length === 0 ? <span className="muted">None yet.</span> : null}
          <ul>
            {governance.recent.map(({ atMs, direction, kind, outcome }, index) => (
              <li key={`${atMs} ${kind} ${index}`} className="grid-row governance-row">
                <span className="muted">
                  <Time atMs={atMs} precise />
                </span>
                <span role="img" aria-label={direction} title={direction}>
                  {direction === 'in' ? '←' : '→'}
                </span>
                <span title={kind}>{words(kind).toLowerCase()}</span>
                <span className="secondary" title={outcome}>
                  {outcome}
                </span>
              </li>
            ))}
          </ul>
        </section>
      </div>
    </Panel>
  );
}
