import type { Channel, RequestBody, RequestResult } from '../../electron/contract/requests.ts';
import { notify } from '../stores/interface.ts';
import { request } from '../stores/live.ts';

/** Asks the node and says what came of it; null when it refused. */
export async function perform<C extends Channel>(
  channel: C,
  body: RequestBody<C>,
  success: string | ((result: RequestResult<C>) => string),
): Promise<RequestResult<C> | null> {
  try {
    const result = await request(channel, body);
    notify('ok', typeof success === 'string' ? success : success(result));
    return result;
  } catch (error) {
    notify('bad', error instanceof Error ? error.message : String(error));
    return null;
  }
}

/** The hold is the confirmation; the reason can be added to the record afterwards, the halt can't wait for it. */
export const haltNow = (): void =>
  void perform(
    'node.halt',
    { reason: 'Emergency halt held in the console' },
    'Halted. Nothing is proposed, voted for or signed.',
  );

/** Saves text as a file of the operator's. */
export function saveText(fileName: string, text: string, type = 'application/json'): void {
  const url = URL.createObjectURL(new Blob([text], { type }));
  const link = document.createElement('a');
  link.href = url;
  link.download = fileName;
  link.click();
  // The download has taken its own reference by the next task.
  setTimeout(() => URL.revokeObjectURL(url));
}

export async function exportLogs(): Promise<void> {
  const bundle = await perform('logs.export', {}, ({ fileName }) => `Saved ${fileName}`);
  if (bundle !== null) saveText(bundle.fileName, bundle.text);
}
