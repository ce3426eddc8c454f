import { describe, expect, it } from 'vitest';
import { addressOf, scriptOfAddress } from '../../../node-core/devnet/bitcoin/script/address.ts';
import { inferDescriptor, scriptOfDescriptor } from '../../../node-core/devnet/bitcoin/script/descriptor.ts';
import { decodeNumber, encodeNumber } from '../../../node-core/devnet/bitcoin/script/number.ts';
import { classifyOutput, countSigops } from '../../../node-core/devnet/bitcoin/script/standard.ts';
import { scriptText } from '../../../node-core/devnet/bitcoin/script/text.ts';
import { bytesToBareHex, hexToBytes } from '../../../node-core/primitives/hex.ts';
import { federation } from './support.ts';

const key = `21${'02'.repeat(33)}`;
const hash = '11'.repeat(20);
const wide = '22'.repeat(32);
const taproot = bytesToBareHex(federation([1], 1).script);

describe('an output script', () => {
  it.each([
    [`76a914${hash}88ac`, 'pubkeyhash'],
    [`a914${hash}87`, 'scripthash'],
    [`0014${hash}`, 'witness_v0_keyhash'],
    [`0020${wide}`, 'witness_v0_scripthash'],
    [taproot, 'witness_v1_taproot'],
    ['51024e73', 'anchor'],
    [`5220${wide}`, 'witness_unknown'],
    [`0015${hash}11`, 'nonstandard'],
    [`${key}ac`, 'pubkey'],
    [`51${key}${key}52ae`, 'multisig'],
    [`53${key}${key}52ae`, 'nonstandard'],
    ['6a', 'nulldata'],
    [`6a14${hash}`, 'nulldata'],
    ['6a14ff', 'nonstandard'],
    ['6aac', 'nonstandard'],
    ['', 'nonstandard'],
  ])('%s is %s', (script, type) => {
    expect(classifyOutput(hexToBytes(script))).toBe(type);
  });

  it('has an address where its kind has one, which leads back to it', () => {
    for (const script of [`76a914${hash}88ac`, `a914${hash}87`, `0014${hash}`, `0020${wide}`, taproot]) {
      const address = addressOf(hexToBytes(script));
      expect(bytesToBareHex(scriptOfAddress(address ?? '') ?? new Uint8Array(0))).toBe(script);
    }
    expect(addressOf(hexToBytes(`6a14${hash}`))).toBeUndefined();
    // 32 bytes that are no point's x have no key behind them.
    expect(addressOf(hexToBytes(`5120${'ff'.repeat(32)}`))).toBeUndefined();
    expect(scriptOfAddress('1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2')).toBeNull();
  });

  it('is written as Core writes it', () => {
    const text = (script: string) => scriptText(hexToBytes(script));
    expect(text(`76a914${hash}88ac`)).toBe(`OP_DUP OP_HASH160 ${hash} OP_EQUALVERIFY OP_CHECKSIG`);
    expect(text('00514f0281800101')).toBe('0 1 -1 -129 1');
    expect(text('6a05aabbccddee')).toBe('OP_RETURN aabbccddee');
    expect(text('ba5aa2')).toBe('OP_CHECKSIGADD 10 OP_GREATERTHANOREQUAL');
    expect(text('05aa')).toBe('[error]');
  });

  it('counts its signature operations', () => {
    expect(countSigops(hexToBytes(`76a914${hash}88ac`))).toBe(1);
    expect(countSigops(hexToBytes(`51${key}51ae`))).toBe(20);
    expect(countSigops(hexToBytes(`0014${hash}`))).toBe(0);
  });
});

describe('a descriptor', () => {
  it("carries BIP-380's checksum", () => {
    expect(scriptOfDescriptor('raw(deadbeef)#89f8spxm')).toEqual(hexToBytes('deadbeef'));
    expect(scriptOfDescriptor('raw(deadbeef)')).toEqual(hexToBytes('deadbeef'));
    expect(scriptOfDescriptor('raw(deadbeef)#89f8spxn')).toBeNull();
    expect(scriptOfDescriptor('raw(deedbeef)#89f8spxm')).toBeNull();
    expect(inferDescriptor(hexToBytes('deadbeef'))).toBe('raw(deadbeef)#89f8spxm');
  });

  it('is of an address or of hex', () => {
    expect(scriptOfDescriptor(`addr(${addressOf(hexToBytes(taproot))})`)).toEqual(hexToBytes(taproot));
    for (const text of ['addr(x)', 'raw(abc)', 'wpkh(02)', 'raw(ab', '']) expect(scriptOfDescriptor(text)).toBeNull();
  });
});

describe('a script number', () => {
  it('has one minimal form', () => {
    for (const value of [0, 1, -1, 127, 128, -128, 255, 256, -255, 32_767, 32_768, 2 ** 31 - 1, -(2 ** 31) + 1]) {
      expect(decodeNumber(encodeNumber(value), true)).toBe(value);
    }
    expect(encodeNumber(-129)).toEqual(hexToBytes('8180'));
    for (const padded of ['00', '80', '0100', '7f0000', '8080']) {
      if (padded === '8080') expect(decodeNumber(hexToBytes(padded), true)).toBe(-128);
      else expect(() => decodeNumber(hexToBytes(padded), true)).toThrow();
    }
  });
});
