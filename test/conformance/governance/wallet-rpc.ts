import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { AbiCoder, toUtf8Bytes } from 'ethers';

const REQUEST_PEG_OUT = '0xaa1c6070bc915de33c0fbc36ecf77b1e4fc1ebce832b2da62b6fe25f5a7dd5b0';

export interface BurnLog {
  readonly destination: string;
  readonly amountWei: bigint;
  readonly blockNumber: number;
  readonly logIndex: number;
  /** The log's own address. */
  readonly address: string;
  readonly succeeded: boolean;
  readonly contractCreation: boolean;
}

/** The part of a node's wallet JSON-RPC that members read, over a chain that the test writes. */
export interface WalletRpc {
  readonly url: string;
  /** Block hash of a height. */
  hashOf(blockNumber: number): string;
  burns: BurnLog[];
  finalizedNumber: number;
  /** While true every call fails. */
  broken: boolean;
  close(): Promise<void>;
}

const quantity = (value: number): string => `0x${value.toString(16)}`;

export async function startWalletRpc(): Promise<WalletRpc> {
  const hashOf = (blockNumber: number): string => `0x${blockNumber.toString(16).padStart(64, 'b')}`;
  const numberOf = (hash: string): number => Number.parseInt(hash.replace(/^0xb*/, ''), 16);
  const block = (number: number) => ({ hash: hashOf(number), number: quantity(number) });
  const txHashOf = ({ blockNumber, logIndex }: BurnLog): string =>
    `0x${((blockNumber << 8) + logIndex).toString(16).padStart(64, 'd')}`;

  const methods: Record<string, (...params: never[]) => unknown> = {
    eth_getBlockByHash: (hash: string) => block(numberOf(hash)),
    eth_getBlockByNumber: (tag: string) => block(tag === 'finalized' ? rpc.finalizedNumber : Number(tag)),
    eth_getLogs: ({ blockHash }: { blockHash: string }) =>
      rpc.burns
        .filter(({ blockNumber }) => hashOf(blockNumber) === blockHash)
        .map((burn) => ({
          address: burn.address,
          topics: [REQUEST_PEG_OUT, `0x${'0'.repeat(64)}`],
          data: AbiCoder.defaultAbiCoder().encode(
            ['bytes', 'uint256'],
            [toUtf8Bytes(burn.destination), burn.amountWei],
          ),
          logIndex: quantity(burn.logIndex),
          transactionHash: txHashOf(burn),
        })),
    eth_getTransactionReceipt: (hash: string) => {
      const burn = rpc.burns.find((candidate) => txHashOf(candidate) === hash);
      return burn && { status: burn.succeeded ? '0x1' : '0x0', to: burn.contractCreation ? null : burn.address };
    },
  };

  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      const { method, params } = JSON.parse(body) as { method: string; params: never[] };
      const answer = rpc.broken
        ? { error: { code: -32000, message: 'out of order' } }
        : { result: methods[method]?.(...params) ?? null };
      response.end(JSON.stringify({ jsonrpc: '2.0', id: 1, ...answer }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const rpc: WalletRpc = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    hashOf,
    burns: [],
    finalizedNumber: 100,
    broken: false,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return rpc;
}
