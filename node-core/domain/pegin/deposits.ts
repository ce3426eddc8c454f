import { type Checked, accept } from '../../primitives/errors.ts';
import {
  type BitcoinBlockHash,
  type BitcoinHeight,
  type Epoch,
  type EvmAddress,
  type Outpoint,
  type Txid,
  outpoint,
} from '../../primitives/ids.ts';
import type { Sats } from '../../primitives/units.ts';
import { type BitcoinTransaction, readTransaction } from '../utxo/bitcoin-transaction.ts';
import type { BitcoinView, BlockFindings, FederationOutput, OutputOrigin } from '../utxo/view.ts';
import { readRecipient } from './op-return.ts';

/** A federation's output script that the scan looks for. */
export interface WatchedScript {
  /** Bare hex. */
  readonly scriptPubKey: string;
  readonly epoch: Epoch;
  /** Outputs of lower blocks don't count. */
  readonly fromHeight: BitcoinHeight;
  /** From here on a deposit is rejected; its change and its outputs count all the same. Null for the newest address. */
  readonly retiredFrom: BitcoinHeight | null;
}

export interface DepositRules {
  readonly watched: readonly WatchedScript[];
  readonly minDepositSats: Sats;
}

/** A block with its transactions in full, bare hex of their BIP-144 form. */
export interface ScannableBlock {
  readonly hash: BitcoinBlockHash;
  readonly height: BitcoinHeight;
  readonly transactions: readonly string[];
}

/**
 * What a block holds for the federation. Every output that pays it counts, by its outpoint (HOLE-3); a transaction that
 * spends one of its outputs makes change and never a deposit. Source: protocol.md, Federation address and deposits.
 */
export function scanBlock(
  block: ScannableBlock,
  view: Pick<BitcoinView, 'outputs'>,
  rules: DepositRules,
): Checked<BlockFindings, 'TRANSACTION_MALFORMED'> {
  const scripts = new Map(
    rules.watched.flatMap((watched) =>
      watched.fromHeight <= block.height ? [[watched.scriptPubKey, watched] as const] : [],
    ),
  );
  const created = new Map<Outpoint, FederationOutput>();
  const spent = new Map<Outpoint, Txid>();
  for (const hex of block.transactions) {
    const read = readTransaction(hex);
    if (!read.ok) return read;
    const transaction = read.value;
    const spends = transaction.inputs.filter(
      (input) => isSpentHere(transaction, view.outputs[input]) || created.has(input),
    );
    const pays = transaction.outputs.some(({ scriptPubKey }) => scripts.has(scriptPubKey));
    if (spends.length === 0 && !pays) continue;
    const id = transaction.txid();
    for (const input of spends) if (!spent.has(input)) spent.set(input, id);
    for (const [vout, { scriptPubKey, amountSats }] of transaction.outputs.entries()) {
      const watched = scripts.get(scriptPubKey);
      const identity = outpoint(id, vout);
      if (watched === undefined || created.has(identity) || view.outputs[identity] !== undefined) continue;
      created.set(identity, {
        outpoint: identity,
        amountSats,
        epoch: watched.epoch,
        height: block.height,
        coinbase: transaction.coinbase,
        origin:
          spends.length > 0 ? { kind: 'change' } : judgeDeposit(transaction, amountSats, block.height, watched, rules),
        spentBy: null,
      });
    }
  }
  return accept({
    header: { height: block.height, hash: block.hash },
    created: [...created.values()],
    spent: [...spent].map(([spentOutpoint, by]) => ({ outpoint: spentOutpoint, by })),
  });
}

/** Unspent so far, or known as spent by this very transaction, when a block is searched once more. */
const isSpentHere = (transaction: BitcoinTransaction, output: FederationOutput | undefined): boolean =>
  output !== undefined && (output.spentBy === null || output.spentBy.txid === transaction.txid());

/**
 * The outputs that were taken for deposits to an address before it was known when that retires, as they are then: a node
 * that scans Bitcoin ahead of the chain learns it late.
 */
export function retiredSince(view: Pick<BitcoinView, 'outputs'>, { watched }: DepositRules): FederationOutput[] {
  const retired = new Map(watched.map(({ epoch, retiredFrom }) => [epoch, retiredFrom]));
  return Object.values(view.outputs).flatMap((output) => {
    const from = retired.get(output.epoch) ?? null;
    if (output.origin.kind !== 'deposit' || from === null || output.height < from) return [];
    return [{ ...output, origin: rejected(retirementOf(output.epoch)) }];
  });
}

const retirementOf = (epoch: Epoch): string => `the address of epoch ${epoch} is retired`;

/** Whom a deposit is minted to, or why nobody. */
function judgeDeposit(
  transaction: BitcoinTransaction,
  amountSats: Sats,
  height: BitcoinHeight,
  watched: WatchedScript,
  { minDepositSats }: DepositRules,
): OutputOrigin {
  const recipients = transaction.outputs
    .map(({ scriptPubKey }) => readRecipient(scriptPubKey))
    .filter((recipient): recipient is EvmAddress => recipient !== null);
  const [recipient] = recipients;
  if (recipient === undefined) return rejected('no OP_RETURN names an Alys address');
  if (recipients.length > 1) return rejected(`${recipients.length} OP_RETURNs name an Alys address, and one may`);
  if (watched.retiredFrom !== null && height >= watched.retiredFrom) return rejected(retirementOf(watched.epoch));
  if (amountSats < minDepositSats) return rejected(`${amountSats} sat are below the minimum of ${minDepositSats} sat`);
  return { kind: 'deposit', recipient };
}

const rejected = (reason: string): OutputOrigin => ({ kind: 'rejected', reason });
