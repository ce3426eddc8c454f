import { Transaction } from 'bitcoinjs-lib';
import { z } from 'zod';
import { ServiceError } from '../../primitives/errors.ts';
import { bitcoinBlockHash, bitcoinHeight, txid } from '../../primitives/ids.ts';
import type { BitcoinPort, BitcoinTip } from '../../ports/bitcoin.ts';
import { decodeBlock } from './block.ts';
import { btcTextToSatsCeil } from './decimal.ts';
import { createHttpPost } from './http-post.ts';
import { createJsonRpc, malformed } from './json-rpc.ts';

export interface BitcoinRpcOptions {
  /** `http://127.0.0.1:8332` for instance; user and password in it are ignored. */
  readonly url: string;
  readonly user: string;
  readonly password: string;
  readonly requestTimeoutMs: number;
}

/** A block of 4,000,000 weight units as hex is 8 MB; Core's own JSON around it is small. */
const MAX_RESPONSE_BYTES = 32 * 1024 * 1024;
/** Core's estimates are in BTC per kvB. */
const VBYTES_PER_KVB = 1000n;

/** Core's own default, 10,000 sat/vB; btcd wants it said. */
const MAX_FEE_RATE_BTC_PER_KVB = 0.1;

/** Core's codes. Source: Bitcoin Core, src/rpc/protocol.h. */
const RPC_MISC = -1;
const RPC_INVALID_ADDRESS_OR_KEY = -5;
const RPC_INVALID_PARAMETER = -8;
const RPC_VERIFY_ALREADY_IN_UTXO_SET = -27;
/** How Core and btcd say that they have a transaction. Source: Bitcoin Core, src/validation.cpp; btcd, mempool/mempool.go. */
const ALREADY_KNOWN =
  /already in (?:block chain|utxo set|mempool)|txn-already-(?:known|in-mempool)|txn-same-nonwitness-data-in-mempool|already have transaction|transaction already exists/i;

/** Names of `getblockchaininfo.chain`, Core's and btcd's. */
const CHAINS: Readonly<Record<string, BitcoinTip['chain']>> = {
  main: 'main',
  mainnet: 'main',
  test: 'test',
  testnet3: 'test',
  testnet4: 'test',
  signet: 'signet',
  regtest: 'regtest',
};

const hashSchema = z.string().regex(/^[0-9a-f]{64}$/);
const heightSchema = z.number().int().nonnegative();
const tipSchema = z.object({
  chain: z.string().refine((chain) => Object.hasOwn(CHAINS, chain), 'no known Bitcoin network'),
  blocks: heightSchema,
  bestblockhash: hashSchema,
});
const headerSchema = z.object({ height: heightSchema });
const blockHexSchema = z.string().regex(/^(?:[0-9a-f]{2})+$/);
/** btcd leaves `allowed` out where Core says false. */
const acceptSchema = z.tuple([
  z.object({ allowed: z.boolean().default(false), 'reject-reason': z.string().optional() }),
]);
const estimateSchema = z.object({ feerate: z.union([z.string(), z.number()]).optional() });

/** Bitcoin Core's JSON-RPC as the node's Bitcoin port. Amounts are read from the text of the answer, never as floats. */
export function createBitcoinRpc({ url, user, password, requestTimeoutMs }: BitcoinRpcOptions): BitcoinPort {
  const endpoint = new URL(url);
  endpoint.username = '';
  endpoint.password = '';
  const call = createJsonRpc(
    createHttpPost({
      url: endpoint,
      authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`,
      timeoutMs: requestTimeoutMs,
      maxResponseBytes: MAX_RESPONSE_BYTES,
    }),
  );

  return {
    async getTip() {
      const { chain, blocks, bestblockhash } = await call('getblockchaininfo', [], tipSchema);
      return {
        chain: CHAINS[chain] as BitcoinTip['chain'],
        hash: bitcoinBlockHash(bestblockhash),
        height: bitcoinHeight(blocks),
      };
    },
    async getBlockHash(height) {
      return bitcoinBlockHash(
        await foundOr(call('getblockhash', [height], hashSchema), `no Bitcoin block has height ${height}`),
      );
    },
    async getBlock(hash) {
      // Raw: a quarter of the bytes of the decoded form, and its hashes can be checked.
      const absent = `the Bitcoin node has no block ${hash}`;
      const [{ height }, hex] = await Promise.all([
        foundOr(call('getblockheader', [hash, true], headerSchema), absent),
        foundOr(call('getblock', [hash, 0], blockHexSchema), absent),
      ]);
      return decodeBlock(hex, hash, bitcoinHeight(height));
    },
    async testMempoolAccept(transaction) {
      const [{ allowed, 'reject-reason': reason }] = await call(
        'testmempoolaccept',
        [[transaction], MAX_FEE_RATE_BTC_PER_KVB],
        acceptSchema,
      );
      if (allowed || (reason !== undefined && ALREADY_KNOWN.test(reason))) return { allowed: true, reason: null };
      return { allowed: false, reason: reason ?? 'the Bitcoin node gives no reason' };
    },
    async broadcast(transaction) {
      const own = txid(Transaction.fromHex(transaction).getId());
      try {
        const answered = await call('sendrawtransaction', [transaction], hashSchema);
        if (answered !== own)
          throw malformed('sendrawtransaction', `it names transaction ${answered}, sent was ${own}`);
        return { txid: own, alreadyKnown: false };
      } catch (error) {
        if (!isAlreadyKnown(error)) throw error;
        return { txid: own, alreadyKnown: true };
      }
    },
    async estimateFeeRate(targetBlocks) {
      try {
        const { feerate } = await call('estimatesmartfee', [targetBlocks], estimateSchema);
        const satsPerKvb = feerate === undefined ? null : btcTextToSatsCeil(String(feerate));
        return satsPerKvb === null || satsPerKvb === 0n
          ? null
          : Number((satsPerKvb + VBYTES_PER_KVB - 1n) / VBYTES_PER_KVB);
      } catch (error) {
        if (rpcErrorOf(error) === null) throw error;
        return null;
      }
    },
  };
}

function rpcErrorOf(error: unknown): { readonly rpcCode: number; readonly rpcMessage: string } | null {
  if (!(error instanceof ServiceError) || error.code !== 'BITCOIN_RPC') return null;
  const { rpcCode, rpcMessage } = error.detail;
  return typeof rpcCode === 'number' && typeof rpcMessage === 'string' ? { rpcCode, rpcMessage } : null;
}

function isAlreadyKnown(error: unknown): boolean {
  const rpc = rpcErrorOf(error);
  return rpc !== null && (rpc.rpcCode === RPC_VERIFY_ALREADY_IN_UTXO_SET || ALREADY_KNOWN.test(rpc.rpcMessage));
}

async function foundOr<T>(answer: Promise<T>, sentence: string): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    const rpc = rpcErrorOf(error);
    if (rpc === null) throw error;
    const { rpcCode, rpcMessage } = rpc;
    const absent =
      rpcCode === RPC_INVALID_ADDRESS_OR_KEY ||
      rpcCode === RPC_INVALID_PARAMETER ||
      (rpcCode === RPC_MISC && /out of range/i.test(rpcMessage));
    throw absent ? new ServiceError('BITCOIN_NOT_FOUND', sentence, { rpcCode }, { cause: error }) : error;
  }
}
