import { Button } from '../components/button.tsx';
import { Icon } from '../components/icon.tsx';
import { dismiss, useInterface } from '../stores/interface.ts';

const icons = { ok: 'check', bad: 'halt', info: 'arrow' } as const;

export function Notices() {
  const notices = useInterface((state) => state.notices);
  return (
    <ul className="notices" aria-live="polite">
      {notices.map(({ id, tone, text }) => (
        <li key={id} className={`notice status ${tone}`}>
          <Icon name={icons[tone]} />
          <span className="notice-text">{text}</span>
          <Button kind="quiet" icon="cross" label="Dismiss" onClick={() => dismiss(id)} />
        </li>
      ))}
    </ul>
  );
}
