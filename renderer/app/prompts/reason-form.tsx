import { type ReactNode, useState } from 'react';
import { Button } from '../../components/button.tsx';
import { Field } from '../../components/dialog.tsx';

/**
 * A control with its reason, which goes to the audit log. `ready` is whether everything else was answered. It closes at
 * once, or, where `onConfirm` promises whether it was done, when it was.
 */
export function ReasonForm({
  confirm,
  danger,
  ready = true,
  children,
  onConfirm,
  onClose,
}: {
  readonly confirm: string;
  readonly danger: boolean;
  readonly ready?: boolean;
  readonly children: ReactNode;
  readonly onConfirm: (reason: string) => Promise<boolean> | undefined;
  readonly onClose: () => void;
}) {
  const [reason, setReason] = useState('');
  const [busy, setBusy] = useState(false);
  const allowed = reason.trim() !== '' && ready && !busy;
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (!allowed) return;
        const doing = onConfirm(reason.trim());
        if (doing === undefined) {
          onClose();
          return;
        }
        setBusy(true);
        void doing.then((done) => (done ? onClose() : setBusy(false)));
      }}
    >
      <Field label="Reason" hint="Who, when and why go to the audit log.">
        <textarea
          className="input"
          value={reason}
          maxLength={500}
          required
          onKeyDown={(event) => {
            if (event.key !== 'Enter' || event.shiftKey) return;
            event.preventDefault();
            event.currentTarget.form?.requestSubmit();
          }}
          onChange={({ target }) => setReason(target.value)}
        />
      </Field>
      {children}
      <footer>
        <Button onClick={onClose}>Cancel</Button>
        <Button submit kind={danger ? 'danger' : 'primary'} disabled={!allowed}>
          {confirm}
        </Button>
      </footer>
    </form>
  );
}
