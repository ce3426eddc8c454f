import { createBitcoinRpc } from '../../../node-core/adapters/bitcoin-rpc/create-bitcoin-rpc.ts';
import type { BitcoinPort } from '../../../node-core/ports/bitcoin.ts';

/** A running regtest server of Core's JSON-RPC that a test may mine on. */
export interface BitcoinPeer {
  readonly url: string;
  readonly user: string;
  readonly password: string;
  /** Mines so many blocks on the tip, to the address that the peer was started with. */
  mine(blocks: number): Promise<void>;
  stop(): Promise<void>;
}

/** Starts a fresh chain whose blocks pay `miningAddress`. */
export type StartBitcoinPeer = (miningAddress: string) => Promise<BitcoinPeer>;

/** One call without the adapter under test. */
export async function rawCall(
  peer: Omit<BitcoinPeer, 'mine' | 'stop'>,
  method: string,
  params: readonly unknown[],
): Promise<unknown> {
  const response = await fetch(peer.url, {
    method: 'POST',
    headers: { authorization: `Basic ${btoa(`${peer.user}:${peer.password}`)}`, 'content-type': 'application/json' },
    body: JSON.stringify({ jsonrpc: '1.0', id: 1, method, params }),
  });
  const { result, error } = (await response.json()) as { result: unknown; error: unknown };
  if (error) throw new Error(`${method}: ${JSON.stringify(error)}`);
  return result;
}

export const portOf = (
  { url, user, password }: BitcoinPeer,
  override: { readonly password?: string } = {},
): BitcoinPort => createBitcoinRpc({ url, user, password: override.password ?? password, requestTimeoutMs: 30_000 });
