import { OP, Transaction } from '@scure/btc-signer';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { taprootHash, witnessV0Hash } from '../../../node-core/devnet/bitcoin/script/sighash.ts';
import { tapLeafHash } from '../../../node-core/devnet/bitcoin/script/spend.ts';
import { decodeTx } from '../../../node-core/devnet/bitcoin/transaction.ts';
import { bytesToBareHex, hexToBytes } from '../../../node-core/primitives/hex.ts';
import { sats } from '../../../node-core/primitives/units.ts';
import { type Draft, type TestOutput, unsigned, utxo } from './support.ts';

const bytes = (min: number, max: number) => fc.uint8Array({ minLength: min, maxLength: max });
const amount = fc.bigInt(0n, 2_100_000_000_000_000n);
const hash = bytes(32, 32).map(bytesToBareHex);
const uint32 = fc.integer({ min: 0, max: 0xffff_ffff });
/** Witness programs of a later version: the other implementation reads scripts and refuses malformed ones. */
const script = bytes(2, 40).map((program) => Uint8Array.of(OP.OP_2, program.length, ...program));
const output: fc.Arbitrary<TestOutput> = fc.record({ script, amountSats: amount });

const draft: fc.Arbitrary<Draft> = fc.record({
  inputs: fc.array(
    fc.tuple(script, amount, hash, uint32).map(([code, value, id, vout]) => utxo(code, value, id, vout)),
    { minLength: 1, maxLength: 4 },
  ),
  outputs: fc.array(output, { minLength: 1, maxLength: 4 }),
  version: fc.constantFrom(1, 2, 3),
  lockTime: uint32,
  sequence: uint32,
});

const spentOf = ({ inputs }: Draft) => inputs.map(({ script, amountSats }) => ({ script, amountSats }));
const TAPROOT_TYPES = [0, 1, 2, 3, 0x81, 0x82, 0x83] as const;

describe('signature hashes', () => {
  it('of taproot equal those of another implementation, for every hash type, with and without leaf and annex', () => {
    fc.assert(
      fc.property(
        draft,
        fc.nat(),
        fc.constantFrom(...TAPROOT_TYPES),
        fc.option(bytes(1, 80)),
        fc.option(bytes(1, 20)),
        (given, position, type, leaf, rest) => {
          const index = position % given.inputs.length;
          if ((type & 3) === 3 && index >= given.outputs.length) return;
          const annex = rest === null ? null : Uint8Array.of(0x50, ...rest);
          const other = unsigned(given).preimageWitnessV1(
            index,
            given.inputs.map((input) => input.script),
            type,
            given.inputs.map((input) => input.amountSats),
            -1,
            leaf ?? undefined,
            0xc0,
            annex ?? undefined,
          );
          const context = leaf && { leafHash: tapLeafHash(leaf), codeSeparatorPosition: 0xffff_ffff };
          const tx = decodeTx(unsigned(given).toBytes(true, false));
          const own = taprootHash(tx, index, spentOf(given), type, annex, context);
          expect(own && bytesToBareHex(own)).toBe(bytesToBareHex(other));
        },
      ),
      { numRuns: 300 },
    );
  });

  it('of witness version 0 equal those of another implementation, for every hash type', () => {
    fc.assert(
      fc.property(
        draft,
        fc.nat(),
        fc.constantFrom(1, 2, 3, 0x81, 0x82, 0x83),
        bytes(1, 60),
        (given, position, type, code) => {
          const index = position % given.inputs.length;
          const spent = given.inputs[index];
          if (spent === undefined) return;
          const other = unsigned(given).preimageWitnessV0(index, code, type, spent.amountSats);
          const tx = decodeTx(unsigned(given).toBytes(true, false));
          expect(bytesToBareHex(witnessV0Hash(tx, index, code, spent, type))).toBe(bytesToBareHex(other));
        },
      ),
      { numRuns: 300 },
    );
  });

  it('have no value for an undefined type, nor for SINGLE without its output', () => {
    const given: Draft = {
      inputs: [utxo(hexToBytes('51')), utxo(hexToBytes('52'), 5n, 'cd'.repeat(32))],
      outputs: [{ script: hexToBytes('51'), amountSats: 1n }],
    };
    const tx = decodeTx(unsigned(given).toBytes(true, false));
    const hashOf = (type: number, index = 0) => taprootHash(tx, index, spentOf(given), type, null, null);
    for (const type of [4, 0x40, 0x80, 0x84, 0xff]) expect(hashOf(type)).toBeNull();
    expect(hashOf(3, 1)).toBeNull();
    expect(hashOf(0x83, 1)).toBeNull();
  });
});

describe('a decoded transaction', () => {
  it('has the ids and sizes that another implementation finds', () => {
    fc.assert(
      fc.property(draft, (given) => {
        const other = unsigned(given);
        const raw = other.toBytes(true, false);
        const tx = decodeTx(raw);
        expect(tx.txid).toBe(Transaction.fromRaw(raw, { allowUnknownOutputs: true }).id);
        expect(tx.weight).toBe(raw.length * 4);
        expect(tx.outputs.map((out) => out.amountSats)).toEqual(given.outputs.map((out) => sats(out.amountSats)));
      }),
      { numRuns: 100 },
    );
  });
});
