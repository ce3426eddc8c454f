import type { PegOutEntry } from '../../../node-core/domain/consensus/types.ts';
import { burnId, type EvmBlockHash, epoch, outpoint, txid } from '../../../node-core/primitives/ids.ts';
import { sats } from '../../../node-core/primitives/units.ts';
import type { Random } from '../random.ts';

const MAX_ENTRIES = 4;
const bare = (random: Random, length: number): string => random.hex(length).slice(2);

/** Confirmations of nothing: they gate votes for their block, not its validity. */
export const oddConfirmations = (random: Random): readonly PegOutEntry[] =>
  Array.from({ length: random.integer(MAX_ENTRIES + 1) }, () => ({
    status: 'Confirmed',
    id: txid(bare(random, 32)),
    txid: txid(bare(random, 32)),
  }));

/** One confirmation twice. */
export function repeatedConfirmation(random: Random): readonly PegOutEntry[] {
  const id = txid(bare(random, 32));
  return [id, id].map((each) => ({ status: 'Confirmed', id: each, txid: txid(bare(random, 32)) }));
}

/** Payouts that fit the encoding and have no form. */
export const oddPayouts = (random: Random): readonly PegOutEntry[] =>
  Array.from({ length: 1 + random.integer(MAX_ENTRIES) }, () => {
    const id = txid(bare(random, 32));
    return {
      status: random.pick(['Proposed', 'Replaced'] as const),
      id,
      txid: id,
      unsignedTx: bare(random, random.integer(200)),
      inputs: Array.from({ length: random.integer(3) }, () => ({
        outpoint: outpoint(txid(bare(random, 32)), random.integer(2 ** 32)),
        amountSats: sats(random.big(50)),
        epoch: epoch(random.integer(2 ** 31)),
      })),
      shares: Array.from({ length: random.integer(3) }, () => ({
        burn: burnId(random.hex(32) as EvmBlockHash, random.integer(2 ** 32)),
        outputSats: sats(random.big(50)),
        feeShareSats: sats(random.big(50)),
      })),
    };
  });
