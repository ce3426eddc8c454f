import { Dialog } from '../../components/dialog.tsx';
import { countText, shortPath } from '../../components/format.ts';
import { useTopic } from '../../stores/live.ts';
import { perform } from '../interventions.ts';
import { ReasonForm } from './reason-form.tsx';

const texts = {
  restartActor: {
    title: 'Restart',
    channel: 'actor.restart',
    done: 'restarted',
    effect:
      'It stops, drains its mailbox within its deadline and starts as a new generation; replies to the old one are discarded.',
  },
  suspendActor: {
    title: 'Suspend',
    channel: 'actor.suspend',
    done: 'suspended',
    effect: 'Its messages wait in its mailbox, up to its bound, until it is resumed. Control messages still pass.',
  },
  resumeActor: {
    title: 'Resume',
    channel: 'actor.resume',
    done: 'resumed',
    effect: 'It goes on with the messages that wait.',
  },
} as const;

export function ActorPrompt({
  action,
  path,
  onClose,
}: {
  readonly action: keyof typeof texts;
  readonly path: string;
  readonly onClose: () => void;
}) {
  const { title, channel, done, effect } = texts[action];
  const radius = useTopic('actor', { path })?.radius;
  return (
    <Dialog title={`${title} ${shortPath(path)}`} onClose={onClose}>
      <ReasonForm
        confirm={title}
        danger={action !== 'resumeActor'}
        ready={radius !== undefined}
        onConfirm={(reason) => void perform(channel, { path, reason }, `${shortPath(path)} ${done}.`)}
        onClose={onClose}
      >
        <div className="callout warn stack">
          <p>{effect}</p>
          {radius === undefined ? null : (
            <>
              <p>
                <b>{radius.meanwhile}</b>
              </p>
              <p>
                Touches {countText(radius.waitingMessages)} waiting messages and{' '}
                {radius.children.length === 0
                  ? 'no other actor'
                  : `${radius.children.length} actors under it: ${radius.children.slice(0, 4).map(shortPath).join(', ')}${radius.children.length > 4 ? '…' : ''}`}
                .
              </p>
            </>
          )}
        </div>
      </ReasonForm>
    </Dialog>
  );
}
