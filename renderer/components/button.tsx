import { type ReactNode, useEffect, useRef, useState } from 'react';
import { Icon, type IconName } from './icon.tsx';

interface ButtonProps {
  readonly children?: ReactNode;
  readonly icon?: IconName;
  readonly kind?: 'plain' | 'primary' | 'danger' | 'quiet';
  readonly label?: string;
  readonly disabled?: boolean;
  readonly pressed?: boolean;
  readonly submit?: boolean;
  readonly onClick?: () => void;
}

export function Button({
  children,
  icon,
  kind = 'plain',
  label,
  disabled = false,
  pressed,
  submit = false,
  onClick,
}: ButtonProps) {
  return (
    <button
      type={submit ? 'submit' : 'button'}
      className={`button ${kind}${children === undefined ? ' square' : ''}`}
      aria-label={label}
      title={label}
      aria-pressed={pressed}
      disabled={disabled}
      onClick={onClick}
    >
      {icon === undefined ? null : <Icon name={icon} />}
      {children}
    </button>
  );
}

const HOLD_MS = 900;

/** Acts only when it was held to the end: a stray click or key does nothing. */
export function HoldButton({
  children,
  icon,
  onHeld,
  disabled = false,
}: {
  readonly children: string;
  readonly icon: IconName;
  readonly onHeld: () => void;
  readonly disabled?: boolean;
}) {
  const [holding, setHolding] = useState(false);
  const held = useRef(onHeld);
  held.current = onHeld;
  useEffect(() => {
    if (!holding) return;
    const timer = setTimeout(() => {
      setHolding(false);
      held.current();
    }, HOLD_MS);
    return () => clearTimeout(timer);
  }, [holding]);
  const release = () => setHolding(false);
  return (
    <button
      type="button"
      className={`button danger hold${holding ? ' holding' : ''}`}
      title={`Hold to confirm: ${children}`}
      disabled={disabled}
      onPointerDown={({ button }) => button === 0 && setHolding(true)}
      onPointerUp={release}
      onPointerLeave={release}
      onPointerCancel={release}
      onBlur={release}
      onKeyDown={({ key, repeat }) => !repeat && (key === 'Enter' || key === ' ') && setHolding(true)}
      onKeyUp={release}
    >
      <span className="hold-fill" aria-hidden="true" />
      <Icon name={icon} />
      {holding ? 'Keep holding…' : children}
    </button>
  );
}
