import { Transaction } from 'bitcoinjs-lib';
import { hexToBytes } from '../../primitives/hex.ts';
import { type Outpoint, type Txid, splitOutpoint, txid } from '../../primitives/ids.ts';
import type { Sats } from '../../primitives/units.ts';

/** Version 2, no lock time, and every input signals replacement. Source: protocol.md, Burns and payouts; BIP-125. */
const VERSION = 2;
const LOCK_TIME = 0;
const SEQUENCE = 0xffff_fffd;

export interface PayoutOutput {
  /** Bare hex. */
  readonly scriptPubKey: string;
  readonly amountSats: Sats;
}

export interface UnsignedPayout {
  readonly txid: Txid;
  /** BIP-144 without witness, bare hex. */
  readonly unsignedTx: string;
}

/** The one form of a payout with these inputs and outputs: two payouts are the same exactly if their bytes are. */
export function buildPayoutTransaction(inputs: readonly Outpoint[], outputs: readonly PayoutOutput[]): UnsignedPayout {
  const transaction = new Transaction();
  transaction.version = VERSION;
  transaction.locktime = LOCK_TIME;
  for (const input of inputs) {
    const { txid: previous, vout } = splitOutpoint(input);
    transaction.addInput(hexToBytes(previous).reverse(), vout, SEQUENCE);
  }
  for (const { scriptPubKey, amountSats } of outputs) transaction.addOutput(hexToBytes(scriptPubKey), amountSats);
  return { txid: txid(transaction.getId()), unsignedTx: transaction.toHex() };
}
