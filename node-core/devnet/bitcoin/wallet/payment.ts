import { concatBytes } from '@noble/hashes/utils.js';
import { Transaction } from '@scure/btc-signer/transaction.js';
import { assert } from '../../../primitives/assert.ts';
import { ServiceError } from '../../../primitives/errors.ts';
import { type Txid, txid } from '../../../primitives/ids.ts';
import { type Sats, addSats, sats } from '../../../primitives/units.ts';
import { REGTEST_NETWORK } from '../regtest.ts';
import { OP } from '../script/opcodes.ts';
import type { WalletKey, WalletOutputKind } from './keys.ts';

export interface Payment {
  readonly outputs: readonly { readonly address: string; readonly amountSats: Sats }[];
  /** At most 80 bytes for one OP_RETURN. */
  readonly data?: Uint8Array;
  /** 2 if left out. */
  readonly feeRateSatsPerVbyte?: number;
  /** What kind of output the change and the inputs are; any inputs and P2WPKH change if left out. */
  readonly kind?: WalletOutputKind;
}

export interface WalletUtxo {
  readonly txid: Txid;
  readonly vout: number;
  readonly amountSats: Sats;
  readonly key: WalletKey;
}

export interface BuiltPayment {
  readonly txid: Txid;
  readonly hex: string;
  readonly feeSats: Sats;
  /** Index of each payment's output is that of the payment; the OP_RETURN follows, the change is last. */
  readonly outputCount: number;
}

const DEFAULT_FEE_RATE_SATS_PER_VBYTE = 2;
/** Signals replaceability (BIP-125) and no relative lock. */
const SEQUENCE = 0xffff_fffd;
/** Change below it goes to the miner: above the dust limit of both kinds of change output. */
const MIN_CHANGE_SATS = 1_000n;
const MAX_INPUTS = 200;
const MAX_DATA_BYTES = 80;

/** Chooses inputs, builds and signs. @throws ServiceError NO_FUNDS */
export function buildPayment(
  payment: Payment,
  utxos: readonly WalletUtxo[],
  keys: Readonly<Record<WalletOutputKind, WalletKey>>,
): BuiltPayment {
  const { kind, feeRateSatsPerVbyte = DEFAULT_FEE_RATE_SATS_PER_VBYTE } = payment;
  const paid = addSats(...payment.outputs.map((output) => output.amountSats));
  const usable = utxos.filter((utxo) => kind === undefined || utxo.key.kind === kind);
  const change = keys[kind ?? 'p2wpkh'];
  const largestFirst = usable.toSorted((a, b) => Number(b.amountSats - a.amountSats));
  for (let count = 1; count <= Math.min(largestFirst.length, MAX_INPUTS); count++) {
    const inputs = largestFirst.slice(0, count);
    const available = addSats(...inputs.map((utxo) => utxo.amountSats));
    if (available < paid) continue;
    const draft = sign(payment, inputs, { key: change, amountSats: sats(available - paid) });
    // An ECDSA signature may be a byte shorter or longer when it is made again over other amounts.
    const fee = BigInt(Math.ceil((draft.vsize + count) * feeRateSatsPerVbyte));
    const rest = available - paid - fee;
    if (rest < 0n) continue;
    const tx =
      rest < MIN_CHANGE_SATS
        ? sign(payment, inputs, null)
        : sign(payment, inputs, { key: change, amountSats: sats(rest) });
    return { txid: txid(tx.id), hex: tx.hex, feeSats: tx.fee as Sats, outputCount: tx.outputsLength };
  }
  throw new ServiceError('NO_FUNDS', `${usable.length} outputs don't cover ${paid} sat and the fee`);
}

function sign(
  payment: Payment,
  inputs: readonly WalletUtxo[],
  change: { readonly key: WalletKey; readonly amountSats: Sats } | null,
): Transaction {
  const tx = new Transaction({ version: 2, allowUnknownOutputs: true });
  for (const { txid: id, vout, amountSats, key } of inputs) {
    tx.addInput({
      txid: id,
      index: vout,
      sequence: SEQUENCE,
      witnessUtxo: { script: key.script, amount: amountSats },
      ...(key.internalKey === null ? {} : { tapInternalKey: key.internalKey }),
    });
  }
  for (const { address, amountSats } of payment.outputs) tx.addOutputAddress(address, amountSats, REGTEST_NETWORK);
  if (payment.data !== undefined) tx.addOutput({ script: dataScript(payment.data), amount: 0n });
  if (change !== null) tx.addOutput({ script: change.key.script, amount: change.amountSats });
  for (const [index, { key }] of inputs.entries()) tx.signIdx(key.privateKey, index);
  tx.finalize();
  return tx;
}

/** OP_RETURN with one push in its shortest form. */
function dataScript(data: Uint8Array): Uint8Array {
  assert(data.length >= 2 && data.length <= MAX_DATA_BYTES, `an OP_RETURN carries 2 to ${MAX_DATA_BYTES} bytes here`);
  const push = data.length > 75 ? [OP.PUSHDATA1, data.length] : [data.length];
  return concatBytes(Uint8Array.of(OP.RETURN, ...push), data);
}
