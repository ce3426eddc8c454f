import { RawTx } from '@scure/btc-signer';
import { z } from 'zod';
import { ServiceError } from '../../primitives/errors.ts';
import { bytesToBareHex, hexToBytes } from '../../primitives/hex.ts';
import { type RpcEndpoint, callRpc } from './json-rpc.ts';

export interface ConfirmedTransaction {
  readonly confirmations: number;
  readonly isCoinbase: boolean;
  /** Witness stack of each input, in order. */
  readonly witnesses: readonly (readonly Uint8Array[])[];
  /** Scripts are bare hex. */
  readonly outputs: readonly { readonly amountSats: bigint; readonly script: string }[];
}

/** An output of the chain that no confirmed transaction spends. */
export interface UnspentOutput {
  readonly amountSats: bigint;
  /** Bare hex. */
  readonly script: string;
}

/** What members ask a Bitcoin Core node; errors are those of `callRpc`. */
export interface BitcoinView {
  /** The transaction in the best chain's block of that height; null when it isn't there. */
  transactionAt(height: number, txid: string): Promise<ConfirmedTransaction | null>;
  unspent(txid: string, vout: number): Promise<UnspentOutput | null>;
}

/** Core's "no such block" and "no such transaction". Source: Bitcoin Core, rpc/protocol.h. */
const INVALID_PARAMETER = -8;
const NOT_FOUND = -5;
const SATS_PER_BTC = 1e8;
const COINBASE_TXID = '00'.repeat(32);

const unspentSchema = z
  .object({ value: z.number().nonnegative(), scriptPubKey: z.object({ hex: z.string() }) })
  // Eight decimals of at most 21 million survive the detour through a double.
  .transform(({ value, scriptPubKey }) => ({
    amountSats: BigInt(Math.round(value * SATS_PER_BTC)),
    script: scriptPubKey.hex,
  }))
  .nullable();

function isAbsent(error: unknown): boolean {
  return (
    error instanceof ServiceError &&
    error.code === 'RPC_ERROR' &&
    (error.detail.code === NOT_FOUND || error.detail.code === INVALID_PARAMETER)
  );
}

export function bitcoinView(endpoint: RpcEndpoint): BitcoinView {
  return {
    async transactionAt(height, txid) {
      try {
        const tip = await callRpc(endpoint, 'getblockcount', [], z.number().int());
        const blockHash = await callRpc(endpoint, 'getblockhash', [height], z.string());
        const raw = await callRpc(endpoint, 'getrawtransaction', [txid, false, blockHash], z.string());
        const { inputs, outputs, witnesses } = RawTx.decode(hexToBytes(raw));
        return {
          confirmations: tip - height + 1,
          isCoinbase: inputs.some((input) => bytesToBareHex(input.txid) === COINBASE_TXID),
          witnesses: witnesses ?? [],
          outputs: outputs.map(({ amount, script }) => ({ amountSats: amount, script: bytesToBareHex(script) })),
        };
      } catch (error) {
        if (isAbsent(error)) return null;
        throw error;
      }
    },
    unspent: (txid, vout) => callRpc(endpoint, 'gettxout', [txid, vout, false], unspentSchema),
  };
}
