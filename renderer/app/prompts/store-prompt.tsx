import { Dialog } from '../../components/dialog.tsx';
import { perform } from '../interventions.ts';
import { ReasonForm } from './reason-form.tsx';

const actions = {
  backup: {
    title: 'Back up the store',
    effect:
      'Writes a copy into the store’s folder while the node goes on. Restored, it signs nothing until the other nodes have told what its key last signed.',
    run: (reason: string) => void perform('store.backup', { reason }, ({ path }) => `Backed up to ${path}`),
  },
  checkStore: {
    title: 'Check the store',
    effect:
      'Reads the whole database while the node goes on, and says what is damaged. What of the state is damaged is found when it is read.',
    run: (reason: string) => void perform('store.check', { reason }, 'No damage found in the store.'),
  },
} as const;

export function StorePrompt({
  action,
  onClose,
}: {
  readonly action: keyof typeof actions;
  readonly onClose: () => void;
}) {
  const { title, effect, run } = actions[action];
  return (
    <Dialog title={title} onClose={onClose}>
      <ReasonForm confirm={title} danger={false} onConfirm={run} onClose={onClose}>
        <p className="callout">{effect}</p>
      </ReasonForm>
    </Dialog>
  );
}
