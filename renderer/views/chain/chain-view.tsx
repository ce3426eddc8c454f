import { btcText, countText, weiText } from '../../components/format.ts';
import { Empty, Fact, Panel } from '../../components/panel.tsx';
import { Status } from '../../components/status.tsx';
import { Hash } from '../../components/text.tsx';
import { go, useInterface } from '../../stores/interface.ts';
import { useTopic } from '../../stores/live.ts';
import { Segmented } from '../../components/segmented.tsx';
import { BlockPanel } from './block-panel.tsx';
import { EvidencePanel } from './evidence-panel.tsx';
import { SettingsPanel } from './settings-panel.tsx';
import './chain.css';

const SETTINGS = 'settings';
const sections: readonly (readonly ['blocks' | 'settings', string])[] = [
  ['blocks', 'Blocks'],
  ['settings', 'Execution settings'],
];

export function ChainView() {
  const section = useInterface(({ route }) => (route.item === SETTINGS ? 'settings' : 'blocks'));
  return (
    <div className="screen">
      <div className="screen-head">
        <Segmented
          label="What to show"
          options={sections}
          value={section}
          onChange={(next) => go('chain', next === 'settings' ? SETTINGS : '')}
        />
      </div>
      {section === 'settings' ? <SettingsPanel /> : <Blocks />}
    </div>
  );
}

function Blocks() {
  const model = useTopic('chain', {});
  const item = useInterface(({ route }) => route.item);
  const height = /^\d{1,12}$/.test(item) ? Number(item) : null;
  if (model === undefined) return <Empty title="Loading…" />;
  if (model.chain === null) return <Empty title="No chain">The node is stopped. Start it on the overview.</Empty>;
  const { chain, head, finalized, blocks } = model;
  return (
    <>
      <Panel>
        <dl className="facts chain-facts">
          <Fact name="Chain actor">{chain.state}</Fact>
          <Fact name="Head">{head === null ? '–' : countText(head.height)}</Fact>
          <Fact name="Finalized">{finalized === null ? '–' : countText(finalized.height)}</Fact>
          <Fact name="Highest certificate">slot {countText(chain.highCertificateSlot)}</Fact>
          <Fact name="Minted in all">{btcText(chain.mintedSats)} BTC</Fact>
          <Fact name="Base fees burned" title="Lowers the supply: surplus of the reserve">
            {weiText(chain.burnedFeesWei)}
          </Fact>
          <Fact name="Equivocations seen">
            {chain.evidenceCount === 0 ? 'none' : <Status tone="bad">{String(chain.evidenceCount)}</Status>}
          </Fact>
        </dl>
      </Panel>
      <EvidencePanel evidence={chain.evidence} />
      <div className={height === null ? 'split' : 'split chain-split'}>
        <Panel title="Blocks" aside={<span className="small muted">newest {blocks.length}</span>} flush>
          <table className="table">
            <thead>
              <tr>
                <th scope="col" className="right">
                  Height
                </th>
                <th scope="col" className="right beside">
                  Slot
                </th>
                <th scope="col">Root</th>
                <th scope="col">Proposer</th>
                <th scope="col">Finality</th>
                <th scope="col" className="beside" title="Authorities that certified the parent">
                  Parent’s votes
                </th>
                <th scope="col" className="right">
                  Transactions
                </th>
                <th scope="col" className="right">
                  Mints
                </th>
                <th scope="col" className="right">
                  Payouts
                </th>
                <th scope="col" className="right beside">
                  Gas
                </th>
              </tr>
            </thead>
            <tbody>
              {blocks.map((block) => (
                <tr
                  key={block.root}
                  className="clickable"
                  aria-selected={block.height === height}
                  onClick={() => go('chain', block.height === height ? '' : String(block.height))}
                >
                  <td className="right">
                    <button type="button" className="tree-name">
                      {countText(block.height)}
                    </button>
                  </td>
                  <td className="right secondary beside">{countText(block.slot)}</td>
                  <td>
                    <Hash value={block.root} label="block root" />
                  </td>
                  <td>{block.proposerName}</td>
                  <td>
                    {block.finalized ? (
                      <Status tone="ok">Final</Status>
                    ) : (
                      <Status tone="info" icon="ring">
                        Not yet
                      </Status>
                    )}
                  </td>
                  <td className="beside">
                    {block.parentVotes} / {chain.authorityCount}
                  </td>
                  <td className="right">{block.transactions}</td>
                  <td className="right">
                    {block.mints === 0 ? <span className="muted">0</span> : <b>{block.mints}</b>}
                  </td>
                  <td className="right">
                    {block.payouts === 0 ? <span className="muted">0</span> : <b>{block.payouts}</b>}
                  </td>
                  <td className="right secondary beside">{countText(Number(block.gasUsed))}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </Panel>
        {height === null ? null : <BlockPanel key={height} height={height} />}
      </div>
    </>
  );
}
