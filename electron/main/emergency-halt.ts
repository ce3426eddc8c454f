import type { ElectronApi } from './electron-api.ts';

/** Three modifiers: nobody presses it by chance, and it needs no window. */
export const HALT_ACCELERATOR = 'CommandOrControl+Alt+Shift+H';

/**
 * The halt that works when every window hangs: it runs in the main process, beside the node. The native question is
 * drawn by the system, not by the page.
 */
export function emergencyHalt(
  { dialog }: Pick<ElectronApi, 'dialog'>,
  halt: (reason: string) => Promise<void>,
): () => Promise<void> {
  let asking = false;
  return async () => {
    if (asking) return;
    asking = true;
    try {
      const { response } = await dialog.showMessageBox({
        type: 'warning',
        title: 'Emergency halt',
        message: 'Halt this node now?',
        detail:
          'No block, no vote and no signature until an operator resumes it with a reason and a second confirmation.',
        buttons: ['Halt now', 'Cancel'],
        defaultId: 1,
        cancelId: 1,
        noLink: true,
      });
      if (response !== 0) return;
      await halt('Emergency halt from the desktop menu or shortcut');
    } catch (error) {
      dialog.showErrorBox('The halt failed', error instanceof Error ? error.message : String(error));
    } finally {
      asking = false;
    }
  };
}
