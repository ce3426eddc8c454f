import { Transaction } from 'ethers';
import type { BlockRecord } from '../ports/store.ts';
import { authorityName } from './names.ts';
import type { BlockDetail } from './shapes.ts';

/** A block as the operator reads it: its transactions decoded, its mints and its payouts. */
export function blockDetail(
  { root, signedBlock, burnedFeesWei }: BlockRecord,
  authorityNames: (height: number) => readonly string[],
): BlockDetail {
  const { block } = signedBlock;
  const payload = block.payload;
  return {
    root,
    blockHash: payload.blockHash,
    parentRoot: block.parentRoot,
    height: block.height,
    slot: block.slot,
    proposer: authorityName(authorityNames(block.height), block.proposer),
    gasUsed: payload.gasUsed.toString(),
    gasLimit: payload.gasLimit.toString(),
    baseFeeWei: payload.baseFeePerGas.toString(),
    burnedFeesWei: burnedFeesWei.toString(),
    stateRoot: payload.stateRoot,
    feeRecipient: payload.feeRecipient,
    timestampMs: payload.timestampS * 1000,
    transactions: payload.transactions.map((raw) => {
      const { hash, from, to, value, data } = Transaction.from(raw);
      return {
        evmTxHash: hash ?? '',
        from: from ?? '',
        to,
        amountWei: value.toString(),
        selector: data.length >= 10 ? data.slice(0, 10) : null,
      };
    }),
    mints: block.pegIns.map(({ outpoint, recipient, amountSats, certificate }) => ({
      outpoint,
      recipient,
      amountSats: amountSats.toString(),
      signatures: certificate.length,
    })),
    payouts: block.pegOuts.map((entry) => ({
      status: entry.status,
      id: entry.id,
      txid: entry.txid,
      burns: entry.status === 'Confirmed' ? 0 : entry.shares.length,
    })),
    certificate: {
      slot: block.certificate.slot,
      voters: votersOf(block.certificate.cleanVoters | block.certificate.otherVoters).map((voter) =>
        authorityName(authorityNames(block.height - 1), voter),
      ),
    },
  };
}

/** Indexes of the authorities in a set. */
const votersOf = (set: number): readonly number[] =>
  Array.from({ length: 15 }, (_, index) => index).filter((index) => (set >> index) % 2 === 1);
