import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type BitcoinPeer, type StartBitcoinPeer, rawCall } from './peer.ts';

const USER = 'alys';
const PASSWORD = 'conformance';
const START_DEADLINE_MS = 30_000;
const POLL_MS = 100;

/** Bitcoin Core, by its program's name on PATH. */
export const startBitcoind: StartBitcoinPeer = (miningAddress) =>
  start(
    (port, folder) => [
      'bitcoind',
      [
        '-regtest',
        '-server',
        '-listen=0',
        '-dbcache=16',
        '-printtoconsole=0',
        `-datadir=${folder}`,
        `-rpcport=${port}`,
        `-rpcuser=${USER}`,
        `-rpcpassword=${PASSWORD}`,
      ],
    ],
    (peer, blocks) => rawCall(peer, 'generatetoaddress', [blocks, miningAddress]),
  );

/** btcd activates segwit and taproot by votes of its blocks, in three periods of 144. */
const BTCD_ACTIVATION = 3 * 144;

export const startBtcd: StartBitcoinPeer = async (miningAddress) => {
  const peer = await start(
    (port, folder) => {
      const config = join(folder, 'btcd.conf');
      writeFileSync(config, '');
      return [
        'btcd',
        [
          ...['--regtest', '--notls', '--nolisten', '--debuglevel=error'],
          ...[`--configfile=${config}`, `--datadir=${folder}`, `--logdir=${folder}`, `--miningaddr=${miningAddress}`],
          ...[`--rpclisten=127.0.0.1:${port}`, `--rpcuser=${USER}`, `--rpcpass=${PASSWORD}`],
        ],
      ];
    },
    (address, blocks) => rawCall(address, 'generate', [blocks]),
  );
  await peer.mine(BTCD_ACTIVATION);
  return peer;
};

async function start(
  command: (port: number, folder: string) => readonly [program: string, args: readonly string[]],
  mine: (peer: Omit<BitcoinPeer, 'mine' | 'stop'>, blocks: number) => Promise<unknown>,
): Promise<BitcoinPeer> {
  const folder = mkdtempSync(join(tmpdir(), 'alys-peer-'));
  const port = await freePort();
  const [program, args] = command(port, folder);
  const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  const exit = once(child, 'exit');
  const address = { url: `http://127.0.0.1:${port}`, user: USER, password: PASSWORD };
  const stop = async (): Promise<void> => {
    child.kill('SIGTERM');
    await exit;
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await answering(address, child);
  } catch (error) {
    await stop();
    throw error;
  }
  return { ...address, mine: async (blocks) => void (await mine(address, blocks)), stop };
}

async function answering(peer: Omit<BitcoinPeer, 'mine' | 'stop'>, child: ChildProcess): Promise<void> {
  const deadline = Date.now() + START_DEADLINE_MS;
  for (;;) {
    try {
      await rawCall(peer, 'getblockcount', []);
      return;
    } catch (error) {
      if (child.exitCode !== null || Date.now() > deadline) throw error;
      await delay(POLL_MS);
    }
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
