import { perform } from '../../app/interventions.ts';
import { Button } from '../../components/button.tsx';
import { weiToSatText } from '../../components/format.ts';
import { Empty, Panel } from '../../components/panel.tsx';
import { Amount, Hash } from '../../components/text.tsx';
import { ask } from '../../stores/interface.ts';
import { useTopic } from '../../stores/live.ts';

/** The devnet's own user: two wallets, and the buttons that start a peg-in and a peg-out. */
export function DevnetPanel({ running }: { readonly running: boolean }) {
  const wallets = useTopic('devnet', {});
  if (!wallets) {
    return (
      <Panel title="Devnet">
        <Empty title="Wallets are loading" />
      </Panel>
    );
  }
  const cut = wallets.links === 'cut';
  return (
    <Panel title="Devnet" aside={<span className="small muted">{wallets.nodes.length} nodes, play money</span>}>
      <div className="stack devnet">
        <div className="devnet-wallet">
          <h3>Bitcoin wallet</h3>
          <Amount stacked sats={wallets.bitcoinBalanceSats} />
          <Hash value={wallets.bitcoinAddress} label="Bitcoin address" head={14} tail={8} />
        </div>
        <div className="devnet-wallet">
          <h3>Alys account</h3>
          <Amount stacked sats={weiToSatText(wallets.evmBalanceWei)} />
          <Hash value={wallets.evmAddress} label="Alys address" head={14} tail={8} />
        </div>
        <div className="row wrap">
          <Button kind="primary" disabled={!running} onClick={() => ask({ kind: 'deposit' })}>
            Deposit…
          </Button>
          <Button kind="primary" disabled={!running} onClick={() => ask({ kind: 'burn' })}>
            Burn…
          </Button>
          <Button onClick={() => ask({ kind: 'mine' })}>Mine…</Button>
          <Button
            icon="link"
            onClick={() =>
              void perform(
                'devnet.links',
                { links: cut ? 'joined' : 'cut' },
                cut ? 'The nodes are joined.' : 'The nodes are cut from each other.',
              )
            }
          >
            {cut ? 'Join nodes' : 'Cut nodes apart'}
          </Button>
        </div>
      </div>
    </Panel>
  );
}
