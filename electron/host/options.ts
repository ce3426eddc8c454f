import { parseArgs } from 'node:util';

export type HostMode = 'desktop' | 'browser' | 'headless';

/** What `npm start` was asked for. Source: commands.md. */
export interface StartOptions {
  readonly mode: HostMode;
  /** A known name or the path of a network file. */
  readonly network: string;
  /** This node's own settings; only with a network file. */
  readonly configFile: string | null;
  /** Null for the default of the platform. */
  readonly dataDir: string | null;
  /** Nodes of the embedded devnet, 1 to 15. */
  readonly nodes: number;
  /** Of the console in the browser, of the wallet endpoint when headless; 0 takes a free one. */
  readonly port: number;
}

/** An argument that can't be used: one line that says what is allowed. */
export class UsageError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'UsageError';
  }
}

const DEFAULT_NODES = 3;
const MAX_NODES = 15;
const MAX_PORT = 65_535;

export const usage = `npm start -- [--browser|--headless] [--network NAME|FILE] [--config FILE] [--data-dir DIR] [--nodes N] [--port P]

  --browser       serve the console to a browser on this machine
  --headless      run without any window
  --network       devnet (the default), or the path of a network file
  --config        this node's settings, with a network file
  --data-dir      where everything is kept
  --nodes         nodes of the embedded devnet, 1 to ${MAX_NODES} (default ${DEFAULT_NODES})
  --port          port of the console in the browser, of the wallet endpoint when headless (default: a free one)`;

const flags = {
  browser: { type: 'boolean' },
  headless: { type: 'boolean' },
  network: { type: 'string' },
  config: { type: 'string' },
  'data-dir': { type: 'string' },
  nodes: { type: 'string' },
  port: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const;

/**
 * Null when only the usage was asked for.
 * @throws UsageError for an unknown argument, a value outside its range, or two that exclude each other.
 */
export function parseOptions(args: readonly string[]): StartOptions | null {
  const values = valuesOf(args);
  if (values.help) return null;
  if (values.browser && values.headless) throw new UsageError('--browser and --headless exclude each other');
  for (const name of ['network', 'config', 'data-dir'] as const) {
    if (values[name] === '') throw new UsageError(`--${name} needs a value`);
  }
  const network = values.network ?? 'devnet';
  const embedded = network === 'devnet';
  if (embedded && values.config !== undefined) {
    throw new UsageError('--config goes with --network FILE; the embedded devnet makes its own settings');
  }
  if (!embedded && values.nodes !== undefined) throw new UsageError('--nodes goes with the embedded devnet');
  if (!embedded && values.config === undefined) throw new UsageError(`--network ${network} needs --config FILE`);
  return {
    mode: values.headless ? 'headless' : values.browser ? 'browser' : 'desktop',
    network,
    configFile: values.config ?? null,
    dataDir: values['data-dir'] ?? null,
    nodes: wholeNumber('nodes', values.nodes, DEFAULT_NODES, 1, MAX_NODES),
    port: wholeNumber('port', values.port, 0, 0, MAX_PORT),
  };
}

function valuesOf(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: flags, strict: true, allowPositionals: false }).values;
  } catch (error) {
    // Node's own sentence names the argument; the allowed ones are ours to name.
    const [sentence = ''] = (error as Error).message.split('. ', 1);
    throw new UsageError(
      `${sentence}; allowed: ${Object.keys(flags)
        .map((name) => `--${name}`)
        .join(' ')}`,
    );
  }
}

function wholeNumber(name: string, text: string | undefined, fallback: number, least: number, most: number): number {
  if (text === undefined) return fallback;
  const value = /^\d{1,6}$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= least && value <= most)) {
    throw new UsageError(`--${name} ${text}: a whole number from ${least} to ${most}`);
  }
  return value;
}
