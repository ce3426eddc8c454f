import { RawTx, Transaction } from '@scure/btc-signer';
import type { Network } from '../../config/network.ts';
import { type Checked, accept, refuse } from '../../primitives/errors.ts';
import { bytesToBareHex } from '../../primitives/hex.ts';
import type { BitcoinView } from './bitcoin-view.ts';
import type { ClaimRefusal, PayoutClaim } from './claims.ts';
import type { EvmView } from './evm-view.ts';
import { type MemberFederation, scriptOfAddress, signedInputWeight } from './federation.ts';

/** The highest sequence that signals replacement. Source: BIP-125. */
const MAX_RBF_SEQUENCE = 0xffff_fffd;
const WEI_PER_SAT = 10_000_000_000n;

type Verdict = Checked<undefined, ClaimRefusal>;
type RawTransaction = ReturnType<typeof RawTx.decode>;

const falseClaim = (reason: string): Verdict => refuse('FALSE', reason);
const sum = (amounts: readonly bigint[]): bigint => amounts.reduce((total, amount) => total + amount, 0n);

export interface PayoutRules {
  readonly network: Network;
  /** That whose outputs it spends. */
  readonly federation: MemberFederation;
  /** All that ever were or are to come: change goes to one of them, payments to none. */
  readonly federations: readonly MemberFederation[];
  readonly bitcoin: BitcoinView;
  readonly evm: EvmView;
}

/**
 * Whether a claimed payout is one that a member may sign: it pays real, final burns, each its value less its share of
 * the fee, to the address that it names, from unspent outputs of the federation, and nothing else but change.
 */
export async function checkPayout(claim: PayoutClaim, rules: PayoutRules): Promise<Verdict> {
  const transaction = readTransaction(claim);
  if (transaction === null) return falseClaim('the transaction, its txid and its PSBT do not agree');
  const shape = checkShape(claim, transaction);
  if (!shape.ok) return shape;
  const paid = checkOutputs(claim, transaction, rules);
  if (!paid.ok) return paid;
  const spent = await checkInputs(claim, rules);
  if (!spent.ok) return spent;
  for (const share of claim.shares) {
    const burn = await checkBurn(share, rules);
    if (!burn.ok) return burn;
  }
  return accept(undefined);
}

/** The transaction, if the request's three descriptions of it are one. */
function readTransaction({ unsignedTx, txid, psbt }: PayoutClaim): RawTransaction | null {
  try {
    const { id } = Transaction.fromRaw(unsignedTx, { allowUnknownOutputs: true });
    const described = Transaction.fromPSBT(psbt, { allowUnknownOutputs: true });
    return id === txid && described.id === txid ? RawTx.decode(unsignedTx) : null;
  } catch {
    return null;
  }
}

/** Version, locktime, sequences, no witness; the inputs that were named, each once. */
function checkShape({ inputs, shares }: PayoutClaim, transaction: RawTransaction): Verdict {
  if (transaction.version !== 2 || transaction.lockTime !== 0) return falseClaim('not version 2 with locktime 0');
  if (transaction.witnesses?.some((stack) => stack.length > 0)) return falseClaim('the transaction is signed');
  if (transaction.inputs.some(({ finalScriptSig }) => finalScriptSig.length > 0))
    return falseClaim('an input is signed');
  if (transaction.inputs.some(({ sequence }) => sequence > MAX_RBF_SEQUENCE))
    return falseClaim('it signals no replacement');
  const spent = transaction.inputs.map(({ txid, index }) => `${bytesToBareHex(txid)}:${index}`);
  const named = inputs.map(({ txid, vout }) => `${txid}:${vout}`);
  if (spent.join() !== named.join()) return falseClaim('the inputs are not those that the request names');
  if (new Set(spent).size !== spent.length) return falseClaim('an input is there twice');
  const burns = shares.map(({ burnBlockHash, burnLogIndex }) => `${burnBlockHash}:${burnLogIndex}`);
  if (burns.length === 0 || new Set(burns).size !== burns.length) return falseClaim('burns are missing or repeated');
  return accept(undefined);
}

function checkOutputs({ inputs, shares }: PayoutClaim, { outputs }: RawTransaction, rules: PayoutRules): Verdict {
  const { network, federations } = rules;
  const dustSats = BigInt(network.bridge.dustSats);
  const feeSats = sum(inputs.map(({ amountSats }) => amountSats)) - sum(outputs.map(({ amount }) => amount));
  const isFederation = (script: string) => federations.some(({ scriptPubKey }) => scriptPubKey === script);
  const count = BigInt(shares.length);
  for (const [index, share] of shares.entries()) {
    const feeShareSats = feeSats / count + (BigInt(index) < feeSats % count ? 1n : 0n);
    if (share.feeShareSats !== feeShareSats) return falseClaim(`share ${index} bears another part of the fee`);
    if (share.outputSats !== share.burnSats - feeShareSats)
      return falseClaim(`share ${index} is not its burn less its fee`);
    if (share.outputSats < dustSats) return falseClaim(`output ${index} is dust`);
    const script = scriptOfAddress(share.destination, network.bitcoin.network);
    if (script === null) return falseClaim(`share ${index} names no address of this network`);
    if (isFederation(script)) return falseClaim('it pays the federation');
    const output = outputs[index];
    if (output === undefined || output.amount !== share.outputSats || bytesToBareHex(output.script) !== script) {
      return falseClaim(`output ${index} is not that of share ${index}`);
    }
  }
  const [change, ...others] = outputs.slice(shares.length);
  if (others.length > 0) return falseClaim('there are more outputs than burns and change');
  if (change && !isFederation(bytesToBareHex(change.script)))
    return falseClaim('the change does not go to the federation');
  if (change && change.amount < dustSats) return falseClaim('the change is dust');
  return checkFeeRate(feeSats, inputs.length, outputs, rules);
}

function checkFeeRate(
  feeSats: bigint,
  inputs: number,
  outputs: RawTransaction['outputs'],
  { network, federation }: PayoutRules,
): Verdict {
  const inputWeight = inputs * signedInputWeight(federation);
  const outputBytes = outputs.reduce((total, { script }) => total + 9 + script.length, 0);
  const lengthBytes = (count: number): number => (count < 0xfd ? 1 : 3);
  const header = 4 * (8 + lengthBytes(inputs) + lengthBytes(outputs.length)) + 2;
  const vsize = BigInt(Math.ceil((header + inputWeight + 4 * outputBytes) / 4));
  const { minFeeRateSatsPerVbyte, maxFeeRateSatsPerVbyte } = network.bitcoin;
  if (feeSats < vsize * BigInt(minFeeRateSatsPerVbyte)) return falseClaim('the fee rate is below the minimum');
  if (feeSats > vsize * BigInt(maxFeeRateSatsPerVbyte)) return falseClaim('the fee rate is above the maximum');
  return accept(undefined);
}

async function checkInputs({ inputs }: PayoutClaim, { federation, bitcoin }: PayoutRules): Promise<Verdict> {
  for (const { txid, vout, amountSats, epoch } of inputs) {
    if (epoch !== federation.entry.epoch) return falseClaim('the inputs are of several federations');
    const unspent = await bitcoin.unspent(txid, vout);
    if (unspent === null) return refuse('NOT_YET', `${txid}:${vout} is no unspent output of the chain`);
    if (unspent.script !== federation.scriptPubKey) return falseClaim(`${txid}:${vout} is not the federation's`);
    if (unspent.amountSats !== amountSats) return falseClaim(`${txid}:${vout} is of ${unspent.amountSats} sat`);
  }
  return accept(undefined);
}

async function checkBurn(share: PayoutClaim['shares'][number], { network, evm }: PayoutRules): Promise<Verdict> {
  const { minPegOutSats, maxPegOutSats } = network.bridge;
  if (share.burnSats < BigInt(minPegOutSats) || share.burnSats > BigInt(maxPegOutSats)) {
    return falseClaim('the burn is outside the limits');
  }
  const burn = await evm.findBurn(share.burnBlockHash, share.burnLogIndex);
  if (burn.state === 'pending') return refuse('NOT_YET', burn.reason);
  if (burn.state === 'absent') return falseClaim(burn.reason);
  if (burn.amountWei / WEI_PER_SAT !== share.burnSats) return falseClaim('the burn is of another amount');
  if (burn.destination !== share.destination) return falseClaim('the burn names another address');
  return accept(undefined);
}
