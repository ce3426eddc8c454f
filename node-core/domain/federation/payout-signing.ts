import { Psbt, Transaction } from 'bitcoinjs-lib';
import { assert } from '../../primitives/assert.ts';
import { type Checked, accept, refuse } from '../../primitives/errors.ts';
import { bytesToBareHex, hexToBytes } from '../../primitives/hex.ts';
import { type MemberIndex, type Txid, outpoint, txid } from '../../primitives/ids.ts';
import type { PayoutInput, SchnorrSignature } from '../consensus/types.ts';
import { type Federation, UNSPENDABLE_INTERNAL_KEY } from './address.ts';
import { verifySignature } from './schnorr.ts';

/** Whose output an input is: that of the federation of its epoch. A member's position is its position there. */
export type FederationOfInput = (input: PayoutInput) => Federation;

/** One member's signatures, one for each input in order. */
export interface InputSignatures {
  readonly member: MemberIndex;
  readonly signatures: readonly SchnorrSignature[];
}

const TAPSCRIPT_LEAF_VERSION = 0xc0;
/** Bitcoin's weight of a byte outside the witness. Source: BIP-141. */
const WITNESS_SCALE = 4;
/** Outpoint 36, empty script 1, sequence 4. */
const INPUT_BASE_BYTES = 41;
/** Marker and flag, once in a transaction. Source: BIP-144. */
const SEGWIT_HEADER_BYTES = 2;
/** SIGHASH_DEFAULT leaves the type byte out. Source: BIP-341. */
const SIGNATURE_BYTES = 64;

/** @throws LogicError when the inputs aren't the transaction's own, in its order: a payout is checked before it is signed. */
function parsePayout(unsignedTx: string, inputs: readonly PayoutInput[]): Transaction {
  const transaction = Transaction.fromHex(unsignedTx);
  const spent = transaction.ins.map(({ hash, index }) => outpoint(txid(bytesToBareHex(hash.toReversed())), index));
  assert(
    spent.length === inputs.length && inputs.every((input, index) => input.outpoint === spent[index]),
    "a payout's inputs are those of its transaction, in its order",
  );
  return transaction;
}

/** The 32 bytes to sign for each input. Source: BIP-341 common signature message, BIP-342 extension, SIGHASH_DEFAULT. */
export function payoutSighashes(
  unsignedTx: string,
  inputs: readonly PayoutInput[],
  federationOfInput: FederationOfInput,
): Uint8Array[] {
  const transaction = parsePayout(unsignedTx, inputs);
  const federations = inputs.map(federationOfInput);
  const scripts = federations.map((federation) => hexToBytes(federation.scriptPubKey));
  const amounts = inputs.map((input) => input.amountSats);
  return federations.map(({ tapleafHash }, index) =>
    transaction.hashForWitnessV1(index, scripts, amounts, Transaction.SIGHASH_DEFAULT, hexToBytes(tapleafHash)),
  );
}

export type SignatureRefusal = 'SIGNATURE_COUNT' | 'SIGNATURE_MEMBER' | 'SIGNATURE_INVALID' | 'SIGNATURES_MISSING';

/** Whether one member signed every input with its Bitcoin key. */
export function verifyMemberSignatures(
  unsignedTx: string,
  inputs: readonly PayoutInput[],
  federationOfInput: FederationOfInput,
  answer: InputSignatures,
): Checked<InputSignatures, SignatureRefusal> {
  return verifyAgainst(payoutSighashes(unsignedTx, inputs, federationOfInput), inputs.map(federationOfInput), answer);
}

function verifyAgainst(
  sighashes: readonly Uint8Array[],
  federations: readonly Federation[],
  answer: InputSignatures,
): Checked<InputSignatures, SignatureRefusal> {
  const { member, signatures } = answer;
  if (signatures.length !== sighashes.length) {
    return refuse('SIGNATURE_COUNT', `${signatures.length} signatures for ${sighashes.length} inputs`, { member });
  }
  for (const [input, sighash] of sighashes.entries()) {
    const key = federations[input]?.bitcoinKeys[member];
    if (key === undefined) return refuse('SIGNATURE_MEMBER', `member ${member} is not in the federation`, { member });
    if (!verifySignature(sighash, key, signatures[input] ?? '')) {
      return refuse('SIGNATURE_INVALID', `member ${member}'s signature of input ${input} is not valid`, {
        member,
        input,
      });
    }
  }
  return accept(answer);
}

/**
 * Puts the signatures in. The script takes its first key's signature from the top of the stack, and exactly the
 * threshold may be there: so signatures in reverse key order, empty where a member is absent, then script and control block.
 * Takes the members of lowest position, so that every node that holds the same signatures makes the same bytes.
 */
export function finalizePayout(
  unsignedTx: string,
  inputs: readonly PayoutInput[],
  federationOfInput: FederationOfInput,
  answers: readonly InputSignatures[],
): Checked<{ readonly rawTx: string; readonly txid: Txid; readonly vsize: number }, SignatureRefusal> {
  const sighashes = payoutSighashes(unsignedTx, inputs, federationOfInput);
  const federations = inputs.map(federationOfInput);
  const ordered = answers.toSorted((a, b) => a.member - b.member);
  for (const answer of ordered) {
    const checked = verifyAgainst(sighashes, federations, answer);
    if (!checked.ok) return checked;
  }
  const transaction = parsePayout(unsignedTx, inputs);
  for (const [index, { bitcoinKeys, threshold, leafScript, controlBlock }] of federations.entries()) {
    const chosen = new Map(ordered.slice(0, threshold).map((answer) => [answer.member, answer.signatures[index]]));
    if (chosen.size < threshold) {
      return refuse('SIGNATURES_MISSING', `${chosen.size} members signed of the ${threshold} needed`);
    }
    const stack = bitcoinKeys.map((_, member) => hexToBytes(chosen.get(member as MemberIndex) ?? '')).reverse();
    transaction.setWitness(index, [...stack, hexToBytes(leafScript), hexToBytes(controlBlock)]);
  }
  return accept({
    rawTx: transaction.toHex(),
    txid: txid(transaction.getId()),
    vsize: transaction.virtualSize(),
  });
}

/** The unsigned payout as a PSBT with what a member's signer needs to know of each input, base64. Source: BIP-174, BIP-371. */
export function payoutPsbt(
  unsignedTx: string,
  inputs: readonly PayoutInput[],
  federationOfInput: FederationOfInput,
): string {
  const transaction = parsePayout(unsignedTx, inputs);
  const psbt = new Psbt();
  psbt.setVersion(transaction.version);
  psbt.setLocktime(transaction.locktime);
  for (const [index, { hash, index: vout, sequence }] of transaction.ins.entries()) {
    const input = inputs[index];
    assert(input, 'every input of the transaction is described');
    const { scriptPubKey, leafScript, controlBlock, tapleafHash } = federationOfInput(input);
    psbt.addInput({
      hash,
      index: vout,
      sequence,
      witnessUtxo: { script: hexToBytes(scriptPubKey), value: input.amountSats },
      tapInternalKey: hexToBytes(UNSPENDABLE_INTERNAL_KEY),
      tapMerkleRoot: hexToBytes(tapleafHash),
      tapLeafScript: [
        {
          leafVersion: TAPSCRIPT_LEAF_VERSION,
          script: hexToBytes(leafScript),
          controlBlock: hexToBytes(controlBlock),
        },
      ],
    });
  }
  for (const { script, value } of transaction.outs) psbt.addOutput({ script, value });
  return psbt.toBase64();
}

const compactSizeBytes = (length: number): number => (length < 0xfd ? 1 : 3);

/** Bytes of the witness that spends the federation's output, its item count included; the same for every set of signers. */
function witnessBytes({ threshold, bitcoinKeys, leafScript, controlBlock }: Federation): number {
  const scriptBytes = leafScript.length / 2;
  const controlBytes = controlBlock.length / 2;
  const signatures = threshold * (1 + SIGNATURE_BYTES) + (bitcoinKeys.length - threshold);
  return 1 + signatures + compactSizeBytes(scriptBytes) + scriptBytes + compactSizeBytes(controlBytes) + controlBytes;
}

/** What one input of this federation adds to a transaction, vbyte, rounded up. */
export const federationInputVsize = (federation: Federation): number =>
  INPUT_BASE_BYTES + Math.ceil(witnessBytes(federation) / WITNESS_SCALE);

/** Exact size of the payout once signed, vbyte. `federations` are those of its inputs, in order. */
export function payoutVsize(unsignedTx: string, federations: readonly Federation[]): number {
  const witness = federations.reduce((sum, federation) => sum + witnessBytes(federation), SEGWIT_HEADER_BYTES);
  return unsignedTx.length / 2 + Math.ceil(witness / WITNESS_SCALE);
}
