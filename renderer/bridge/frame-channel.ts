import type { FrameChannel } from '../../electron/contract/frames.ts';

declare global {
  interface Window {
    /** Put there by the desktop app's preload script; absent in a browser. */
    readonly alysFrames?: FrameChannel;
  }
}

/** How a channel ended: `denied` needs the operator, `lost` is tried again. */
export type ChannelEnd = 'lost' | 'denied';

export interface OpenChannel {
  send(text: string): void;
  close(): void;
}

export interface ChannelListener {
  onOpen(channel: OpenChannel): void;
  onText(text: string): void;
  onEnd(end: ChannelEnd): void;
}

/** Connects to the node's process: over the preload script in the desktop app, over a WebSocket in a browser. */
export function openChannel(listener: ChannelListener): void {
  if (window.alysFrames === undefined) void openSocket(listener);
  else openDesktop(window.alysFrames, listener);
}

function openDesktop(frames: FrameChannel, listener: ChannelListener): void {
  const stop = frames.listen((text) => listener.onText(text));
  listener.onOpen({ send: (text) => frames.send(text), close: stop });
}

async function openSocket(listener: ChannelListener): Promise<void> {
  const token = /[#&]token=([\w-]+)/.exec(location.hash)?.[1] ?? '';
  // Out of the address bar and its history before anything else: it opens a session once.
  if (token !== '') history.replaceState(null, '', '#/');
  let status: number;
  try {
    status = (await fetch('./session', { method: 'POST', body: token })).status;
  } catch {
    return listener.onEnd('lost');
  }
  if (status !== 204) return listener.onEnd('denied');
  const socket = new WebSocket(`ws://${location.host}/frames`);
  socket.onopen = () => listener.onOpen({ send: (text) => socket.send(text), close: () => socket.close() });
  socket.onmessage = ({ data }: MessageEvent<string>) => listener.onText(data);
  socket.onclose = () => listener.onEnd('lost');
}
