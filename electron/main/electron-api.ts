import type * as electron from 'electron';

/** What the desktop app uses of Electron: given to each part, so that a test can stand in for it. */
export type ElectronApi = Pick<
  typeof electron,
  'app' | 'BrowserWindow' | 'dialog' | 'globalShortcut' | 'ipcMain' | 'Menu' | 'protocol' | 'session' | 'shell'
>;
