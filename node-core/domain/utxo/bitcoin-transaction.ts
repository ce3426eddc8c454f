import { Transaction } from 'bitcoinjs-lib';
import { type Checked, accept, refuse } from '../../primitives/errors.ts';
import { bytesToBareHex } from '../../primitives/hex.ts';
import { type Outpoint, type Txid, outpoint, txid } from '../../primitives/ids.ts';
import { type Sats, sats } from '../../primitives/units.ts';

/** A Bitcoin transaction as the bridge reads it; scripts are bare hex. */
export interface BitcoinTransaction {
  readonly inputs: readonly Outpoint[];
  readonly outputs: readonly { readonly scriptPubKey: string; readonly amountSats: Sats }[];
  readonly coinbase: boolean;
  /** Two SHA-256: computed only when asked for, since most transactions of a block are nobody's. */
  readonly txid: () => Txid;
}

/** Reads a transaction in its BIP-144 form, bare hex. An amount that can't exist is as malformed as a byte too few. */
export function readTransaction(hex: string): Checked<BitcoinTransaction, 'TRANSACTION_MALFORMED'> {
  try {
    const parsed = Transaction.fromHex(hex);
    return accept({
      inputs: parsed.ins.map(({ hash, index }) => outpoint(txid(bytesToBareHex(hash.toReversed())), index)),
      outputs: parsed.outs.map(({ script, value }) => ({
        scriptPubKey: bytesToBareHex(script),
        amountSats: sats(value),
      })),
      coinbase: parsed.isCoinbase(),
      txid: () => txid(parsed.getId()),
    });
  } catch (error) {
    return refuse('TRANSACTION_MALFORMED', `a transaction can't be read: ${String(error)}`);
  }
}
