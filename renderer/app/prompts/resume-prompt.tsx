import { useState } from 'react';
import { Dialog, Field } from '../../components/dialog.tsx';
import { Time } from '../../components/text.tsx';
import { useLive, useTopic } from '../../stores/live.ts';
import { perform } from '../interventions.ts';
import { ReasonForm } from './reason-form.tsx';

export function ResumePrompt({ onClose }: { readonly onClose: () => void }) {
  const phrase = useLive((state) => state.greeting?.resumePhrase ?? '');
  const causes = useTopic('overview', {})?.haltCauses ?? [];
  const [confirmation, setConfirmation] = useState('');
  const haltedBy = (source: (typeof causes)[number]['source']): boolean =>
    causes.some((cause) => cause.source === source);
  return (
    <Dialog title="Resume after a halt" onClose={onClose}>
      <ReasonForm
        confirm="Resume"
        danger={false}
        ready={confirmation === phrase}
        onConfirm={(reason) => void perform('node.resume', { reason, confirmation }, 'Your halt is ended.')}
        onClose={onClose}
      >
        <ul className="callout warn stack">
          {causes.map(({ source, reason, sinceMs }) => (
            <li key={`${source} ${sinceMs}`}>
              Halted by {source} since <Time atMs={sinceMs} precise />: {reason}
            </li>
          ))}
          {haltedBy('governance') ? <li>A halt by governance doesn’t end here: its quorum ends it.</li> : null}
          {haltedBy('node') ? (
            <li>
              The node’s own halt ends only when its cause is gone. Compare blocks with the other operators first.
            </li>
          ) : null}
        </ul>
        <Field
          label="Second confirmation"
          hint={
            <>
              Type <code>{phrase}</code>
            </>
          }
        >
          <input
            className="input mono"
            value={confirmation}
            spellCheck={false}
            autoComplete="off"
            onChange={({ target }) => setConfirmation(target.value)}
          />
        </Field>
      </ReasonForm>
    </Dialog>
  );
}
