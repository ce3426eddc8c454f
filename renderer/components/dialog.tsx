import { type ReactNode, useEffect, useRef } from 'react';
import { Button } from './button.tsx';

/** A modal question; Escape and the backdrop are a no. */
export function Dialog({
  title,
  children,
  onClose,
}: {
  readonly title: string;
  readonly children: ReactNode;
  readonly onClose: () => void;
}) {
  const element = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const dialog = element.current;
    if (dialog === null || dialog.open) return;
    dialog.showModal();
    // The browser would focus the button that closes it: Enter would be a no.
    dialog.querySelector<HTMLElement>('input, textarea')?.focus();
  }, []);
  return (
    <dialog
      ref={element}
      className="dialog"
      aria-label={title}
      onCancel={onClose}
      onClose={onClose}
      onClick={({ target, currentTarget }) => target === currentTarget && onClose()}
    >
      <header className="row">
        <h1 className="grow">{title}</h1>
        <Button kind="quiet" icon="cross" label="Close" onClick={onClose} />
      </header>
      {children}
    </dialog>
  );
}

export function Field({
  label,
  hint,
  error,
  children,
}: {
  readonly label: string;
  readonly hint?: ReactNode;
  readonly error?: string | null;
  readonly children: ReactNode;
}) {
  return (
    <label className="field">
      <span className="field-label">{label}</span>
      {children}
      {error ? (
        <span className="small bad-text" role="alert">
          {error}
        </span>
      ) : hint ? (
        <span className="small muted">{hint}</span>
      ) : null}
    </label>
  );
}
