import { bytesToBareHex } from '../../../../primitives/hex.ts';
import { type Outpoint, outpoint, splitOutpoint, txid } from '../../../../primitives/ids.ts';
import { encodeBlock, encodeHeader } from '../../block.ts';
import type { BlockNode } from '../../chain/block-node.ts';
import type { Chain } from '../../chain/chain.ts';
import type { Coin } from '../../chain/coins.ts';
import { REGTEST_DIFFICULTY } from '../../regtest.ts';
import { inferDescriptor, scriptOfDescriptor } from '../../script/descriptor.ts';
import type { Arguments } from '../arguments.ts';
import { RPC_ERROR, RpcError } from '../errors.ts';
import type { RpcContext, RpcMethods } from '../method.ts';
import { type Json, blockJson, btc, chainWorkText, headerJson, scriptJson } from '../render.ts';

const MAX_SCAN_OBJECTS = 100;

function needBlock(chain: Chain, hash: string): BlockNode {
  const node = chain.node(hash);
  if (node === undefined) throw new RpcError(RPC_ERROR.invalidAddressOrKey, 'Block not found');
  return node;
}

const reportedTip = ({ node, faults }: RpcContext): BlockNode => faults.stalledTip ?? node.chain.tip;

export const chainMethods: RpcMethods = {
  getblockchaininfo: {
    params: [],
    handle(_args, context) {
      const tip = reportedTip(context);
      const { node, faults } = context;
      return {
        chain: faults.chainName ?? 'regtest',
        blocks: tip.height,
        headers: tip.height,
        bestblockhash: tip.hash,
        difficulty: REGTEST_DIFFICULTY,
        time: tip.block.header.timeSeconds,
        mediantime: tip.medianTimeSeconds,
        verificationprogress: 1,
        initialblockdownload: node.isCatchingUp,
        chainwork: chainWorkText(tip),
        size_on_disk: tip.chainBytes,
        pruned: false,
        warnings: [],
      };
    },
  },
  getbestblockhash: { params: [], handle: (_args, context) => reportedTip(context).hash },
  getblockcount: { params: [], handle: (_args, context) => reportedTip(context).height },
  getblockhash: {
    params: ['height'],
    handle(args, context) {
      const height = args.integer('height');
      const node = height <= reportedTip(context).height ? context.node.chain.at(height) : undefined;
      if (node === undefined) throw new RpcError(RPC_ERROR.invalidParameter, 'Block height out of range');
      return node.hash;
    },
  },
  getblockheader: {
    params: ['blockhash', 'verbose'],
    handle(args, { node }) {
      const block = needBlock(node.chain, args.hash('blockhash'));
      if (args.boolean('verbose', true)) return headerJson(block, node.chain);
      return bytesToBareHex(encodeHeader(block.block.header));
    },
  },
  getblock: {
    params: ['blockhash', 'verbosity'],
    handle(args, { node }) {
      const block = needBlock(node.chain, args.hash('blockhash'));
      const verbosity = args.verbosity('verbosity', 1);
      return verbosity <= 0 ? bytesToBareHex(encodeBlock(block.block)) : blockJson(block, node.chain, verbosity);
    },
  },
  getchaintips: {
    params: [],
    handle: (_args, { node }) =>
      node.chain.tips().map(({ tip, branchLength, status }) => ({
        height: tip.height,
        hash: tip.hash,
        branchlen: branchLength,
        status,
      })),
  },
  gettxout: {
    params: ['txid', 'n', 'include_mempool'],
    handle(args, { node }) {
      const at = outpoint(txid(args.hash('txid')), args.uint32('n'));
      const withMempool = args.boolean('include_mempool', true);
      if (withMempool && node.mempool.spenderOf(at) !== undefined) return null;
      const mined = node.chain.coins.get(at);
      const coin = mined ?? (withMempool ? node.mempool.coin(at) : undefined);
      if (coin === undefined) return null;
      return {
        bestblock: node.chain.tip.hash,
        confirmations: mined === undefined ? 0 : node.chain.tip.height - coin.height + 1,
        value: btc(coin.output.amountSats),
        scriptPubKey: scriptJson(coin.output.script),
        coinbase: coin.isCoinbase,
      };
    },
  },
  scantxoutset: { params: ['action', 'scanobjects'], handle: scan },
  invalidateblock: {
    params: ['blockhash'],
    handle(args, { node }) {
      const block = needBlock(node.chain, args.hash('blockhash'));
      if (block.parent === null) throw new RpcError(RPC_ERROR.misc, 'the genesis block is never invalid');
      node.invalidate(block);
      return null;
    },
  },
  reconsiderblock: {
    params: ['blockhash'],
    handle(args, { node }) {
      node.reconsider(needBlock(node.chain, args.hash('blockhash')));
      return null;
    },
  },
};

function scan(args: Arguments, { node }: RpcContext): Json {
  const action = args.text('action');
  if (action === 'status') return null;
  if (action === 'abort') return false;
  if (action !== 'start') throw new RpcError(RPC_ERROR.invalidParameter, `Invalid action '${action}'`);
  const objects = args.list('scanobjects');
  if (objects.length > MAX_SCAN_OBJECTS) {
    throw new RpcError(RPC_ERROR.invalidParameter, `more than ${MAX_SCAN_OBJECTS} scan objects`);
  }
  const scripts = objects.map(scriptOfScanObject);
  const descriptors = new Map(scripts.map((script) => [bytesToBareHex(script), inferDescriptor(script)]));
  const { chain } = node;
  const found = [...chain.coins.entries()].flatMap(([at, coin]) => {
    const desc = descriptors.get(bytesToBareHex(coin.output.script));
    return desc === undefined ? [] : [{ at, coin, desc }];
  });
  return {
    success: true,
    txouts: chain.coins.size,
    height: chain.tip.height,
    bestblock: chain.tip.hash,
    unspents: found.map(({ at, coin, desc }) => unspentJson(at, coin, desc, chain)),
    total_amount: btc(found.reduce((sum, { coin }) => sum + coin.output.amountSats, 0n)),
  };
}

function scriptOfScanObject(object: unknown): Uint8Array {
  const descriptor = typeof object === 'object' && object !== null ? (object as { desc?: unknown }).desc : object;
  const script = typeof descriptor === 'string' ? scriptOfDescriptor(descriptor) : null;
  if (script === null) {
    throw new RpcError(RPC_ERROR.invalidAddressOrKey, `only addr() and raw() descriptors: ${String(descriptor)}`);
  }
  return script;
}

const unspentJson = (at: Outpoint, coin: Coin, desc: string, chain: Chain): Json => ({
  ...splitOutpoint(at),
  scriptPubKey: bytesToBareHex(coin.output.script),
  desc,
  amount: btc(coin.output.amountSats),
  coinbase: coin.isCoinbase,
  height: coin.height,
  blockhash: chain.at(coin.height)?.hash,
  confirmations: chain.tip.height - coin.height + 1,
});
