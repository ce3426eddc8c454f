import { connect } from 'node:net';

/** So many that some are gone in the moment between the server's reading and its answering. */
const CLIENTS = 300;

/** Asks the server on `port` for an upgrade that it refuses, and resets the connection at once, again and again. */
export async function upgradeAndVanish(port: number, headers: Readonly<Record<string, string>>): Promise<void> {
  const lines = Object.entries({ connection: 'Upgrade', upgrade: 'websocket', ...headers });
  const request = `GET / HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`;
  for (let i = 0; i < CLIENTS; i++)
    await new Promise<void>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => {
        socket.write(request, () => {
          if (i % 2 === 0) socket.resetAndDestroy();
          else setImmediate(() => socket.resetAndDestroy());
        });
      });
      // The server's answer may find the connection reset from its side too.
      socket.on('error', () => undefined);
      socket.on('close', () => resolve());
    });
}
