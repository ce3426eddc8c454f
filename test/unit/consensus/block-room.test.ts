import { describe, expect, it } from 'vitest';
import { payoutsThatFit, TRANSACTION_ROOM_BYTES } from '../../../node-core/domain/consensus/block-room.ts';
import { encodeSignedBlock, signedBlockSize } from '../../../node-core/domain/consensus/encoding.ts';
import {
  MAX_MEMBERS,
  MAX_PAYOUT_INPUTS,
  MAX_PAYOUT_SHARES,
  MAX_PEG_INS,
  MAX_PEG_OUTS,
  MAX_SIGNED_BLOCK_BYTES,
  MAX_TRANSACTION_BYTES,
  MAX_UNSIGNED_TX_BYTES,
} from '../../../node-core/domain/consensus/ssz.ts';
import type { Block, PegOutEntry, SignedBlock } from '../../../node-core/domain/consensus/types.ts';
import { MAX_UPDATE_BYTES } from '../../../node-core/domain/federation/member-set.ts';
import { createConsensusWorld } from '../../support/consensus-world.ts';

const { genesis } = createConsensusWorld(4);
const list = <T>(length: number, of: (index: number) => T): T[] => Array.from({ length }, (_, index) => of(index));
const bare = (byte: string, length: number): string => byte.repeat(length);
const signatures = list(MAX_MEMBERS, (member) => ({ member, signature: bare('cd', 64) }));

/** The largest one that there is. */
const payout = (number: number): PegOutEntry =>
  ({
    status: 'Proposed',
    id: bare(number.toString(16).padStart(2, '0'), 32),
    txid: bare('ab', 32),
    unsignedTx: bare('00', MAX_UNSIGNED_TX_BYTES),
    inputs: list(MAX_PAYOUT_INPUTS, (vout) => ({ outpoint: `${bare('11', 32)}:${vout}`, amountSats: 1n, epoch: 0 })),
    shares: list(MAX_PAYOUT_SHARES, (index) => ({
      burn: `0x${bare('22', 32)}:${index}`,
      outputSats: 1n,
      feeShareSats: 1n,
    })),
  }) as unknown as PegOutEntry;
const confirmed = { status: 'Confirmed', id: bare('fe', 32), txid: bare('fd', 32) } as unknown as PegOutEntry;

/** Transactions that take so many bytes of a block with their offsets. */
function transactionsOf(bytes: number): string[] {
  const transactions: string[] = [];
  for (let left = bytes; left > 0; left -= MAX_TRANSACTION_BYTES + 4)
    transactions.push(`0x02${'00'.repeat(Math.min(left - 4, MAX_TRANSACTION_BYTES) - 1)}`);
  return transactions;
}

/** A block whose every list but those of transactions and payouts is as long as it may be. */
const blockWith = (transactionBytes: number, pegOuts: readonly PegOutEntry[]): Block =>
  ({
    ...genesis.signed.block,
    payload: {
      ...genesis.signed.block.payload,
      extraData: `0x${'ee'.repeat(32)}`,
      transactions: transactionsOf(transactionBytes),
      withdrawals: list(MAX_PEG_INS, () => ({
        index: 1n,
        validatorIndex: 0n,
        address: `0x${bare('33', 20)}`,
        amountGwei: 1n,
      })),
    },
    pegIns: list(MAX_PEG_INS, (vout) => ({
      outpoint: `${bare('44', 32)}:${vout}`,
      amountSats: 1n,
      recipient: `0x${bare('55', 20)}`,
      epoch: 0,
      certificate: signatures,
    })),
    pegOuts,
    federationUpdates: [
      { update: 'u'.repeat(MAX_UPDATE_BYTES), messageId: bare('66', 16), epoch: 0, expiresAtMs: 0, signatures },
    ],
  }) as unknown as Block;

describe('the room for transactions in a block', () => {
  it('is what the largest rest of a block and the largest payout leave, to the byte', () => {
    const block = blockWith(TRANSACTION_ROOM_BYTES, [payout(1)]);
    expect(signedBlockSize(block)).toBe(MAX_SIGNED_BLOCK_BYTES);
    const signed: SignedBlock = { block, signature: genesis.signed.signature };
    expect(encodeSignedBlock(signed)).toHaveLength(MAX_SIGNED_BLOCK_BYTES);
  });
});

describe('the payouts of a block', () => {
  it('are all in it when there is room for them', () => {
    const pegOuts = [...list(14, payout), confirmed];
    expect(payoutsThatFit(blockWith(0, pegOuts))).toEqual(pegOuts);
    expect(payoutsThatFit(blockWith(0, []))).toEqual([]);
  });

  it('are left out where they don’t fit beside the transactions; shorter ones after them are not', () => {
    const [first, second] = [payout(1), payout(2)];
    const fitting = payoutsThatFit(blockWith(TRANSACTION_ROOM_BYTES - 81, [first, second, confirmed]));
    expect(fitting).toEqual([first, confirmed]);
    const all = payoutsThatFit(blockWith(TRANSACTION_ROOM_BYTES, list(MAX_PEG_OUTS, payout)));
    expect(all).toEqual([payout(0)]);
  });

  it('are none in a block that is too large without them', () => {
    expect(payoutsThatFit(blockWith(MAX_SIGNED_BLOCK_BYTES, [confirmed]))).toEqual([]);
  });
});
