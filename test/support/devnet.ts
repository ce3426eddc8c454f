import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createDevnet, type Devnet, type DevnetOptions, devnetParameters } from '../../node-core/index.ts';

export interface TestDevnet extends Devnet {
  /** What a node could not mend; empty when all went well. */
  readonly failures: readonly string[];
}

/** The shortest slot that the network file allows, so that a test waits as little as an operator may. */
const SLOT_MS = 1000;

/**
 * A devnet in a folder of its own, which goes with it. Bitcoin blocks come quickly by themselves unless `mining` is null.
 */
export async function startTestDevnet(options: Partial<DevnetOptions> = {}): Promise<TestDevnet> {
  const dataDir = options.dataDir ?? mkdtempSync(join(tmpdir(), 'alys-devnet-'));
  const failures: string[] = [];
  const devnet = await createDevnet({
    nodes: 3,
    parameters: { ...devnetParameters, slotDurationMs: SLOT_MS },
    rpcPort: 0,
    mining: { delayMs: 300, intervalMs: 300 },
    onFailure: (sentence) => failures.push(sentence),
    ...options,
    dataDir,
  });
  return {
    ...devnet,
    failures,
    async close() {
      await devnet.close();
      if (options.dataDir === undefined) rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

/**
 * Looks again and again until `look` gives something.
 * @throws Error naming `what` after `timeoutMs`.
 */
export async function eventually<T>(
  what: string,
  look: () => Promise<T | null | undefined | false> | T | null | undefined | false,
  timeoutMs = 60_000,
): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const found = await look();
    if (found !== null && found !== undefined && found !== false) return found;
    if (Date.now() > deadline) throw new Error(`timed out after ${timeoutMs} ms waiting for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** A JSON-RPC call with nothing but fetch: it shares no code with the node. */
export async function rawRpc<T>(
  url: string,
  method: string,
  params: readonly unknown[],
  basicAuth?: { readonly user: string; readonly password: string },
): Promise<T> {
  const headers: Record<string, string> = { 'content-type': 'application/json' };
  if (basicAuth !== undefined)
    headers['authorization'] = `Basic ${Buffer.from(`${basicAuth.user}:${basicAuth.password}`).toString('base64')}`;
  const response = await fetch(url, {
    method: 'POST',
    headers,
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
  });
  const body = (await response.json()) as { readonly result?: T; readonly error?: { readonly message: string } | null };
  if (body.error) throw new Error(`${method}: ${body.error.message}`);
  return body.result as T;
}

/** Raw Bitcoin RPC of a devnet. */
export const bitcoinRpc = <T>(devnet: Devnet, method: string, ...params: readonly unknown[]): Promise<T> =>
  rawRpc<T>(devnet.bitcoin.url, method, params, { user: 'alys', password: devnet.identity.rpcPassword });
