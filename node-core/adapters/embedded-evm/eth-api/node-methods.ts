import { bytesToHex, hexToBytes } from '../../../primitives/hex.ts';
import { keccak256 } from '../crypto.ts';
import type { EthContext, MethodTable } from './context.ts';
import { toQuantity } from './json.ts';
import { data } from './params.ts';

/** What a wallet asks of the client itself. */
export function nodeMethods({ chain, common }: EthContext): MethodTable {
  return {
    web3_clientVersion: () => 'Alys/0.1.0/ethereumjs',
    web3_sha3: ([bytes]) => bytesToHex(keccak256(hexToBytes(data(bytes, 'data')))),
    net_version: () => common.chainId().toString(),
    eth_chainId: () => toQuantity(common.chainId()),
    eth_blockNumber: () => toQuantity(chain.head.payload.blockNumber),
  };
}
