import type { IpcMainEvent } from 'electron';
import type { ConsoleConnection, ConsoleServer } from '../ipc/console-server.ts';
import type { ElectronApi } from './electron-api.ts';
import { isOwnPage } from './lockdown.ts';

/** Only the console's own page in a window's main frame is listened to. */
function isOwnSender({ senderFrame }: IpcMainEvent): boolean {
  return senderFrame !== null && senderFrame.parent === null && isOwnPage(senderFrame.url);
}

/** Carries frames between the windows and the console server; a page that is loaded anew is a new connection. */
export function connectFrames({ ipcMain }: Pick<ElectronApi, 'ipcMain'>, server: ConsoleServer): () => void {
  const connections = new Map<number, ConsoleConnection>();
  const drop = (id: number): void => {
    connections.get(id)?.close();
    connections.delete(id);
  };
  const onOpen = (event: IpcMainEvent): void => {
    if (!isOwnSender(event)) return;
    const { sender } = event;
    const { id } = sender;
    const known = connections.has(id);
    drop(id);
    const connection = server.connect((text) => {
      if (!sender.isDestroyed()) sender.send('frames', text);
    });
    if (connection === null) return;
    connections.set(id, connection);
    if (!known) sender.once('destroyed', () => drop(id));
  };
  const onFrame = (event: IpcMainEvent, text: unknown): void => {
    if (isOwnSender(event)) connections.get(event.sender.id)?.receive(text);
  };
  ipcMain.on('frames-open', onOpen);
  ipcMain.on('frames', onFrame);
  return () => {
    ipcMain.removeListener('frames-open', onOpen);
    ipcMain.removeListener('frames', onFrame);
    for (const id of [...connections.keys()]) drop(id);
  };
}
