import type { Evidence } from '../../../electron/contract/chain-models.ts';
import { countText } from '../../components/format.ts';
import { Panel } from '../../components/panel.tsx';
import { Status } from '../../components/status.tsx';
import { CopyButton, Hash } from '../../components/text.tsx';

/** Who signed twice: to be sent to the other operators, who can check both signatures themselves. */
export function EvidencePanel({ evidence }: { readonly evidence: readonly Evidence[] }) {
  if (evidence.length === 0) return null;
  return (
    <Panel title="Equivocations" aside={<span className="small muted">newest {evidence.length}</span>} flush>
      <table className="table">
        <thead>
          <tr>
            <th scope="col">Authority</th>
            <th scope="col" className="right">
              Slot
            </th>
            <th scope="col">Signed two</th>
            <th scope="col">First root</th>
            <th scope="col">Second root</th>
            <th scope="col">Proof</th>
          </tr>
        </thead>
        <tbody>
          {evidence.map((entry) => (
            <tr key={`${entry.kind} ${entry.slot} ${entry.publicKey}`}>
              <td>
                <Status tone="bad">{entry.name}</Status>
              </td>
              <td className="right">{countText(entry.slot)}</td>
              <td>{entry.kind}s</td>
              <td>
                <Hash value={entry.firstRoot} label="first root" />
              </td>
              <td>
                <Hash value={entry.secondRoot} label="second root" />
              </td>
              <td>
                <CopyButton text={JSON.stringify(entry, null, 2)} label="key, roots and signatures" />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Panel>
  );
}
