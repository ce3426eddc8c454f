import { EventEmitter } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { APP_PAGE, declareScheme, serveScheme } from '../../../electron/main/app-scheme.ts';
import { runDesktopApp } from '../../../electron/main/desktop-app.ts';
import type { ElectronApi } from '../../../electron/main/electron-api.ts';
import { HALT_ACCELERATOR, emergencyHalt } from '../../../electron/main/emergency-halt.ts';
import { isOwnPage, lockContents, lockSession, webPreferences } from '../../../electron/main/lockdown.ts';
import { menuTemplate } from '../../../electron/main/menu.ts';
import { machineRegistry } from '../../../node-core/index.ts';
import { sampleSource } from '../../support/sample/sample-source.ts';

/** As much of Electron as the desktop app touches, recorded. The real runtime is tested in test/electron. */
function doubleOfElectron({ firstInstance = true, answer = 0 } = {}) {
  const app = Object.assign(new EventEmitter(), {
    requestSingleInstanceLock: () => firstInstance,
    enableSandbox: vi.fn(),
    whenReady: () => Promise.resolve(),
    quit: vi.fn(),
    exit: vi.fn(),
  });
  const ipcMain = new EventEmitter();
  const windows: { options: unknown; webContents: EventEmitter & { sent: string[]; id: number } }[] = [];
  class BrowserWindow extends EventEmitter {
    readonly webContents;
    constructor(options: unknown) {
      super();
      this.webContents = Object.assign(new EventEmitter(), {
        id: windows.length + 1,
        sent: [] as string[],
        reload: vi.fn(),
        isDestroyed: () => false,
        send: (_channel: string, text: string) => this.webContents.sent.push(text),
      });
      windows.push({ options, webContents: this.webContents });
    }
    loadURL = vi.fn(() => Promise.resolve());
    isDestroyed = () => false;
    isMinimized = () => false;
    focus = vi.fn();
    show = vi.fn();
  }
  const handlers = new Map<string, (request: Request) => Promise<Response>>();
  const protocol = {
    registerSchemesAsPrivileged: vi.fn(),
    handle: (scheme: string, handler: (request: Request) => Promise<Response>) => void handlers.set(scheme, handler),
  };
  const shortcuts = new Map<string, () => void>();
  const session = {
    setPermissionRequestHandler: vi.fn(),
    setPermissionCheckHandler: vi.fn(),
    setDevicePermissionHandler: vi.fn(),
    webRequest: { onBeforeRequest: vi.fn() },
  };
  const dialog = { showMessageBox: vi.fn(() => Promise.resolve({ response: answer })), showErrorBox: vi.fn() };
  const Menu = { setApplicationMenu: vi.fn(), buildFromTemplate: vi.fn((template: unknown) => template) };
  const globalShortcut = {
    register: (accelerator: string, run: () => void) => shortcuts.set(accelerator, run),
    unregisterAll: vi.fn(() => shortcuts.clear()),
  };
  const electron = {
    app,
    BrowserWindow,
    dialog,
    globalShortcut,
    ipcMain,
    Menu,
    protocol,
    session: { defaultSession: session },
  };
  return { electron: electron as unknown as ElectronApi, app, ipcMain, windows, handlers, shortcuts, session, dialog };
}

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

async function launch(double = doubleOfElectron(), openSource?: () => Promise<never>) {
  const source = sampleSource({ operations: 3 });
  closers.push(() => source.close());
  const close = vi.spyOn(source, 'close');
  runDesktopApp({
    electron: double.electron,
    platform: 'linux',
    machines: machineRegistry,
    who: 'night-shift',
    rendererDir: '/nowhere',
    preload: '/preload.cjs',
    openSource: openSource ?? (() => Promise.resolve(source)),
    describe: () => 'the folder is in use',
  });
  await new Promise(setImmediate);
  return { ...double, source, close };
}

const own = { senderFrame: { url: APP_PAGE, parent: null } };

describe('the desktop app', () => {
  it('opens its window in a sandbox, without Node, on its own page', async () => {
    const { windows } = await launch();
    expect(windows).toHaveLength(1);
    expect(windows[0]?.options).toMatchObject({
      webPreferences: {
        sandbox: true,
        contextIsolation: true,
        nodeIntegration: false,
        webviewTag: false,
        webSecurity: true,
      },
    });
  });

  it('gives a second instance’s place to the first', async () => {
    const { app, windows } = await launch(doubleOfElectron({ firstInstance: false }));
    expect(app.quit).toHaveBeenCalled();
    expect(windows).toHaveLength(0);
  });

  it('says why it can’t start and ends with 2', async () => {
    const { app, dialog } = await launch(doubleOfElectron(), () => Promise.reject(new Error('locked')));
    expect(dialog.showErrorBox).toHaveBeenCalledWith(expect.any(String), 'the folder is in use');
    expect(app.exit).toHaveBeenCalledWith(2);
  });

  it('stops the node before it ends', async () => {
    const { app, close, shortcuts } = await launch();
    const event = { preventDefault: vi.fn() };
    app.emit('before-quit', event);
    expect(event.preventDefault).toHaveBeenCalled();
    await vi.waitFor(() => expect(app.quit).toHaveBeenCalled());
    expect(close).toHaveBeenCalled();
    expect(shortcuts.size).toBe(0);
    const again = { preventDefault: vi.fn() };
    app.emit('before-quit', again);
    expect(again.preventDefault).not.toHaveBeenCalled();
  });

  it('serves frames to its own page and to nobody else', async () => {
    const { ipcMain, windows } = await launch();
    const sender = windows[0]?.webContents;
    if (sender === undefined) throw new Error('no window');
    for (const senderFrame of [
      null,
      { url: 'https://evil.example/', parent: null },
      { url: 'app://console.evil.example/', parent: null },
      { url: APP_PAGE, parent: {} },
    ]) {
      ipcMain.emit('frames-open', { sender, senderFrame });
    }
    expect(sender.sent).toEqual([]);
    ipcMain.emit('frames-open', { sender, ...own });
    expect(sender.sent[0]).toContain('"greeting"');
    ipcMain.emit(
      'frames',
      { sender, senderFrame: { url: 'https://evil.example/', parent: null } },
      '{"kind":"request","id":1,"channel":"node.stop","body":{"reason":"x"}}',
    );
    expect(sender.sent).toHaveLength(1);
    ipcMain.emit('frames', { sender, ...own }, { kind: 'ack' });
    expect(sender.sent[1]).toContain('NOT_TEXT');
  });

  it('halts by its global shortcut after the system’s own question, with no window asked', async () => {
    const { shortcuts, source } = await launch();
    shortcuts.get(HALT_ACCELERATOR)?.();
    await vi.waitFor(async () =>
      expect(await source.controls.auditLog(1)).toMatchObject([{ action: 'emergency halt', actor: 'night-shift' }]),
    );
  });
});

describe('the emergency halt of the menu', () => {
  it('does nothing when the question is answered with no, and asks once at a time', async () => {
    const halt = vi.fn(() => Promise.resolve());
    const { electron, dialog } = doubleOfElectron({ answer: 1 });
    const ask = emergencyHalt(electron, halt);
    await Promise.all([ask(), ask()]);
    expect(dialog.showMessageBox).toHaveBeenCalledTimes(1);
    expect(halt).not.toHaveBeenCalled();
  });

  it('says that a halt failed', async () => {
    const { electron, dialog } = doubleOfElectron();
    await emergencyHalt(electron, () => Promise.reject(new Error('the node is stopped')))();
    expect(dialog.showErrorBox).toHaveBeenCalledWith('The halt failed', 'the node is stopped');
  });

  it('stands first in the menu', () => {
    const halt = vi.fn();
    const [node] = menuTemplate('linux', halt);
    expect(JSON.stringify(node)).toContain(HALT_ACCELERATOR);
  });
});

describe('a locked page', () => {
  const contents = () => Object.assign(new EventEmitter(), { setWindowOpenHandler: vi.fn() });

  it.each(['will-navigate', 'will-frame-navigate'])('does not leave the console (%s)', (name) => {
    const page = contents();
    lockContents(page as never);
    const away = { url: 'https://evil.example/', preventDefault: vi.fn() };
    page.emit(name, away);
    expect(away.preventDefault).toHaveBeenCalled();
    const home = { url: APP_PAGE, preventDefault: vi.fn() };
    page.emit(name, home);
    expect(home.preventDefault).not.toHaveBeenCalled();
  });

  it('opens no window, no webview and follows no redirect', () => {
    const page = contents();
    lockContents(page as never);
    const [[open]] = page.setWindowOpenHandler.mock.calls as [[() => unknown]];
    expect(open()).toEqual({ action: 'deny' });
    for (const name of ['will-attach-webview', 'will-redirect']) {
      const event = { preventDefault: vi.fn() };
      page.emit(name, event);
      expect(event.preventDefault).toHaveBeenCalled();
    }
  });

  it('has no permission but to copy, and no network', () => {
    const { session } = doubleOfElectron();
    lockSession(session as never);
    const [[request]] = session.setPermissionRequestHandler.mock.calls as [
      [(contents: unknown, permission: string, answer: (allowed: boolean) => void) => void],
    ];
    const answers: boolean[] = [];
    for (const [url, permission] of [
      [APP_PAGE, 'clipboard-sanitized-write'],
      [APP_PAGE, 'media'],
      [APP_PAGE, 'notifications'],
      ['https://evil.example/', 'clipboard-sanitized-write'],
    ]) {
      request({ getURL: () => url }, permission ?? '', (allowed) => answers.push(allowed));
    }
    expect(answers).toEqual([true, false, false, false]);
    const [[before]] = session.webRequest.onBeforeRequest.mock.calls as [
      [(details: { url: string }, answer: (result: { cancel: boolean }) => void) => void],
    ];
    const cancelled = (url: string): boolean => {
      let cancel = false;
      before({ url }, (result) => (cancel = result.cancel));
      return cancel;
    };
    expect(cancelled(APP_PAGE)).toBe(false);
    expect(cancelled('https://evil.example/')).toBe(true);
    expect(cancelled('file:///etc/passwd')).toBe(true);
  });

  it('knows its own address and no look-alike', () => {
    expect(isOwnPage(APP_PAGE)).toBe(true);
    for (const url of ['app://consoleevil/', 'app://console', 'https://console/', ''])
      expect(isOwnPage(url)).toBe(false);
    expect(webPreferences('/p')).toMatchObject({ preload: '/p', nodeIntegrationInSubFrames: false });
  });
});

describe('the app scheme', () => {
  it('is declared secure and serves the renderer’s files alone', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'alys-scheme-'));
    writeFileSync(join(folder, 'index.html'), 'page');
    const { electron, handlers } = doubleOfElectron();
    declareScheme(electron);
    serveScheme(electron, folder);
    const serve = handlers.get('app');
    if (serve === undefined) throw new Error('not handled');
    const page = await serve(new Request(APP_PAGE));
    expect(await page.text()).toBe('page');
    expect(page.headers.get('content-security-policy')).not.toContain('unsafe');
    for (const url of [
      'app://console/../../etc/passwd',
      'app://console/%2e%2e%2fsecret.js',
      'app://other/index.html',
      'app://console/missing.js',
    ]) {
      expect((await serve(new Request(url))).status).toBe(404);
    }
    expect((await serve(new Request(APP_PAGE, { method: 'POST' }))).status).toBe(404);
    rmSync(folder, { recursive: true });
  });
});
