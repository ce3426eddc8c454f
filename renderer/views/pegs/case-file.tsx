import type { ReactNode } from 'react';
import type { CaseFile as Case, Operation } from '../../../electron/contract/peg-models.ts';
import { Button } from '../../components/button.tsx';
import { useNow } from '../../components/clock.ts';
import { btcText, countText, satText, shortPath, spanText, words } from '../../components/format.ts';
import { MachineDiagram } from '../../components/machine-diagram.tsx';
import { MessageList } from '../../components/message-list.tsx';
import { Empty, Fact, Meter, Panel } from '../../components/panel.tsx';
import { PegState, Status, type Tone } from '../../components/status.tsx';
import { Amount, CopyButton, Hash, Time } from '../../components/text.tsx';
import { go } from '../../stores/interface.ts';
import { hrefOf } from '../../stores/route.ts';
import { useTopic } from '../../stores/live.ts';

/** Everything known of one operation, in the order in which it is asked at night: what, why not further, who, evidence. */
export function CaseFile({ id }: { readonly id: string }) {
  const file = useTopic('operation', { id });
  const close = <Button kind="quiet" icon="cross" label="Close" onClick={() => go('pegs')} />;
  if (file === undefined)
    return (
      <Panel title="Case file" aside={close}>
        <Empty title="Loading…" />
      </Panel>
    );
  if (file === null) {
    return (
      <Panel title="Case file" aside={close}>
        <Empty title="Not among the newest operations">
          The node lists its newest 500; while it is stopped it lists none.
        </Empty>
      </Panel>
    );
  }
  const { operation } = file;
  return (
    <Panel
      title={
        <span className="row">
          {operation.kind === 'pegIn' ? 'Peg-in' : 'Peg-out'} <Amount sats={operation.amountSats} />
        </span>
      }
      aside={
        <>
          <a className="small" href={hrefOf('flow', operation.correlationId)}>
            Sequence diagram
          </a>
          {close}
        </>
      }
      flush
    >
      <div className="case">
        <Standing file={file} />
        <Facts operation={operation} />
        <Members file={file} />
        {file.machine === null ? null : (
          <Section title="State machine">
            <MachineDiagram
              machine={file.machine}
              current={operation.state}
              visited={operation.steps.map(({ state }) => state)}
            />
          </Section>
        )}
        <Timeline operation={operation} />
        <Transaction file={file} />
        <Messages correlationId={operation.correlationId} />
      </div>
    </Panel>
  );
}

function Section({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  return (
    <section className="stack">
      <h3>{title}</h3>
      {children}
    </section>
  );
}

function Standing({ file: { operation, nextAction } }: { readonly file: Case }) {
  const now = useNow();
  const left = operation.deadlineMs === null ? null : operation.deadlineMs - now;
  const late = !operation.terminal && left !== null && left < 0;
  const tone = operation.rejection !== null ? 'bad' : late ? 'warn' : '';
  return (
    <div className={`callout stack ${tone}`}>
      <span className="row">
        <PegState state={operation.state} terminal={operation.terminal} rejection={operation.rejection} late={late} />
        {operation.terminal || left === null ? null : (
          <span className="secondary end">
            {late ? `${spanText(-left)} past its deadline` : `${spanText(left)} to its deadline`}
          </span>
        )}
      </span>
      {operation.rejection === null ? null : <p>{operation.rejection}</p>}
      {operation.blocker === null ? null : <p>Waits for: {operation.blocker}</p>}
      <p className="secondary">To do: {nextAction}</p>
    </div>
  );
}

function Facts({ operation }: { readonly operation: Operation }) {
  const hash = (value: string | null, label: string): ReactNode =>
    value === null ? <span className="muted">not yet</span> : <Hash value={value} label={label} />;
  return (
    <dl className="facts case-facts">
      <Fact name={operation.kind === 'pegIn' ? 'Deposit' : 'Payout'}>{hash(operation.txid, 'txid')}</Fact>
      <Fact name="Confirmations">
        <span className="row">
          <Meter
            value={operation.confirmations}
            max={operation.confirmationsRequired}
            label="Confirmations"
            tone={operation.confirmations >= operation.confirmationsRequired ? 'ok' : 'idle'}
          />
          {operation.confirmations < operation.confirmationsRequired
            ? `${operation.confirmations} of ${operation.confirmationsRequired}`
            : `${countText(operation.confirmations)}, ${operation.confirmationsRequired} needed`}
        </span>
      </Fact>
      <Fact name={operation.kind === 'pegIn' ? 'Mints to' : 'Burned by'}>
        {hash(operation.evmAddress, 'Alys address')}
      </Fact>
      {operation.kind === 'pegIn' ? null : (
        <Fact name="Pays to">{hash(operation.bitcoinAddress, 'Bitcoin address')}</Fact>
      )}
      <Fact name={operation.kind === 'pegIn' ? 'Mint block' : 'Burn'}>
        {hash(operation.evmTxHash ?? operation.evmBlockHash, 'EVM hash')}
      </Fact>
      <Fact name="Alys block">{operation.evmBlockHeight ?? <span className="muted">not yet</span>}</Fact>
      <Fact name="Bitcoin height">{operation.bitcoinHeight ?? <span className="muted">not yet</span>}</Fact>
      {operation.kind === 'pegIn' ? null : (
        <Fact name="Fee">
          {operation.feeSats === null ? <span className="muted">not yet</span> : `${satText(operation.feeSats)} sat`}
        </Fact>
      )}
      <Fact name="Operation">
        <Hash value={operation.id} label="operation id" head={14} tail={6} />
      </Fact>
    </dl>
  );
}

const standings: Readonly<Record<Case['members'][number]['standing'], readonly [Tone, string]>> = {
  notAsked: ['idle', 'Not asked yet'],
  missing: ['warn', 'Missing'],
  notNeeded: ['idle', 'Not needed'],
  approved: ['ok', 'Approved'],
  signed: ['ok', 'Signed'],
  refused: ['bad', 'Refused'],
};

function Members({ file: { operation, members } }: { readonly file: Case }) {
  const given = members.filter(({ standing }) => standing === 'approved' || standing === 'signed').length;
  return (
    <Section title={`Federation members: ${given} of ${operation.threshold} that are needed`}>
      <ul className="members">
        {members.map(({ name, standing, reason }) => (
          <li key={name} title={reason ?? undefined}>
            <span className="secondary">{name}</span>
            <Status tone={standings[standing][0]}>{standings[standing][1]}</Status>
            {reason === null ? null : <span className="small muted truncate">{reason}</span>}
          </li>
        ))}
      </ul>
    </Section>
  );
}

function Timeline({ operation }: { readonly operation: Operation }) {
  return (
    <Section title="Timeline">
      <ol className="timeline">
        {operation.steps.map(({ atMs, event, state, detail }, index) => (
          <li key={`${atMs} ${event} ${index}`}>
            <span className="muted">
              <Time atMs={atMs} precise />
            </span>
            <span>
              {words(event)} → <b>{words(state)}</b>
              {detail === null ? null : (
                <span className="secondary" title={detail}>
                  {' '}
                  {shortPath(detail)}
                </span>
              )}
            </span>
          </li>
        ))}
      </ol>
    </Section>
  );
}

function Transaction({ file: { transaction, operation } }: { readonly file: Case }) {
  if (transaction === null || operation.rawTx === null) return null;
  return (
    <Section
      title={`Transaction: ${transaction.virtualBytes} vB${transaction.signalsReplacement ? ', replaceable' : ''}`}
    >
      <table className="table small">
        <tbody>
          {transaction.inputs.map(({ outpoint, witnessItems }) => (
            <tr key={outpoint}>
              <td className="muted">in</td>
              <td>
                <Hash value={outpoint} label="outpoint" head={14} tail={10} />
              </td>
              <td className="right muted">{witnessItems} witness items</td>
            </tr>
          ))}
          {transaction.outputs.map(({ vout, amountSats, address, script }) => (
            <tr key={vout}>
              <td className="muted">out {vout}</td>
              <td>
                <Hash value={address ?? script} label={address === null ? 'script' : 'address'} head={14} tail={10} />
              </td>
              <td className="right">{btcText(amountSats)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <span className="row small muted">
        Raw transaction <CopyButton text={operation.rawTx} label="raw transaction" />
      </span>
    </Section>
  );
}

function Messages({ correlationId }: { readonly correlationId: string }) {
  const trace = useTopic('trace', { correlationId });
  return (
    <Section title={`Messages of its trace: ${trace?.messages.length ?? '…'}`}>
      <MessageList messages={trace?.messages.toReversed().slice(0, 100) ?? []} />
    </Section>
  );
}
