import { useState } from 'react';
import type { ExecutionSetting } from '../../../electron/contract/chain-models.ts';
import { Button } from '../../components/button.tsx';
import { Empty, Panel } from '../../components/panel.tsx';
import { Ago } from '../../components/text.tsx';
import { useTopic } from '../../stores/live.ts';
import { fieldText, parseField, readableValue, type SettingEdit } from './settings-edits.ts';
import { SettingsReview } from './settings-review.tsx';
import { emptyName, sectionName, sectionOf, settingName } from './settings-texts.ts';

/** What was typed, and over which value: when that changes, taken or by somebody else, the new one is shown. */
type Typed = Readonly<Record<string, { readonly text: string; readonly over: ExecutionSetting['value'] }>>;

function textOf(typed: Typed, { path, value }: ExecutionSetting): string {
  const entry = typed[path];
  return entry?.over === value ? entry.text : fieldText(value);
}

/** What the execution client says is in force, to be changed while it runs. */
export function SettingsPanel() {
  const model = useTopic('execution', {});
  const [typed, setTyped] = useState<Typed>({});
  const [reviewing, setReviewing] = useState(false);
  if (model === undefined) return <Empty title="Loading…" />;
  if (model.settings === null)
    return (
      <Empty title="Settings not known">The node is stopped, or its execution client has not told them yet.</Empty>
    );
  const changed = model.settings.flatMap((setting) => {
    const text = textOf(typed, setting);
    return text.trim() === fieldText(setting.value) ? [] : [{ setting, text }];
  });
  const edits = changed.flatMap(({ setting, text }): readonly SettingEdit[] => {
    const value = parseField(setting, text);
    return value === undefined ? [] : [{ setting, value }];
  });
  const ready = edits.length > 0 && edits.length === changed.length;
  const sections = [...new Set(model.settings.map(({ path }) => sectionOf(path)))];
  const type = ({ path, value }: ExecutionSetting, text: string): void =>
    setTyped((before) => ({ ...before, [path]: { text, over: value } }));
  return (
    <>
      <form
        className="settings"
        onSubmit={(event) => {
          event.preventDefault();
          if (ready) setReviewing(true);
        }}
      >
        <Panel
          flush
          className="grow"
          title="Execution settings in force"
          aside={
            <>
              <span className="small muted" role="status">
                {changed.length === 0 ? 'No changes' : `${changed.length} changed`}
              </span>
              <Button disabled={changed.length === 0} onClick={() => setTyped({})}>
                Discard
              </Button>
              <Button submit kind="primary" disabled={!ready}>
                Review changes…
              </Button>
            </>
          }
        >
          <table className="table settings-table">
            <thead>
              <tr>
                <th scope="col" className="settings-name">
                  Setting
                </th>
                <th scope="col" className="settings-value">
                  Value
                </th>
                <th scope="col" className="settings-reads">
                  Reads
                </th>
                <th scope="col">Changed by</th>
              </tr>
            </thead>
            {sections.map((section) => (
              <tbody key={section}>
                <tr>
                  <th scope="rowgroup" colSpan={4} className="settings-section">
                    {sectionName(section)}
                  </th>
                </tr>
                {(model.settings ?? [])
                  .filter(({ path }) => sectionOf(path) === section)
                  .map((setting) => (
                    <SettingRow
                      key={setting.path}
                      setting={setting}
                      text={textOf(typed, setting)}
                      onType={(text) => type(setting, text)}
                    />
                  ))}
              </tbody>
            ))}
          </table>
        </Panel>
      </form>
      {reviewing ? <SettingsReview edits={edits} onClose={() => setReviewing(false)} /> : null}
    </>
  );
}

function SettingRow({
  setting,
  text,
  onType,
}: {
  readonly setting: ExecutionSetting;
  readonly text: string;
  readonly onType: (text: string) => void;
}) {
  const { path, value, changed } = setting;
  const wanted = parseField(setting, text);
  const isEdited = text.trim() !== fieldText(value);
  return (
    <tr className={isEdited ? 'settings-edited' : ''}>
      <td className="truncate">
        {settingName(path)} <code className="muted">{path}</code>
      </td>
      <td>
        <input
          className="input mono"
          aria-label={`${settingName(path)}, ${path}`}
          aria-invalid={wanted === undefined}
          inputMode="numeric"
          spellCheck={false}
          maxLength={30}
          placeholder={emptyName(path)}
          value={text}
          onChange={({ target }) => onType(target.value)}
        />
      </td>
      <td className="secondary">
        {wanted === undefined ? <span className="bad-text">a whole number</span> : readableValue(path, wanted)}
        {isEdited ? (
          <span className="muted"> was {readableValue(path, value) || fieldText(value) || emptyName(path)}</span>
        ) : null}
      </td>
      <td className="secondary truncate">
        {changed === null ? (
          <span className="muted">–</span>
        ) : (
          <>
            {changed.source === 'governance' ? 'Governance' : `Operator ${changed.who}`}, <Ago atMs={changed.atMs} />{' '}
            ago
          </>
        )}
      </td>
    </tr>
  );
}
