import { describe, expect, it } from 'vitest';
import { MAX_PAYOUT_INPUTS, MAX_PAYOUT_SHARES, MAX_PEG_OUTS } from '../../node-core/domain/consensus/ssz.ts';
import type { ExecutionPayload, PegOutEntry } from '../../node-core/domain/consensus/types.ts';
import { buildPayoutTransaction } from '../../node-core/domain/pegout/payout-transaction.ts';
import type { Hex } from '../../node-core/primitives/hex.ts';
import { burnId, epoch, evmAddress, evmBlockHash, outpoint, txid } from '../../node-core/primitives/ids.ts';
import { type Gwei, sats } from '../../node-core/primitives/units.ts';
import { ChainFederation } from '../support/chain-federation.ts';

function running(seed: number): ChainFederation {
  const federation = new ChainFederation(seed, 4);
  for (let i = 0; i < 4; i++) federation.start(i);
  federation.runSlots(8);
  // No payload is in the making.
  federation.pump.runFor(500);
  return federation;
}

const blocksOf = (federation: ChainFederation, index: number): number =>
  federation.signatures.filter(({ node, kind }) => node === index && kind === 'block').length;
const finalOf = (federation: ChainFederation): number => federation.view(1)?.finalized.height ?? -1;
const tamper = (federation: ChainFederation, tampered: (p: ExecutionPayload, ms: number) => ExecutionPayload): void => {
  const node = federation.nodes[0];
  if (node !== undefined) node.client.tampered = tampered;
};
const list = <T>(length: number, of: (index: number) => T): T[] => Array.from({ length }, (_, index) => of(index));
const idOf = (number: number): string => number.toString(16).padStart(64, '0');

/** One with as many inputs and burns as there may be; about 45 kB. */
function payout(number: number): PegOutEntry {
  const inputs = list(MAX_PAYOUT_INPUTS, (vout) => outpoint(txid(idOf(number)), vout));
  const outputs = list(MAX_PAYOUT_SHARES, () => ({ scriptPubKey: `0014${'ab'.repeat(20)}`, amountSats: sats(1000n) }));
  const { txid: id, unsignedTx } = buildPayoutTransaction(inputs, outputs);
  return {
    status: 'Proposed',
    id,
    txid: id,
    unsignedTx,
    inputs: inputs.map((each) => ({ outpoint: each, amountSats: sats(1100n), epoch: epoch(0) })),
    shares: list(MAX_PAYOUT_SHARES, (index) => ({
      burn: burnId(evmBlockHash(`0x${idOf(number)}`), index),
      outputSats: sats(1000n),
      feeShareSats: sats(100n),
    })),
  };
}
const large = (payload: ExecutionPayload): ExecutionPayload => ({
  ...payload,
  transactions: Array.from({ length: 9 }, () => `0x02${'aa'.repeat(120_000)}` as Hex),
});

describe('a node whose execution client gives payloads that make no valid block', () => {
  it.each<[string, (payload: ExecutionPayload) => ExecutionPayload]>([
    [
      'a mint that nobody approved',
      (payload) => ({
        ...payload,
        withdrawals: [
          {
            index: 0n,
            validatorIndex: 0n,
            address: evmAddress(`0x${'11'.repeat(20)}`),
            amountGwei: 1_000_000_000n as Gwei,
          },
        ],
      }),
    ],
    ['another fee recipient', (payload) => ({ ...payload, feeRecipient: evmAddress(`0x${'22'.repeat(20)}`) })],
    ['another time', (payload) => ({ ...payload, timestampS: payload.timestampS + 1 })],
    ['a blob transaction', (payload) => ({ ...payload, transactions: ['0x0301' as Hex] })],
    ['more than fits into a frame', large],
  ])('signs none with %s; the others go on', (_, tampered) => {
    const federation = running(21);
    const [signed, final] = [blocksOf(federation, 0), finalOf(federation)];
    tamper(federation, tampered);
    federation.runSlots(12);
    expect(blocksOf(federation, 0)).toBe(signed);
    expect(finalOf(federation)).toBeGreaterThan(final + 5);
    expect(federation.view(0)?.state).toBe('Active');
  });

  it('signs a payload that was made in a hurry where the full one is too large', () => {
    const federation = running(22);
    const signed = blocksOf(federation, 0);
    tamper(federation, (payload, timeBudgetMs) => (timeBudgetMs === 0 ? payload : large(payload)));
    federation.runSlots(12);
    expect(blocksOf(federation, 0)).toBe(signed + 3);
    const heights = federation.nodes.map(({ index }) => federation.view(index)?.head.height);
    expect(new Set(heights).size).toBe(1);
  });

  it('hurries in its next turn, too, when its client gives the same payload to the same request', () => {
    const federation = running(23);
    const signed = blocksOf(federation, 0);
    const given = new Map<number, ExecutionPayload>();
    tamper(federation, (payload, timeBudgetMs) => {
      const { timestampS } = payload;
      if (!given.has(timestampS)) given.set(timestampS, timeBudgetMs === 0 ? payload : large(payload));
      return given.get(timestampS) ?? payload;
    });
    federation.runSlots(16);
    expect(blocksOf(federation, 0)).toBe(signed + 2);
  });

  it('hurries for more and more turns when it happens again, and begins anew after a payload that was made with time', () => {
    const federation = running(24);
    const given = new Map<number, ExecutionPayload>();
    let isTooLarge = true;
    /** The building time of each own turn. */
    const times = new Map<number, number>();
    tamper(federation, (payload, timeBudgetMs) => {
      const { timestampS } = payload;
      if (!given.has(timestampS)) {
        times.set(timestampS, timeBudgetMs);
        given.set(timestampS, timeBudgetMs > 0 && isTooLarge ? large(payload) : payload);
      }
      return given.get(timestampS) ?? payload;
    });
    const turns = (count: number): string => {
      times.clear();
      federation.runSlots(4 * count);
      return [...times.values()].map((ms) => (ms === 0 ? 'h' : 'T')).join('');
    };
    const signed = blocksOf(federation, 0);
    expect(turns(28)).toBe('ThThhThhhhThhhhhhhhThhhhhhhh');
    expect(blocksOf(federation, 0)).toBe(signed + 28 - 5);
    isTooLarge = false;
    expect(turns(2)).toBe('TT');
    isTooLarge = true;
    expect(turns(4)).toBe('ThTh');
  });

  it('leaves out payouts for which its transactions leave no room, and loses no turn', () => {
    const federation = running(25);
    const signed = blocksOf(federation, 0);
    federation.bridgePegOuts.set(0, list(MAX_PEG_OUTS, payout));
    tamper(federation, (payload) => ({
      ...payload,
      transactions: list(7, () => `0x02${'aa'.repeat(120_000)}` as Hex),
    }));
    federation.runSlots(12);
    expect(blocksOf(federation, 0)).toBe(signed + 3);
    const own = federation.signatures.filter(({ node, kind }) => node === 0 && kind === 'block').slice(signed);
    const payouts = own.map(({ root }) => federation.nodes[1]?.disk.blocks.get(root)?.signedBlock.block.pegOuts.length);
    expect(payouts).toEqual([3, 3, 3]);
  });
});
