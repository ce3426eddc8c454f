import { AbiCoder, toUtf8String } from 'ethers';
import { z } from 'zod';
import { NetworkError } from '../../primitives/errors.ts';
import { callRpc } from './json-rpc.ts';

/** `RequestPegOut(address indexed _evmAddress, bytes _bitcoinAddress, uint256 _value)`. Source: protocol.md, Burns and payouts. */
const REQUEST_PEG_OUT = '0xaa1c6070bc915de33c0fbc36ecf77b1e4fc1ebce832b2da62b6fe25f5a7dd5b0';

/** Where a claimed burn stands, as a node's wallet JSON-RPC tells it. */
export type BurnFinding =
  | { readonly state: 'final'; readonly destination: string; readonly amountWei: bigint }
  /** Its block is unknown yet or not final yet. */
  | { readonly state: 'pending'; readonly reason: string }
  | { readonly state: 'absent'; readonly reason: string };

/** Errors: the last node's, as `callRpc` gives it, when none answers. */
export interface EvmView {
  findBurn(blockHash: string, logIndex: number): Promise<BurnFinding>;
  /** Number of the last final block; 0 while there is none. */
  finalHeight(): Promise<number>;
}

const hex = z.string().regex(/^0x[0-9a-f]*$/i);
const header = z.object({ hash: hex, number: hex.transform(Number) }).nullable();
const logs = z.array(
  z.object({ address: hex, topics: z.array(hex), data: hex, logIndex: hex.transform(Number), transactionHash: hex }),
);
const receipt = z.object({ status: hex, to: hex.nullable() }).nullable();

const absent = (reason: string): BurnFinding => ({ state: 'absent', reason });
const pending = (reason: string): BurnFinding => ({ state: 'pending', reason });

async function findOn(url: string, bridge: string, blockHash: string, logIndex: number): Promise<BurnFinding> {
  const endpoint = { url, credentials: null };
  const block = await callRpc(endpoint, 'eth_getBlockByHash', [blockHash, false], header);
  if (block === null) return pending("the burn's block is not known");
  const final = await callRpc(endpoint, 'eth_getBlockByNumber', ['finalized', false], header);
  if (final === null || final.number < block.number) return pending("the burn's block is not final");
  const canonical = await callRpc(endpoint, 'eth_getBlockByNumber', [`0x${block.number.toString(16)}`, false], header);
  if (canonical?.hash.toLowerCase() !== blockHash) return absent("the burn's block is not in the chain");
  const filter = { blockHash, address: bridge, topics: [REQUEST_PEG_OUT] };
  const found = (await callRpc(endpoint, 'eth_getLogs', [filter], logs)).find((log) => log.logIndex === logIndex);
  // The filter is the node's to apply and the member's to check.
  if (found?.address.toLowerCase() !== bridge || found.topics[0]?.toLowerCase() !== REQUEST_PEG_OUT) {
    return absent('there is no burn at that log index');
  }
  const outcome = await callRpc(endpoint, 'eth_getTransactionReceipt', [found.transactionHash], receipt);
  if (outcome === null || Number(outcome.status) !== 1) return absent("the burn's transaction did not succeed");
  if (outcome.to === null) return absent('a contract creation is no burn');
  return { state: 'final', ...decodeBurn(found.data) };
}

function decodeBurn(data: string): { readonly destination: string; readonly amountWei: bigint } {
  const [address, amountWei] = AbiCoder.defaultAbiCoder().decode(['bytes', 'uint256'], data) as unknown as [
    string,
    bigint,
  ];
  return { destination: toUtf8String(address), amountWei };
}

/** Asks the nodes in turn, beginning with the member's own, until one answers. `urls` is read at each use. */
export function evmView(urls: readonly string[], bridge: string, first: number): EvmView {
  async function askInTurn<T>(ask: (url: string) => Promise<T>): Promise<T> {
    let failure: unknown = new NetworkError('RPC_UNREACHABLE', 'there is no node to ask');
    for (let offset = 0; offset < urls.length; offset++) {
      const url = urls[(first + offset) % urls.length];
      try {
        if (url !== undefined) return await ask(url);
      } catch (error) {
        failure = error;
      }
    }
    throw failure;
  }
  return {
    findBurn: (blockHash, logIndex) => askInTurn((url) => findOn(url, bridge, blockHash, logIndex)),
    finalHeight: () =>
      askInTurn(async (url) => {
        const final = await callRpc({ url, credentials: null }, 'eth_getBlockByNumber', ['finalized', false], header);
        return final?.number ?? 0;
      }),
  };
}
