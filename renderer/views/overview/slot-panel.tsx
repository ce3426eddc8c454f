import type { Overview } from '../../../electron/contract/models.ts';
import { countText } from '../../components/format.ts';
import { Panel } from '../../components/panel.tsx';

const outcomes = [
  ['ours', 'made by this node'],
  ['others', 'made by others'],
  ['missed', 'missed'],
  ['pending', 'under way'],
] as const;

/** The last slots from old to new. Each outcome has a height and a fill of its own, so that it reads without colour. */
export function SlotPanel({ slots }: { readonly slots: Overview['slots'] }) {
  if (slots === null) {
    return (
      <Panel title="Slots">
        <p className="secondary">They appear with the first slot of a running node.</p>
      </Panel>
    );
  }
  const counted = outcomes.map(
    ([outcome, text]) =>
      [outcome, text, slots.recentSlots.filter((entry) => entry.outcome === outcome).length] as const,
  );
  return (
    <Panel
      title={`Slot ${countText(slots.slot)}`}
      aside={
        <ul className="row slot-legend small secondary">
          {counted.map(([outcome, text, count]) => (
            <li key={outcome} className="row">
              <i className={`slot-key ${outcome}`} />
              {count} {text}
            </li>
          ))}
          <li className="muted">
            {slots.authorityIndex === null ? 'observer of' : 'one of'} {slots.authorityCount} authorities ·{' '}
            {slots.slotDurationMs / 1000} s slots
          </li>
        </ul>
      }
    >
      <ol className="slots" aria-label={counted.map(([, text, count]) => `${count} ${text}`).join(', ')}>
        {slots.recentSlots.toReversed().map(({ slot, authority, outcome }) => (
          <li
            key={slot}
            className={outcome}
            title={`Slot ${countText(slot)}, ${slots.authorities[authority] ?? authority}: ${outcome}`}
          />
        ))}
      </ol>
    </Panel>
  );
}
