import { describe, expect, it } from 'vitest';
import {
  federation,
  federationWitness,
  judge,
  keyOutput,
  leafSignature,
  privateKey,
  utxo,
  withWitnesses,
} from './support.ts';

const payee = keyOutput(privateKey(99)).script;
const oneOfOne = federation([1], 1);
const twoOfThree = federation([1, 2, 3], 2);
const draftOf = (fed: ReturnType<typeof federation>) => ({
  inputs: [utxo(fed.script)],
  outputs: [{ script: payee, amountSats: 990_000n }],
});
const draft = draftOf(twoOfThree);
const spend = (witness: readonly Uint8Array[], policy = true) =>
  judge(withWitnesses(draft, [witness]), draft.inputs, 0, policy);
const empty = new Uint8Array(0);

describe('federation addresses', () => {
  it("are protocol.md's vectors", () => {
    expect(oneOfOne.address).toBe('bcrt1p3srvwkq5kyzlxqls43x97ch2vpcp4j278nk8jjuzcgt8k40ttr9s4vj934');
    expect(twoOfThree.address).toBe('bcrt1pyjrtzxpj7vzpjz6kvps5c2ajhkupt8qk22ncdpdz23wdl5j7dp8qexkr43');
  });
});

describe('federation spends', () => {
  it('1-of-1 is allowed', () => {
    const own = draftOf(oneOfOne);
    expect(judge(withWitnesses(own, [federationWitness(own, 0, oneOfOne, [0])]), own.inputs)).toBeNull();
  });

  it.each([[[0, 1]], [[0, 2]], [[1, 2]]])('2-of-3 is allowed by members %j', (signers) => {
    expect(spend(federationWitness(draft, 0, twoOfThree, signers))).toBeNull();
  });

  it('two inputs are judged each by its own signatures', () => {
    const both = { ...draft, inputs: [utxo(twoOfThree.script), utxo(oneOfOne.script, 5_000n, 'cd'.repeat(32), 1)] };
    const witnesses = [federationWitness(both, 0, twoOfThree, [0, 2]), federationWitness(both, 1, oneOfOne, [0])];
    const bytes = withWitnesses(both, witnesses);
    expect([judge(bytes, both.inputs, 0), judge(bytes, both.inputs, 1)]).toEqual([null, null]);
    const swapped = [both.inputs[0], { ...both.inputs[1], amountSats: 5_001n }] as typeof both.inputs;
    expect(judge(bytes, swapped, 0)).toBe('SCHNORR_SIG');
  });

  it('more signatures than the threshold are allowed', () => {
    expect(spend(federationWitness(draft, 0, twoOfThree, [0, 1, 2]))).toBeNull();
  });

  it('fewer signatures than the threshold are refused', () => {
    expect(spend(federationWitness(draft, 0, twoOfThree, [1]))).toBe('EVAL_FALSE');
    expect(spend(federationWitness(draft, 0, twoOfThree, []))).toBe('EVAL_FALSE');
  });

  it("a stranger's signature is refused", () => {
    const witness = federationWitness(draft, 0, twoOfThree, [0, 1]);
    witness[1] = leafSignature(draft, 0, twoOfThree.leaf, privateKey(4));
    expect(spend(witness)).toBe('SCHNORR_SIG');
  });

  it('a signature over another amount, output or input is refused', () => {
    const richer = { ...draft, inputs: [utxo(twoOfThree.script, 1_000_001n)] };
    expect(spend(federationWitness(richer, 0, twoOfThree, [0, 1]))).toBe('SCHNORR_SIG');
    const elsewhere = { ...draft, outputs: [{ script: twoOfThree.script, amountSats: 990_000n }] };
    expect(spend(federationWitness(elsewhere, 0, twoOfThree, [0, 1]))).toBe('SCHNORR_SIG');
    const other = { ...draft, inputs: [utxo(twoOfThree.script, 1_000_000n, 'ee'.repeat(32))] };
    expect(spend(federationWitness(other, 0, twoOfThree, [0, 1]))).toBe('SCHNORR_SIG');
  });

  it('signatures in key order instead of reverse key order are refused', () => {
    const [third, second, first, leaf, control] = federationWitness(draft, 0, twoOfThree, [0, 1]) as [
      Uint8Array,
      Uint8Array,
      Uint8Array,
      Uint8Array,
      Uint8Array,
    ];
    expect(spend([first, second, third, leaf, control])).toBe('SCHNORR_SIG');
  });

  it('an absent signature without its empty item is refused', () => {
    const witness = federationWitness(draft, 0, twoOfThree, [0, 1]);
    expect(spend(witness.slice(1))).toBe('INVALID_STACK_OPERATION');
  });

  it('an extra item is refused', () => {
    const witness = federationWitness(draft, 0, twoOfThree, [0, 1]);
    expect(spend([empty, ...witness])).toBe('CLEANSTACK');
    expect(spend([Uint8Array.of(1), ...witness])).toBe('CLEANSTACK');
  });

  it('a wrong signature that is not empty is refused even beside enough right ones', () => {
    const witness = federationWitness(draft, 0, twoOfThree, [0, 1]);
    witness[0] = new Uint8Array(64);
    expect(spend(witness)).toBe('SCHNORR_SIG');
    expect(spend(witness, false)).toBe('SCHNORR_SIG');
    witness[0] = new Uint8Array(63);
    expect(spend(witness)).toBe('SCHNORR_SIG_SIZE');
  });

  it('the default hash type must not be written out', () => {
    const witness = federationWitness(draft, 0, twoOfThree, [0, 1]);
    witness[1] = Uint8Array.of(...(witness[1] as Uint8Array), 0);
    expect(spend(witness)).toBe('SCHNORR_SIG_HASHTYPE');
  });

  it('a signature of another hash type counts', () => {
    const witness = federationWitness(draft, 0, twoOfThree, [0, 1]);
    witness[1] = leafSignature(draft, 0, twoOfThree.leaf, privateKey(2), 0x83);
    expect(spend(witness)).toBeNull();
  });

  it('another leaf, or a control block of another key or parity, is refused', () => {
    const witness = federationWitness(draft, 0, twoOfThree, [0, 1]);
    const replaced = (at: number, item: Uint8Array) => spend(witness.with(at, item));
    expect(replaced(3, oneOfOne.leaf)).toBe('WITNESS_PROGRAM_MISMATCH');
    const otherKey = twoOfThree.controlBlock.with(5, (twoOfThree.controlBlock[5] as number) ^ 1);
    expect(replaced(4, otherKey)).toBe('WITNESS_PROGRAM_MISMATCH');
    const otherParity = twoOfThree.controlBlock.with(0, (twoOfThree.controlBlock[0] as number) ^ 1);
    expect(replaced(4, otherParity)).toBe('WITNESS_PROGRAM_MISMATCH');
    expect(replaced(4, twoOfThree.controlBlock.slice(0, 32))).toBe('TAPROOT_WRONG_CONTROL_SIZE');
    expect(replaced(4, Uint8Array.of(...twoOfThree.controlBlock, 1))).toBe('TAPROOT_WRONG_CONTROL_SIZE');
  });

  it('the key path is closed: nobody can sign for the unspendable key', () => {
    expect(spend([leafSignature(draft, 0, twoOfThree.leaf, privateKey(1))])).toBe('SCHNORR_SIG');
  });

  it('a spend without witness, or with a scriptSig, is refused', () => {
    expect(spend([])).toBe('WITNESS_PROGRAM_WITNESS_EMPTY');
  });
});
