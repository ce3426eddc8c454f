import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { gethGenesis } from '../../node-core/adapters/embedded-evm/genesis.ts';
import { ExternalEngine } from '../../node-core/adapters/engine-api/external-engine.ts';
import type { LocalConfig } from '../../node-core/config/local.ts';
import type { Network } from '../../node-core/config/network.ts';
import type { ExecutionPayload } from '../../node-core/domain/consensus/types.ts';
import { BRIDGE } from './evm-chain.ts';

async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

/** `full` keeps the states of the newest blocks in memory alone, and loses them with a crash. */
type GcMode = 'archive' | 'full';

/** A geth from PATH on a network of ours, alone, in a folder of its own. */
export class Geth {
  readonly #folder: string;
  readonly #gcmode: GcMode;
  readonly #enginePort: number;
  readonly #rpcPort: number;
  readonly #gasLimit: number;
  readonly #secret: Uint8Array;
  #process: ChildProcess | null = null;

  private constructor(
    folder: string,
    gcmode: GcMode,
    enginePort: number,
    rpcPort: number,
    secret: Uint8Array,
    gasLimit: number,
  ) {
    this.#folder = folder;
    this.#gcmode = gcmode;
    this.#enginePort = enginePort;
    this.#rpcPort = rpcPort;
    this.#secret = secret;
    this.#gasLimit = gasLimit;
  }

  /** Makes block 0 and starts. */
  static async start(network: Network, gcmode: GcMode = 'archive'): Promise<Geth> {
    const folder = await mkdtemp(join(tmpdir(), 'alys-geth-'));
    const secret = randomBytes(32);
    await writeFile(join(folder, 'jwt'), secret.toString('hex'), { mode: 0o600 });
    await writeFile(join(folder, 'genesis.json'), JSON.stringify(gethGenesis(network, BRIDGE)));
    const geth = new Geth(folder, gcmode, await freePort(), await freePort(), secret, network.gasLimit);
    await geth.#init();
    await geth.restart();
    return geth;
  }

  async #init(): Promise<void> {
    const genesis = join(this.#folder, 'genesis.json');
    await promisify(execFile)('geth', ['--datadir', join(this.#folder, 'data'), 'init', genesis]);
  }

  /** Kills it, and starts it again with nothing but block 0. */
  async startAnew(): Promise<void> {
    await this.kill();
    await rm(join(this.#folder, 'data'), { recursive: true });
    await this.#init();
    await this.restart();
  }

  async restart(): Promise<void> {
    const options = [
      ['--datadir', join(this.#folder, 'data')],
      ['--authrpc.addr', '127.0.0.1', '--authrpc.port', String(this.#enginePort)],
      ['--authrpc.jwtsecret', join(this.#folder, 'jwt')],
      ['--http', '--http.addr', '127.0.0.1', '--http.port', String(this.#rpcPort)],
      ['--http.api', 'eth,net,web3,txpool,debug'],
      [
        '--syncmode',
        'full',
        '--gcmode',
        this.#gcmode,
        '--nodiscover',
        '--maxpeers',
        '0',
        '--port',
        '0',
        '--ipcdisable',
      ],
      // By itself it would lead the limit to one of its own, which no other member takes.
      ['--miner.gaslimit', String(this.#gasLimit)],
      ['--miner.gasprice', '1000000', '--txpool.pricelimit', '1000000', '--txpool.nolocals'],
      ['--cache', '64'],
    ];
    const child = spawn('geth', options.flat(), { stdio: ['ignore', 'ignore', 'pipe'] });
    this.#process = child;
    const lines = createInterface({ input: child.stderr });
    let log = '';
    let servers = 0;
    for await (const line of lines) {
      log += `${line}\n`;
      // One for wallets, one for the engine.
      if (line.includes('HTTP server started') && ++servers === 2) break;
    }
    if (servers < 2) throw new Error(`geth ended:\n${log}`);
    child.stderr.resume();
  }

  engine(genesis: ExecutionPayload): ExternalEngine {
    return new ExternalEngine({
      engineUrl: `http://127.0.0.1:${this.#enginePort}`,
      rpcUrl: `http://127.0.0.1:${this.#rpcPort}`,
      jwtSecret: this.#secret,
      timeoutMs: 20_000,
      genesis,
    });
  }

  /** What a node's own settings say of this client. */
  get settings(): LocalConfig['execution'] {
    return {
      kind: 'engine',
      engineUrl: `http://127.0.0.1:${this.#enginePort}`,
      rpcUrl: `http://127.0.0.1:${this.#rpcPort}`,
      jwtSecretFile: join(this.#folder, 'jwt'),
      timeoutMs: 20_000,
    };
  }

  async kill(signal: 'SIGTERM' | 'SIGKILL' = 'SIGKILL'): Promise<void> {
    const child = this.#process;
    if (child === null) return;
    this.#process = null;
    const ended = once(child, 'exit');
    child.kill(signal);
    await ended;
  }

  async stop(): Promise<void> {
    await this.kill();
    await rm(this.#folder, { recursive: true, force: true });
  }
}
