import { bytesToBareHex } from '../../../../primitives/hex.ts';
import { txid } from '../../../../primitives/ids.ts';
import { type Block, decodeBlock, encodeBlock } from '../../block.ts';
import { Rejection } from '../../rejection.ts';
import { scriptOfAddress } from '../../script/address.ts';
import type { Arguments } from '../arguments.ts';
import { RPC_ERROR, RpcError } from '../errors.ts';
import type { RpcContext, RpcMethods } from '../method.ts';
import type { Json } from '../render.ts';
import { scriptOfDescriptor } from '../../script/descriptor.ts';
import { readTx } from './transactions.ts';

/** Blocks of one call: beyond it a call would hold the event loop for too long. */
const MAX_BLOCKS_PER_CALL = 1_000;
const MAX_TRANSACTIONS_PER_CALL = 1_000;

export const miningMethods: RpcMethods = {
  generatetoaddress: {
    params: ['nblocks', 'address', 'maxtries'],
    handle(args, { node }) {
      const count = args.integer('nblocks');
      if (count < 0 || count > MAX_BLOCKS_PER_CALL) {
        throw new RpcError(RPC_ERROR.invalidParameter, `nblocks must be between 0 and ${MAX_BLOCKS_PER_CALL}`);
      }
      const script = scriptOfAddress(args.text('address'));
      if (script === null) throw new RpcError(RPC_ERROR.invalidAddressOrKey, 'Error: Invalid address');
      return node.mine(count, script).map((block) => block.hash);
    },
  },
  generateblock: { params: ['output', 'transactions', 'submit'], handle: generateBlock },
  submitblock: {
    params: ['hexdata', 'dummy'],
    handle(args, { node }) {
      const block = readBlock(args);
      try {
        node.addBlock(block);
        return null;
      } catch (error) {
        // Core answers with the bare reason and no error.
        if (error instanceof Rejection) return error.reason;
        throw error;
      }
    },
  },
};

function generateBlock(args: Arguments, { node }: RpcContext): Json {
  const output = args.text('output');
  const script = scriptOfAddress(output) ?? scriptOfDescriptor(output);
  if (script === null) throw new RpcError(RPC_ERROR.invalidAddressOrKey, 'Error: Invalid address or descriptor');
  const items = args.list('transactions');
  if (items.length > MAX_TRANSACTIONS_PER_CALL) {
    throw new RpcError(RPC_ERROR.invalidParameter, `more than ${MAX_TRANSACTIONS_PER_CALL} transactions`);
  }
  const transactions = items.map((item) => {
    const text = String(item);
    if (!/^[0-9a-fA-F]{64}$/.test(text)) return readTx(text);
    const entry = node.mempool.get(txid(text.toLowerCase()));
    if (entry === undefined) {
      throw new RpcError(RPC_ERROR.invalidAddressOrKey, `Transaction ${text} not in mempool.`);
    }
    return entry.tx;
  });
  try {
    const block = node.buildBlock(transactions, script);
    if (!args.boolean('submit', true)) return { hash: block.hash, hex: bytesToBareHex(encodeBlock(block)) };
    node.addBlock(block);
    return { hash: block.hash };
  } catch (error) {
    if (!(error instanceof Rejection)) throw error;
    throw new RpcError(RPC_ERROR.verify, `TestBlockValidity failed: ${error.message}`);
  }
}

function readBlock(args: Arguments): Block {
  try {
    return decodeBlock(args.hex('hexdata'));
  } catch (error) {
    if (!(error instanceof Rejection)) throw error;
    throw new RpcError(RPC_ERROR.deserialization, 'Block decode failed');
  }
}
