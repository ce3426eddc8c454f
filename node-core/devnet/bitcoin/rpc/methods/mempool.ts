import { txid } from '../../../../primitives/ids.ts';
import { type MempoolEntry, signalsReplacement } from '../../mempool/entry.ts';
import { type Mempool, totalFee, totalVsize } from '../../mempool/mempool.ts';
import { INCREMENTAL_RELAY_FEE_SATS_PER_KVB, MIN_RELAY_FEE_SATS_PER_KVB } from '../../mempool/policy.ts';
import type { RegtestNode } from '../../node.ts';
import type { Arguments } from '../arguments.ts';
import { RPC_ERROR, RpcError } from '../errors.ts';
import type { RpcContext, RpcMethods } from '../method.ts';
import { type Json, btc } from '../render.ts';

export const mempoolMethods: RpcMethods = {
  getmempoolinfo: {
    params: [],
    handle: (_args, { node }) => ({
      loaded: true,
      size: node.mempool.size,
      bytes: node.mempool.totalVsize,
      usage: node.mempool.totalVsize,
      total_fee: btc(node.mempool.totalFeeSats),
      maxmempool: node.maxMempoolVbytes,
      mempoolminfee: btc(MIN_RELAY_FEE_SATS_PER_KVB),
      minrelaytxfee: btc(MIN_RELAY_FEE_SATS_PER_KVB),
      incrementalrelayfee: btc(INCREMENTAL_RELAY_FEE_SATS_PER_KVB),
      unbroadcastcount: 0,
      fullrbf: node.fullRbf,
    }),
  },
  getrawmempool: {
    params: ['verbose', 'mempool_sequence'],
    handle(args, { node }) {
      const entries = node.mempool.all();
      if (!args.boolean('verbose', false)) return entries.map((entry) => entry.tx.txid);
      return Object.fromEntries(entries.map((entry) => [entry.tx.txid, entryJson(entry, node.mempool)]));
    },
  },
  getmempoolentry: {
    params: ['txid'],
    handle(args, { node }) {
      const entry = node.mempool.get(txid(args.hash('txid')));
      if (entry === undefined) throw new RpcError(RPC_ERROR.invalidAddressOrKey, 'Transaction not in mempool');
      return entryJson(entry, node.mempool);
    },
  },
  estimatesmartfee: { params: ['conf_target', 'estimate_mode'], handle: estimateFee },
};

function entryJson(entry: MempoolEntry, pool: Mempool): Json {
  const { txid: id } = entry.tx;
  const ancestors = pool.ancestors([id]);
  const descendants = pool.descendants([id]);
  return {
    vsize: entry.vsize,
    weight: entry.tx.weight,
    time: entry.timeSeconds,
    height: entry.height,
    descendantcount: descendants.length,
    descendantsize: totalVsize(descendants),
    ancestorcount: ancestors.length,
    ancestorsize: totalVsize(ancestors),
    wtxid: entry.tx.wtxid,
    fees: {
      base: btc(entry.feeSats),
      modified: btc(entry.feeSats),
      ancestor: btc(totalFee(ancestors)),
      descendant: btc(totalFee(descendants)),
    },
    depends: [...entry.parents],
    spentby: [...entry.children],
    'bip125-replaceable': ancestors.some((ancestor) => signalsReplacement(ancestor.tx)),
    unbroadcast: false,
  };
}

const MAX_CONF_TARGET = 1_008;
/** How many of the latest blocks an estimate looks at. */
const ESTIMATE_BLOCKS = 25;

/** The median rate that the latest blocks were paid; without any, Core's answer of a node that has seen too little. */
function estimateFee(args: Arguments, { node, faults }: RpcContext): Json {
  const target = args.integer('conf_target');
  if (target < 1 || target > MAX_CONF_TARGET) {
    throw new RpcError(RPC_ERROR.invalidParameter, `Invalid conf_target, must be between 1 and ${MAX_CONF_TARGET}`);
  }
  if (faults.feeRateSatsPerVbyte !== null) {
    return { feerate: btc(BigInt(Math.round(faults.feeRateSatsPerVbyte * 1000))), blocks: target };
  }
  const rates = paidRates(node).sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  const median = rates[rates.length >> 1];
  if (median === undefined) return { errors: ['Insufficient data or no feerate found'], blocks: target };
  return { feerate: btc(median > MIN_RELAY_FEE_SATS_PER_KVB ? median : MIN_RELAY_FEE_SATS_PER_KVB), blocks: target };
}

function paidRates({ chain }: RegtestNode): bigint[] {
  const rates: bigint[] = [];
  for (let height = chain.tip.height; height > 0 && height > chain.tip.height - ESTIMATE_BLOCKS; height--) {
    const node = chain.at(height);
    if (node === undefined) break;
    const undo = chain.undoOf(node);
    for (const [index, tx] of node.block.transactions.entries()) {
      if (tx.isCoinbase) continue;
      const paidIn = (undo[index] ?? []).reduce((sum, coin) => sum + coin.output.amountSats, 0n);
      const paidOut = tx.outputs.reduce((sum, output) => sum + output.amountSats, 0n);
      rates.push(((paidIn - paidOut) * 4000n) / BigInt(tx.weight));
    }
  }
  return rates;
}
