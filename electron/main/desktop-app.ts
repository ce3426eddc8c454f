import type { BrowserWindow } from 'electron';
import type { ConsoleSource, MachineRegistry } from '../../node-core/index.ts';
import { ConsoleServer } from '../ipc/console-server.ts';
import { APP_PAGE, declareScheme, serveScheme } from './app-scheme.ts';
import type { ElectronApi } from './electron-api.ts';
import { HALT_ACCELERATOR, emergencyHalt } from './emergency-halt.ts';
import { connectFrames } from './frames-ipc.ts';
import { lockApp, lockSession, webPreferences } from './lockdown.ts';
import { menuTemplate } from './menu.ts';

export interface DesktopOptions {
  readonly electron: ElectronApi;
  readonly platform: NodeJS.Platform;
  readonly machines: MachineRegistry;
  /** The host's user, named in the audit log. */
  readonly who: string;
  readonly rendererDir: string;
  readonly preload: string;
  readonly openSource: () => Promise<ConsoleSource>;
  /** Shown when the node can't be started; the app then ends. */
  readonly describe: (error: unknown) => string;
}

/** The desktop app: one instance, one node in the main process, windows that may come and go. */
export function runDesktopApp(options: DesktopOptions): void {
  const { electron, platform } = options;
  const { app } = electron;
  if (!app.requestSingleInstanceLock()) {
    app.quit();
    return;
  }
  app.enableSandbox();
  declareScheme(electron);
  lockApp(app);
  let stop: (() => Promise<void>) | null = null;
  let stopped = false;

  app.on('window-all-closed', () => {
    if (platform !== 'darwin') app.quit();
  });
  app.on('before-quit', (event) => {
    if (stopped || stop === null) return;
    // The node drains and its store is closed before the process ends.
    event.preventDefault();
    const stopping = stop;
    stop = null;
    void stopping().finally(() => {
      stopped = true;
      app.quit();
    });
  });

  void app.whenReady().then(async () => {
    lockSession(electron.session.defaultSession);
    serveScheme(electron, options.rendererDir);
    let source: ConsoleSource;
    try {
      source = await options.openSource();
    } catch (error) {
      electron.dialog.showErrorBox('Alys Console can’t start', options.describe(error));
      app.exit(2);
      return;
    }
    const server = new ConsoleServer({ source, machines: options.machines, host: 'desktop', who: options.who });
    const disconnect = connectFrames(electron, server);
    const halt = emergencyHalt(electron, (reason) => server.halt(reason));
    electron.Menu.setApplicationMenu(electron.Menu.buildFromTemplate(menuTemplate(platform, () => void halt())));
    electron.globalShortcut.register(HALT_ACCELERATOR, () => void halt());
    stop = async () => {
      electron.globalShortcut.unregisterAll();
      disconnect();
      server.close();
      await source.close();
    };
    let window: BrowserWindow | null = null;
    const show = (): void => {
      if (window !== null && !window.isDestroyed()) {
        if (window.isMinimized()) window.restore();
        window.focus();
        return;
      }
      window = openWindow(electron, options.preload);
    };
    app.on('second-instance', show);
    app.on('activate', show);
    show();
  });
}

function openWindow({ BrowserWindow: Window }: ElectronApi, preload: string): BrowserWindow {
  const window = new Window({
    width: 1440,
    height: 900,
    minWidth: 1024,
    minHeight: 640,
    show: false,
    title: 'Alys Console',
    backgroundColor: '#0c0e11',
    webPreferences: webPreferences(preload),
  });
  window.once('ready-to-show', () => window.show());
  // A page that crashed is loaded anew; the node beside it has not noticed.
  window.webContents.on('render-process-gone', () => window.webContents.reload());
  void window.loadURL(APP_PAGE);
  return window;
}
