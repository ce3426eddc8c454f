import { useEffect, useMemo, useRef, useState } from 'react';
import { Icon } from '../components/icon.tsx';
import { showPalette, useInterface } from '../stores/interface.ts';
import { useLive, useTopic } from '../stores/live.ts';
import { commandsOf, searchCommands } from './commands.ts';

const MAX_SHOWN = 60;

export function CommandPalette() {
  const open = useInterface((state) => state.palette);
  return open ? <OpenPalette /> : null;
}

function OpenPalette() {
  const overview = useTopic('overview', {});
  const tree = useTopic('tree', {});
  const devnet = useLive((state) => state.greeting?.devnet === true);
  const [text, setText] = useState('');
  const [index, setIndex] = useState(0);
  const dialog = useRef<HTMLDialogElement>(null);
  const commands = useMemo(() => commandsOf(overview, tree, devnet), [overview, tree, devnet]);
  const found = searchCommands(commands, text).slice(0, MAX_SHOWN);
  const selected = Math.min(index, found.length - 1);

  // In braces: what these calls return is no clean-up.
  useEffect(() => {
    dialog.current?.showModal();
  }, []);
  useEffect(() => {
    dialog.current?.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: 'nearest' });
  }, [selected]);

  const run = (at: number): void => {
    const command = found[at];
    showPalette(false);
    command?.run();
  };
  return (
    <dialog
      ref={dialog}
      className="dialog palette"
      aria-label="Command palette"
      onClose={() => showPalette(false)}
      onClick={({ target, currentTarget }) => target === currentTarget && showPalette(false)}
    >
      <input
        className="palette-input"
        role="combobox"
        aria-expanded="true"
        aria-controls="palette-list"
        aria-activedescendant={`palette-${selected}`}
        aria-label="Search actions"
        placeholder="Search actions and actors"
        value={text}
        autoFocus
        spellCheck={false}
        onChange={({ target }) => {
          setText(target.value);
          setIndex(0);
        }}
        onKeyDown={(event) => {
          if (event.key === 'ArrowDown') setIndex(Math.min(found.length - 1, selected + 1));
          else if (event.key === 'ArrowUp') setIndex(Math.max(0, selected - 1));
          else if (event.key === 'Enter') run(selected);
          else return;
          event.preventDefault();
        }}
      />
      <ul id="palette-list" className="palette-list" role="listbox" aria-label="Actions">
        {found.map((command, at) => (
          <li
            key={`${command.group} ${command.text}`}
            id={`palette-${at}`}
            role="option"
            aria-selected={at === selected}
            onPointerMove={() => setIndex(at)}
            onClick={() => run(at)}
          >
            <Icon name={command.icon} />
            <span className="truncate grow">{command.text}</span>
            <span className="small muted">{command.group}</span>
            {command.key === undefined ? null : <kbd className="kbd">{command.key}</kbd>}
          </li>
        ))}
        {found.length === 0 ? <li className="muted palette-none">No action holds these words.</li> : null}
      </ul>
    </dialog>
  );
}
