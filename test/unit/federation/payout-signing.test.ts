import { Psbt, Transaction } from 'bitcoinjs-lib';
import { SigHash, Transaction as OtherTransaction } from '@scure/btc-signer';
import { describe, expect, it } from 'vitest';
import { bytesToBareHex, hexToBytes } from '../../../node-core/primitives/hex.ts';
import { epoch, outpoint, txid } from '../../../node-core/primitives/ids.ts';
import { sats } from '../../../node-core/primitives/units.ts';
import { threshold } from '../../../node-core/domain/federation/address.ts';
import {
  federationInputVsize,
  finalizePayout,
  payoutPsbt,
  payoutSighashes,
  payoutVsize,
  verifyMemberSignatures,
} from '../../../node-core/domain/federation/payout-signing.ts';
import { federation, inputSignatures } from './members.ts';

const inputs = [0, 1].map((vout) => ({
  outpoint: outpoint(txid('0f'.repeat(32)), vout),
  amountSats: sats(BigInt(100_000 + vout)),
  epoch: epoch(0),
}));
const twoOfThree = federation(2, 3);
const ofInput = () => twoOfThree;

function unsigned(): string {
  const transaction = new Transaction();
  transaction.version = 2;
  for (const { outpoint: spent } of inputs) {
    transaction.addInput(hexToBytes(spent.slice(0, 64)).reverse(), Number(spent.slice(65)), 0xffff_fffd);
  }
  transaction.addOutput(hexToBytes(`0014${'11'.repeat(20)}`), 150_000n);
  transaction.addOutput(hexToBytes(twoOfThree.scriptPubKey), 40_000n);
  return transaction.toHex();
}
const unsignedTx = unsigned();
const sighashes = payoutSighashes(unsignedTx, inputs, ofInput);

describe('payout sighashes', () => {
  it('equal those of another library', () => {
    const other = OtherTransaction.fromRaw(hexToBytes(unsignedTx), { allowUnknownOutputs: true });
    const script = hexToBytes(twoOfThree.scriptPubKey);
    for (const [index, sighash] of sighashes.entries()) {
      const expected = other.preimageWitnessV1(
        index,
        inputs.map(() => script),
        SigHash.DEFAULT,
        inputs.map((input) => input.amountSats),
        undefined,
        hexToBytes(twoOfThree.leafScript),
        0xc0,
      );
      expect(bytesToBareHex(sighash)).toBe(bytesToBareHex(expected));
    }
  });

  it('refuse inputs that are not the transaction’s own', () => {
    expect(() => payoutSighashes(unsignedTx, inputs.toReversed(), ofInput)).toThrow('in its order');
    expect(() => payoutSighashes(unsignedTx, inputs.slice(1), ofInput)).toThrow('in its order');
  });
});

describe("a member's signatures", () => {
  it('are accepted when they sign every input', () => {
    expect(verifyMemberSignatures(unsignedTx, inputs, ofInput, inputSignatures(1, sighashes)).ok).toBe(true);
  });

  it('are refused when one is missing, swapped, or made by another member', () => {
    const good = inputSignatures(1, sighashes);
    const code = (answer: typeof good) => {
      const checked = verifyMemberSignatures(unsignedTx, inputs, ofInput, answer);
      return checked.ok ? 'accepted' : checked.refusal.code;
    };
    expect(code({ ...good, signatures: good.signatures.slice(1) })).toBe('SIGNATURE_COUNT');
    expect(code({ ...good, signatures: good.signatures.toReversed() })).toBe('SIGNATURE_INVALID');
    expect(code({ ...good, member: inputSignatures(2, sighashes).member })).toBe('SIGNATURE_INVALID');
    expect(code({ ...good, member: 3 as never })).toBe('SIGNATURE_MEMBER');
    expect(code({ ...good, signatures: good.signatures.map(() => 'f'.repeat(128) as never) })).toBe(
      'SIGNATURE_INVALID',
    );
  });
});

describe('a finalized payout', () => {
  it('holds exactly the threshold of signatures, in reverse key order, empty for the absent', () => {
    const finalized = finalizePayout(unsignedTx, inputs, ofInput, [
      inputSignatures(2, sighashes),
      inputSignatures(0, sighashes),
    ]);
    if (!finalized.ok) throw new Error(finalized.refusal.reason);
    const transaction = Transaction.fromHex(finalized.value.rawTx);
    for (const [index, { witness }] of transaction.ins.entries()) {
      expect(witness.map(bytesToBareHex)).toEqual([
        inputSignatures(2, sighashes).signatures[index],
        '',
        inputSignatures(0, sighashes).signatures[index],
        twoOfThree.leafScript,
        twoOfThree.controlBlock,
      ]);
    }
    expect(finalized.value.txid).toBe(Transaction.fromHex(unsignedTx).getId());
    expect(finalized.value.vsize).toBe(transaction.virtualSize());
  });

  it('leaves out signatures beyond the threshold', () => {
    const finalized = finalizePayout(
      unsignedTx,
      inputs,
      ofInput,
      [0, 1, 2].map((member) => inputSignatures(member, sighashes)),
    );
    if (!finalized.ok) throw new Error(finalized.refusal.reason);
    const witness = Transaction.fromHex(finalized.value.rawTx).ins[0]?.witness ?? [];
    expect(witness.map((item) => item.length).slice(0, 3)).toEqual([0, 64, 64]);
  });

  it('is refused below the threshold and with a false signature', () => {
    const one = finalizePayout(unsignedTx, inputs, ofInput, [inputSignatures(0, sighashes)]);
    expect(one.ok || one.refusal.code).toBe('SIGNATURES_MISSING');
    const twice = finalizePayout(
      unsignedTx,
      inputs,
      ofInput,
      [0, 0].map((member) => inputSignatures(member, sighashes)),
    );
    expect(twice.ok || twice.refusal.code).toBe('SIGNATURES_MISSING');
    const swapped = {
      ...inputSignatures(1, sighashes),
      signatures: inputSignatures(1, sighashes).signatures.toReversed(),
    };
    const forged = finalizePayout(unsignedTx, inputs, ofInput, [inputSignatures(0, sighashes), swapped]);
    expect(forged.ok || forged.refusal.code).toBe('SIGNATURE_INVALID');
  });

  it('has the size that was foreseen, for every size of federation', () => {
    for (let count = 1; count <= 15; count++) {
      const required = threshold(count);
      const own = federation(required, count);
      const digests = payoutSighashes(unsignedTx, inputs, () => own);
      const answers = Array.from({ length: required }, (_, member) => inputSignatures(member, digests));
      const finalized = finalizePayout(unsignedTx, inputs, () => own, answers);
      if (!finalized.ok) throw new Error(finalized.refusal.reason);
      expect(payoutVsize(unsignedTx, [own, own])).toBe(finalized.value.vsize);
      const withoutInputs = unsignedTx.length / 2 - 2 * 41 + 1;
      expect(withoutInputs + 2 * federationInputVsize(own)).toBeGreaterThanOrEqual(finalized.value.vsize);
    }
  });
});

describe('payout PSBT', () => {
  it('carries the transaction and the script path of each input', () => {
    const text = payoutPsbt(unsignedTx, inputs, ofInput);
    const psbt = Psbt.fromBase64(text);
    expect(psbt.data.globalMap.unsignedTx.toBuffer()).toEqual(hexToBytes(unsignedTx));
    const other = OtherTransaction.fromPSBT(Buffer.from(text, 'base64'), { allowUnknownOutputs: true });
    for (let index = 0; index < other.inputsLength; index++) {
      const input = other.getInput(index);
      expect(input.witnessUtxo?.amount).toBe(inputs[index]?.amountSats);
      expect(bytesToBareHex(input.tapMerkleRoot ?? new Uint8Array())).toBe(twoOfThree.tapleafHash);
      // The leaf version stands behind the script.
      expect(bytesToBareHex(input.tapLeafScript?.[0]?.[1] ?? new Uint8Array())).toBe(`${twoOfThree.leafScript}c0`);
    }
  });
});
