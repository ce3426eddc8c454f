import { schnorr, secp256k1 } from '@noble/curves/secp256k1.js';
import { p2tr, p2wpkh, utils } from '@scure/btc-signer';
import { pubECDSA, taprootTweakPrivKey } from '@scure/btc-signer/utils.js';
import { describe, expect, it } from 'vitest';
import { hash160 } from '../../../node-core/devnet/bitcoin/hash.ts';
import { REGTEST_NETWORK } from '../../../node-core/devnet/bitcoin/regtest.ts';
import { bytesToBareHex, hexToBytes } from '../../../node-core/primitives/hex.ts';
import { type Draft, judge, privateKey, unsigned, utxo, withWitnesses } from './support.ts';

const key = privateKey(7);
const publicKey = pubECDSA(key);
const payout = [{ script: p2wpkh(pubECDSA(privateKey(8)), REGTEST_NETWORK).script, amountSats: 900_000n }];

function ecdsa(given: Draft, signer: Uint8Array, options: { type?: number; highS?: boolean } = {}): Uint8Array {
  const { type = 1, highS = false } = options;
  const code = hexToBytes(`76a914${bytesToBareHex(hash160(publicKey))}88ac`);
  const hash = unsigned(given).preimageWitnessV0(0, code, type, 1_000_000n);
  const compact = secp256k1.sign(hash, signer, { prehash: false });
  const { r, s } = secp256k1.Signature.fromBytes(compact);
  const signature = new secp256k1.Signature(r, highS ? secp256k1.Point.Fn.ORDER - s : s);
  return Uint8Array.of(...signature.toBytes('der'), type);
}

describe('P2WPKH spends', () => {
  const draft: Draft = { inputs: [utxo(p2wpkh(publicKey, REGTEST_NETWORK).script)], outputs: payout };
  const spend = (witness: readonly Uint8Array[], policy = true) =>
    judge(withWitnesses(draft, [witness]), draft.inputs, 0, policy);

  it.each([1, 2, 3, 0x81, 0x82, 0x83])('are allowed with hash type %i', (type) => {
    expect(spend([ecdsa(draft, key, { type }), publicKey])).toBeNull();
  });

  it("another key's signature is refused, by consensus for its failure and by relay for not being empty", () => {
    const witness = [ecdsa(draft, privateKey(9)), publicKey];
    expect(spend(witness)).toBe('SIG_NULLFAIL');
    expect(spend(witness, false)).toBe('EVAL_FALSE');
  });

  it("another key is refused, though the signature is that key's own", () => {
    expect(spend([ecdsa(draft, privateKey(9)), pubECDSA(privateKey(9))])).toBe('EQUALVERIFY');
  });

  it('an empty signature is refused', () => {
    expect(spend([new Uint8Array(0), publicKey])).toBe('EVAL_FALSE');
  });

  it('a high S is refused by relay alone', () => {
    const witness = [ecdsa(draft, key, { highS: true }), publicKey];
    expect(spend(witness)).toBe('SIG_HIGH_S');
    expect(spend(witness, false)).toBeNull();
  });

  it('a signature that is not strict DER is refused', () => {
    const signature = ecdsa(draft, key);
    expect(spend([signature.subarray(0, -1), publicKey])).toBe('SIG_DER');
    expect(spend([signature.with(0, 0x31), publicKey])).toBe('SIG_DER');
    expect(spend([signature.with(2, 0x03), publicKey])).toBe('SIG_DER');
    expect(spend([signature.with(3, 0), publicKey])).toBe('SIG_DER');
    expect(spend([new Uint8Array(71), publicKey])).toBe('SIG_DER');
  });

  it('an undefined hash type is refused by relay', () => {
    const signature = ecdsa(draft, key);
    expect(spend([signature.with(-1, 4), publicKey])).toBe('SIG_HASHTYPE');
    expect(spend([signature.with(-1, 0x80), publicKey])).toBe('SIG_HASHTYPE');
  });

  it('an uncompressed key is refused by relay', () => {
    const long = secp256k1.getPublicKey(key, false);
    const script = hexToBytes(`0014${bytesToBareHex(hash160(long))}`);
    const own: Draft = { ...draft, inputs: [utxo(script)] };
    expect(judge(withWitnesses(own, [[ecdsa(own, key), long]]), own.inputs)).toBe('WITNESS_PUBKEYTYPE');
  });

  it('a witness of another size is refused', () => {
    const signature = ecdsa(draft, key);
    expect(spend([signature, publicKey, publicKey])).toBe('WITNESS_PROGRAM_MISMATCH');
    expect(spend([publicKey])).toBe('WITNESS_PROGRAM_MISMATCH');
    expect(spend([])).toBe('WITNESS_PROGRAM_MISMATCH');
  });
});

describe('P2TR key spends', () => {
  const internal = utils.pubSchnorr(key);
  const draft: Draft = { inputs: [utxo(p2tr(internal, undefined, REGTEST_NETWORK).script)], outputs: payout };
  const signer = taprootTweakPrivKey(key);
  const spend = (witness: readonly Uint8Array[], policy = true) =>
    judge(withWitnesses(draft, [witness]), draft.inputs, 0, policy);
  const sign = (type = 0, annex?: Uint8Array): Uint8Array => {
    const { script, amountSats } = draft.inputs[0] as Draft['inputs'][number];
    const hash = unsigned(draft).preimageWitnessV1(0, [script], type, [amountSats], -1, undefined, 0xc0, annex);
    const signature = schnorr.sign(hash, signer);
    return type === 0 ? signature : Uint8Array.of(...signature, type);
  };

  it.each([0, 1, 2, 3, 0x81, 0x82, 0x83])('are allowed with hash type %i', (type) => {
    expect(spend([sign(type)])).toBeNull();
  });

  it('an annex is signed and allowed by consensus', () => {
    const annex = hexToBytes('50aabb');
    expect(spend([sign(0, annex), annex])).toBeNull();
    expect(spend([sign(), annex])).toBe('SCHNORR_SIG');
  });

  it('a changed, empty, cut or padded signature is refused', () => {
    const signature = sign();
    expect(spend([signature.with(40, (signature[40] as number) ^ 1)])).toBe('SCHNORR_SIG');
    expect(spend([new Uint8Array(0)])).toBe('SCHNORR_SIG_SIZE');
    expect(spend([signature.subarray(1)])).toBe('SCHNORR_SIG_SIZE');
    expect(spend([Uint8Array.of(...signature, 0)])).toBe('SCHNORR_SIG_HASHTYPE');
    expect(spend([Uint8Array.of(...signature, 4)])).toBe('SCHNORR_SIG_HASHTYPE');
  });
});

describe('other spends', () => {
  const judgeScript = (script: string, witness: readonly Uint8Array[], policy = true): string | null => {
    const draft: Draft = { inputs: [utxo(hexToBytes(script))], outputs: payout };
    return judge(withWitnesses(draft, [witness]), draft.inputs, 0, policy);
  };
  const item = Uint8Array.of(1);

  it('of kinds that the devnet never makes are refused as such', () => {
    expect(judgeScript(`76a914${'11'.repeat(20)}88ac`, [])).toBe('UNSUPPORTED_SPEND');
    expect(judgeScript(`a914${'11'.repeat(20)}87`, [])).toBe('UNSUPPORTED_SPEND');
    expect(judgeScript(`0020${'11'.repeat(32)}`, [item])).toBe('UNSUPPORTED_SPEND');
  });

  it('with a witness that the output has no use for are refused', () => {
    expect(judgeScript(`76a914${'11'.repeat(20)}88ac`, [item])).toBe('WITNESS_UNEXPECTED');
  });

  it('of witness programs that have no meaning yet are refused by relay alone', () => {
    expect(judgeScript(`5220${'11'.repeat(32)}`, [item])).toBe('DISCOURAGE_UPGRADABLE_WITNESS_PROGRAM');
    expect(judgeScript(`5220${'11'.repeat(32)}`, [item], false)).toBeNull();
    expect(judgeScript(`0010${'11'.repeat(16)}`, [item])).toBe('WITNESS_PROGRAM_WRONG_LENGTH');
    expect(judgeScript('51024e73', [])).toBeNull();
  });
});
