import { Dialog } from '../../components/dialog.tsx';
import { perform } from '../interventions.ts';
import { ReasonForm } from './reason-form.tsx';

const texts = {
  start: {
    title: 'Start the node',
    channel: 'node.start',
    success: 'The node runs.',
    effect: 'It takes up its duties where its database left them.',
  },
  stop: {
    title: 'Stop the node',
    channel: 'node.stop',
    success: 'The node is stopped.',
    effect: 'This authority misses its slots and votes, and its peg operations wait, until it is started again.',
  },
  halt: {
    title: 'Emergency halt',
    channel: 'node.halt',
    success: 'Halted. Nothing is proposed, voted for or signed.',
    effect:
      'No block, no vote, no signature, queued work included. Import and serving go on. It survives a restart; only a resume ends it.',
  },
  endFreeze: {
    title: 'End the freeze',
    channel: 'bridge.endFreeze',
    success: 'Asked the bridge to end its freeze: it stays if its cause still holds.',
    effect:
      'Signing goes on. Only once the cause is explained: what was signed can’t be taken back. A cause that still holds keeps the freeze.',
  },
} as const;

export function NodePrompt({ action, onClose }: { readonly action: keyof typeof texts; readonly onClose: () => void }) {
  const { title, channel, success, effect } = texts[action];
  return (
    <Dialog title={title} onClose={onClose}>
      <ReasonForm
        confirm={title}
        danger={action !== 'start'}
        onConfirm={(reason) => void perform(channel, { reason }, success)}
        onClose={onClose}
      >
        <p className={`callout ${action === 'start' ? '' : 'bad'}`}>{effect}</p>
      </ReasonForm>
    </Dialog>
  );
}
