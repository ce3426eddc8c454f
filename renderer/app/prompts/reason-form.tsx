import { type ReactNode, useState } from 'react';
import { Button } from '../../components/button.tsx';
import { Field } from '../../components/dialog.tsx';

/** A control with its reason, which goes to the audit log. `ready` is whether everything else was answered. */
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
  readonly onConfirm: (reason: string) => void;
  readonly onClose: () => void;
}) {
  const [reason, setReason] = useState('');
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        onConfirm(reason.trim());
        onClose();
      }}
    >
      <Field label="Reason" hint="Who, when and why go to the audit log.">
        <textarea
          className="input"
          value={reason}
          maxLength={500}
          required
          autoFocus
          onChange={({ target }) => setReason(target.value)}
        />
      </Field>
      {children}
      <footer>
        <Button onClick={onClose}>Cancel</Button>
        <Button submit kind={danger ? 'danger' : 'primary'} disabled={reason.trim() === '' || !ready}>
          {confirm}
        </Button>
      </footer>
    </form>
  );
}
