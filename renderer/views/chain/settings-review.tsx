import { useState } from 'react';
import { ReasonForm } from '../../app/prompts/reason-form.tsx';
import { RequestFailed } from '../../bridge/console-client.ts';
import { Dialog } from '../../components/dialog.tsx';
import { notify } from '../../stores/interface.ts';
import { request } from '../../stores/live.ts';
import { changeOf, fieldText, readableValue, type SettingEdit } from './settings-edits.ts';
import { emptyName, settingName } from './settings-texts.ts';

/** What would change, why, and what the execution client has against it. */
export function SettingsReview({
  edits,
  onClose,
}: {
  readonly edits: readonly SettingEdit[];
  readonly onClose: () => void;
}) {
  const [problem, setProblem] = useState<{ readonly refused: boolean; readonly text: string } | null>(null);
  const configure = async (reason: string): Promise<boolean> => {
    setProblem(null);
    try {
      await request('execution.configure', { settings: changeOf(edits), reason });
    } catch (error) {
      const refused = error instanceof RequestFailed && error.code === 'SETTINGS_REFUSED';
      setProblem({ refused, text: error instanceof Error ? error.message : String(error) });
      return false;
    }
    notify('ok', 'The new execution settings are in force.');
    return true;
  };
  return (
    <Dialog title="Change execution settings" onClose={onClose}>
      <ReasonForm confirm="Change" danger={false} ready={edits.length > 0} onConfirm={configure} onClose={onClose}>
        <table className="table settings-diff">
          <thead>
            <tr>
              <th scope="col">Setting</th>
              <th scope="col" className="right">
                In force
              </th>
              <th scope="col" className="right">
                New
              </th>
            </tr>
          </thead>
          <tbody>
            {edits.map(({ setting: { path, value: before }, value }) => (
              <tr key={path}>
                <td className="truncate" title={settingName(path)}>
                  <code>{path}</code>
                </td>
                <td className="right">
                  <del className="mono">{fieldText(before) || emptyName(path)}</del>
                  <div className="small muted">{readableValue(path, before)}</div>
                </td>
                <td className="right">
                  <ins className="mono">{fieldText(value) || emptyName(path)}</ins>
                  <div className="small muted">{readableValue(path, value)}</div>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
        <p className="callout">
          In force at once on this node alone, without a restart, and kept for the next start. Governance may change
          them again.
        </p>
        {problem === null ? null : (
          <p className="callout bad" role="alert">
            {problem.refused ? <b>Refused, nothing is changed: </b> : null}
            {problem.text}
          </p>
        )}
      </ReasonForm>
    </Dialog>
  );
}
