import { contextBridge, ipcRenderer } from 'electron';
import type { FrameChannel } from '../contract/frames.ts';

/** The one channel of the window: text in, text out. Nothing else of Electron reaches the page. */
const frames: FrameChannel = {
  send: (text) => ipcRenderer.send('frames', String(text)),
  listen: (listener) => {
    const handle = (_event: Electron.IpcRendererEvent, text: string): void => listener(text);
    ipcRenderer.on('frames', handle);
    ipcRenderer.send('frames-open');
    return () => ipcRenderer.removeListener('frames', handle);
  },
};

contextBridge.exposeInMainWorld('alysFrames', frames);
