import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { type RpcAccess, callRpc } from '../../../node-core/devnet/bitcoin/wallet/rpc-client.ts';

/** The btcd on PATH, or null. */
export function findBtcd(): string | null {
  const folders = (process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  const isExecutable = (file: string): boolean => {
    try {
      accessSync(file, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  };
  return folders.map((folder) => join(folder, 'btcd')).find(isExecutable) ?? null;
}

export interface Btcd extends AsyncDisposable {
  rpc<T = unknown>(method: string, ...params: readonly unknown[]): Promise<T>;
}

const STARTING_MS = 20_000;
const POLL_MS = 50;

/** Starts btcd on regtest, without peers, in a folder of its own. */
export async function startBtcd(program: string, miningAddress: string): Promise<Btcd> {
  const folder = await mkdtemp(join(tmpdir(), 'btcd-'));
  const configFile = join(folder, 'btcd.conf');
  await writeFile(configFile, '');
  const port = await freePort();
  const access: RpcAccess = { url: `http://127.0.0.1:${port}/`, rpcUser: 'test', rpcPassword: 'test' };
  const options = [
    '--regtest',
    `--configfile=${configFile}`,
    `--datadir=${join(folder, 'data')}`,
    `--logdir=${join(folder, 'logs')}`,
    `--rpclisten=127.0.0.1:${port}`,
    `--rpcuser=${access.rpcUser}`,
    `--rpcpass=${access.rpcPassword}`,
    `--miningaddr=${miningAddress}`,
    '--notls',
    '--nolisten',
    '--nodnsseed',
    '--rejectnonstd',
    '--norelaypriority',
    '--txindex',
  ];
  const child = spawn(program, options, { stdio: 'ignore', env: { HOME: folder } });
  const stop = async (): Promise<void> => {
    if (child.exitCode === null && child.kill('SIGKILL')) await once(child, 'exit');
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await answering(access, child);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    rpc: <T>(method: string, ...params: readonly unknown[]) => callRpc(access, method, params) as Promise<T>,
    [Symbol.asyncDispose]: stop,
  };
}

async function answering(access: RpcAccess, child: ChildProcess): Promise<void> {
  for (const deadline = Date.now() + STARTING_MS; ;) {
    try {
      await callRpc(access, 'getblockcount', []);
      return;
    } catch (error) {
      if (Date.now() > deadline || child.exitCode !== null) throw error;
      await wait(POLL_MS);
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
