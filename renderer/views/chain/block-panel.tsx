import { useEffect, useState } from 'react';
import type { BlockDetail } from '../../../electron/contract/chain-models.ts';
import { Button } from '../../components/button.tsx';
import { btcText, countText, weiToSatText } from '../../components/format.ts';
import { Empty, Fact, Panel } from '../../components/panel.tsx';
import { Hash, Time } from '../../components/text.tsx';
import { go } from '../../stores/interface.ts';
import { hrefOf } from '../../stores/route.ts';
import { request } from '../../stores/live.ts';

type Answer = { readonly block: BlockDetail | null } | { readonly error: string };

export function BlockPanel({ height }: { readonly height: number }) {
  const [answer, setAnswer] = useState<Answer | null>(null);
  useEffect(() => {
    let wanted = true;
    request('chain.block', { height }).then(
      (block) => wanted && setAnswer({ block }),
      (error: Error) => wanted && setAnswer({ error: error.message }),
    );
    return () => {
      wanted = false;
    };
  }, [height]);
  return (
    <Panel
      title={`Block ${countText(height)}`}
      aside={<Button kind="quiet" icon="cross" label="Close" onClick={() => go('chain')} />}
      flush
    >
      {answer === null ? (
        <Empty title="Loading…" />
      ) : 'error' in answer ? (
        <Empty title="Not read">{answer.error}</Empty>
      ) : answer.block === null ? (
        <Empty title="Not stored">The node holds no block of this height on its chain.</Empty>
      ) : (
        <Detail block={answer.block} />
      )}
    </Panel>
  );
}

function Detail({ block }: { readonly block: BlockDetail }) {
  return (
    <div className="block-detail">
      <dl className="facts">
        <Fact name="Time">
          <Time atMs={block.timestampMs} />
        </Fact>
        <Fact name="Slot">{countText(block.slot)}</Fact>
        <Fact name="Proposer">{block.proposer}</Fact>
        <Fact name="Gas">
          {countText(Number(block.gasUsed))} of {countText(Number(block.gasLimit))}
        </Fact>
        <Fact name="Base fee">{countText(Number(block.baseFeeWei))} wei</Fact>
        <Fact name="Parent certified by">
          {block.certificate.voters.length === 0 ? 'genesis' : block.certificate.voters.join(', ')}
        </Fact>
        <Fact name="Root">
          <Hash value={block.root} label="block root" />
        </Fact>
        <Fact name="EVM hash">
          <Hash value={block.blockHash} label="EVM block hash" />
        </Fact>
        <Fact name="Parent">
          <Hash value={block.parentRoot} label="parent root" />
        </Fact>
        <Fact name="State root">
          <Hash value={block.stateRoot} label="state root" />
        </Fact>
        <Fact name="Fees to">
          <Hash value={block.feeRecipient} label="address" />
        </Fact>
      </dl>
      <section className="stack">
        <h3>Transactions: {block.transactions.length}</h3>
        {block.transactions.map(({ evmTxHash, from, to, amountWei, selector }) => (
          <div key={evmTxHash} className="row wrap">
            <Hash value={evmTxHash} label="transaction hash" />
            <span className="muted">from</span>
            <Hash value={from} label="sender" />
            <span className="muted">to</span>
            {to === null ? 'new contract' : <Hash value={to} label="recipient" />}
            <span>{btcText(weiToSatText(amountWei))} BTC</span>
            {selector === null ? null : <code className="muted">{selector}</code>}
          </div>
        ))}
      </section>
      <section className="stack">
        <h3>Mints: {block.mints.length}</h3>
        {block.mints.map(({ outpoint, recipient, amountSats, signatures }) => (
          <div key={outpoint} className="row wrap">
            <a href={hrefOf('pegs', `peg-in:${outpoint}`)}>{btcText(amountSats)} BTC</a>
            <span className="muted">to</span>
            <Hash value={recipient} label="recipient" />
            <span className="muted">certified by {signatures}</span>
          </div>
        ))}
      </section>
      <section className="stack">
        <h3>Payouts: {block.payouts.length}</h3>
        {block.payouts.map(({ status, id, txid, burns }) => (
          <div key={`${id} ${status} ${txid}`} className="row wrap">
            <span className="badge">{status}</span>
            <Hash value={txid} label="txid" />
            {burns === 0 ? null : <span className="muted">for {burns} burns</span>}
          </div>
        ))}
      </section>
    </div>
  );
}
