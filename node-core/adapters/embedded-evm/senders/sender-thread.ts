import { parentPort } from 'node:worker_threads';
import type { Common } from '@ethereumjs/common';
import { assert } from '../../../primitives/assert.ts';
import type { Hex } from '../../../primitives/hex.ts';
import type { EvmAddress } from '../../../primitives/ids.ts';
import { chainCommon } from '../chain-common.ts';
import { decodeTransaction } from '../transactions.ts';
import { READY, type SendersReply, type SendersRequest } from './thread-protocol.ts';

assert(parentPort !== null, 'this file runs as a worker thread');
const port = parentPort;
const commons = new Map<number, Common>();

function commonOf(chainId: number): Common {
  const common = commons.get(chainId) ?? chainCommon(chainId);
  commons.set(chainId, common);
  return common;
}

function senderOf(raw: Hex, common: Common): EvmAddress | null {
  try {
    return decodeTransaction(raw, common).sender;
  } catch {
    // Whoever asked decodes it again, for the reason.
    return null;
  }
}

port.on('message', ({ id, chainId, raws }: SendersRequest) => {
  const common = commonOf(chainId);
  port.postMessage({ id, senders: raws.map((raw) => senderOf(raw, common)) } satisfies SendersReply);
});
port.postMessage(READY);
