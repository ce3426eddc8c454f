import { bytesToBareHex, hexToBytes, isHex } from '../../../../primitives/hex.ts';
import { outpoint, txid } from '../../../../primitives/ids.ts';
import type { BlockNode } from '../../chain/block-node.ts';
import type { Coin } from '../../chain/coins.ts';
import { isUnspendable } from '../../script/standard.ts';
import { feeAt } from '../../mempool/entry.ts';
import type { Mempool } from '../../mempool/mempool.ts';
import type { RegtestNode } from '../../node.ts';
import { Rejection } from '../../rejection.ts';
import { type Tx, decodeTx, vsizeOf } from '../../transaction.ts';
import { type Arguments, checkHash, isUint32 } from '../arguments.ts';
import { RPC_ERROR, RpcError } from '../errors.ts';
import type { RpcContext, RpcMethods } from '../method.ts';
import { type Json, btc, transactionJson } from '../render.ts';

const MAX_TEST_TRANSACTIONS = 25;
const MAX_PREVOUT_QUERIES = 1_000;
/** BTC for 1000 virtual bytes. Source: Bitcoin Core, `DEFAULT_MAX_RAW_TX_FEE_RATE`. */
const DEFAULT_MAX_FEE_RATE_SATS_PER_KVB = 10_000_000n;

export function readTx(text: string): Tx {
  const failed = 'TX decode failed. Make sure the tx has at least one input.';
  if (!isHex(`0x${text}`)) throw new RpcError(RPC_ERROR.deserialization, failed);
  try {
    return decodeTx(hexToBytes(text));
  } catch (error) {
    if (error instanceof Rejection && error.reason === 'tx-decode-failed') {
      throw new RpcError(RPC_ERROR.deserialization, failed);
    }
    throw error;
  }
}

export const transactionMethods: RpcMethods = {
  getrawtransaction: { params: ['txid', 'verbosity', 'blockhash'], handle: getRawTransaction },
  decoderawtransaction: {
    params: ['hexstring', 'iswitness'],
    handle(args) {
      const { hex: _hex, ...decoded } = transactionJson(readTx(args.text('hexstring')));
      return decoded;
    },
  },
  testmempoolaccept: { params: ['rawtxs', 'maxfeerate'], handle: testMempoolAccept },
  sendrawtransaction: { params: ['hexstring', 'maxfeerate', 'maxburnamount'], handle: send },
  gettxspendingprevout: {
    params: ['outputs'],
    handle(args, { node }) {
      const outputs = args.list('outputs');
      if (outputs.length === 0 || outputs.length > MAX_PREVOUT_QUERIES) {
        throw new RpcError(RPC_ERROR.invalidParameter, 'Invalid parameter, outputs are missing or too many');
      }
      return outputs.map((output) => {
        const { txid: id, vout } = Object(output) as { txid?: unknown; vout?: unknown };
        if (typeof id !== 'string' || !isUint32(vout)) {
          throw new RpcError(RPC_ERROR.invalidParameter, 'Invalid parameter, txid and vout of each output are needed');
        }
        const spender = node.mempool.spenderOf(outpoint(txid(checkHash(id, 'txid')), vout));
        return { txid: id, vout, ...(spender === undefined ? {} : { spendingtxid: spender }) };
      });
    },
  },
};

function getRawTransaction(args: Arguments, { node }: RpcContext): Json {
  const id = txid(args.hash('txid'));
  const verbosity = args.verbosity('verbosity', 0);
  const within = args.has('blockhash') ? node.chain.node(args.hash('blockhash')) : null;
  if (within === undefined) throw new RpcError(RPC_ERROR.invalidAddressOrKey, 'Block hash not found');
  const found = within === null ? findTx(node, id) : findInBlock(node, id, within);
  if (found === undefined) {
    const where =
      within === null ? 'No such mempool or blockchain transaction' : 'No such transaction found in the provided block';
    throw new RpcError(RPC_ERROR.invalidAddressOrKey, `${where}. Use gettransaction for wallet transactions.`);
  }
  if (verbosity <= 0) return bytesToBareHex(found.tx.bytes);
  const detail = verbosity >= 2 ? { spent: found.spent, withPrevouts: true } : {};
  return {
    ...(within === null ? {} : { in_active_chain: node.chain.isActive(within) }),
    ...transactionJson(found.tx, detail),
    ...(found.block === null ? {} : placeJson(found.block, node)),
  };
}

interface FoundTx {
  readonly tx: Tx;
  readonly block: BlockNode | null;
  readonly spent: readonly Coin[] | undefined;
}

function findTx(node: RegtestNode, id: Tx['txid']): FoundTx | undefined {
  const waiting = node.mempool.get(id);
  if (waiting !== undefined) {
    const spent = waiting.tx.inputs.flatMap((input) => node.coin(input.outpoint) ?? []);
    return { tx: waiting.tx, block: null, spent };
  }
  const location = node.chain.locate(id);
  return location && findInBlock(node, id, location.node);
}

function findInBlock(node: RegtestNode, id: Tx['txid'], block: BlockNode): FoundTx | undefined {
  const index = block.block.transactions.findIndex((tx) => tx.txid === id);
  const tx = block.block.transactions[index];
  return tx && { tx, block, spent: node.chain.undoOf(block)[index] };
}

function placeJson(block: BlockNode, { chain }: RegtestNode): Record<string, Json> {
  const time = block.block.header.timeSeconds;
  // Core leaves the times out where the block is not in the active chain.
  if (!chain.isActive(block)) return { blockhash: block.hash, confirmations: 0 };
  return { blockhash: block.hash, confirmations: chain.confirmations(block), time, blocktime: time };
}

function testMempoolAccept(args: Arguments, { node }: RpcContext): Json {
  const texts = args.list('rawtxs');
  if (texts.length < 1 || texts.length > MAX_TEST_TRANSACTIONS) {
    throw new RpcError(
      RPC_ERROR.invalidParameter,
      `Array must contain between 1 and ${MAX_TEST_TRANSACTIONS} transactions.`,
    );
  }
  const maxRate = args.amountSats('maxfeerate', DEFAULT_MAX_FEE_RATE_SATS_PER_KVB);
  const pool = texts.length === 1 ? node.mempool : node.mempool.fork();
  return texts.map((text) => testOne(readTx(String(text)), node, pool, maxRate));
}

function testOne(tx: Tx, node: RegtestNode, pool: Mempool, maxRateSatsPerKvb: bigint): Json {
  const ids = { txid: tx.txid, wtxid: tx.wtxid };
  try {
    const { entry, replaced } = node.assess(tx, pool);
    if (maxRateSatsPerKvb > 0n && entry.feeSats > feeAt(maxRateSatsPerKvb, entry.vsize)) {
      return { ...ids, allowed: false, 'reject-reason': 'max-fee-exceeded' };
    }
    if (pool !== node.mempool) {
      pool.remove(replaced.map((other) => other.tx.txid));
      pool.add(entry);
    }
    const rate = (entry.feeSats * 1000n) / BigInt(entry.vsize);
    const fees = { base: btc(entry.feeSats), 'effective-feerate': btc(rate), 'effective-includes': [tx.wtxid] };
    return { ...ids, allowed: true, vsize: entry.vsize, fees };
  } catch (error) {
    if (!(error instanceof Rejection)) throw error;
    const { reason } = error;
    return { ...ids, allowed: false, 'reject-reason': reason === MISSING ? 'missing-inputs' : reason };
  }
}

const MISSING = 'bad-txns-inputs-missingorspent';

function send(args: Arguments, { node }: RpcContext): Json {
  const maxRate = args.amountSats('maxfeerate', DEFAULT_MAX_FEE_RATE_SATS_PER_KVB);
  const maxBurn = args.amountSats('maxburnamount', 0n);
  try {
    const tx = readTx(args.text('hexstring'));
    if (tx.outputs.some(({ script, amountSats }) => isUnspendable(script) && amountSats > maxBurn)) {
      throw new RpcError(RPC_ERROR.verify, 'Unspendable output exceeds maximum configured by user (maxburnamount)');
    }
    broadcast(tx, node, maxRate);
    return tx.txid;
  } catch (error) {
    if (!(error instanceof Rejection)) throw error;
    throw new RpcError(error.reason === MISSING ? RPC_ERROR.verify : RPC_ERROR.verifyRejected, error.message);
  }
}

/** Core's `BroadcastTransaction`: what waits already is sent again, which is no error. */
function broadcast(tx: Tx, node: RegtestNode, maxRateSatsPerKvb: bigint): void {
  if (node.chain.coins.hasOutputOf(tx.txid, tx.outputs.length)) {
    throw new RpcError(RPC_ERROR.verifyAlreadyInChain, 'Transaction outputs already in utxo set');
  }
  if (node.mempool.get(tx.txid) !== undefined) return;
  const admission = node.assess(tx);
  if (maxRateSatsPerKvb > 0n && admission.entry.feeSats > feeAt(maxRateSatsPerKvb, vsizeOf(tx.weight))) {
    throw new RpcError(RPC_ERROR.verify, 'Fee exceeds maximum configured by user (e.g. -maxtxfee, maxfeerate)');
  }
  node.admit(admission);
}
