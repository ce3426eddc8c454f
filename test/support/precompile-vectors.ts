/** An input and its answer for each precompile of Cancun. Sources: the EIPs, and the public vectors of go-ethereum's `core/vm/testdata`. */
export interface PrecompileVector {
  readonly name: string;
  readonly address: string;
  readonly input: string;
  readonly output: string;
}

const at = (index: number): string => `0x${index.toString(16).padStart(40, '0')}`;
const word = (value: number | bigint): string => value.toString(16).padStart(64, '0');

/** `[tau]G1` of the KZG ceremony commits to the polynomial `x`, whose proof at any point is G1. Source: `trusted_setup.json`. */
const TAU_G1 = 'ad3eb50121139aa34db1d545093ac9374ab7bca2c0f3bf28e27c8dcd8fc7cb42d25926fc0c97b336e9f0fb35e5a04c81';
const G1 = '97f1d3a73197d7942695638c4fa9ac0fc3688c4f9774b905a14e3a3f171bac586c55e83ff97a1aeffb3af00adb22c6bb';
/** Version byte 1 and the SHA-256 of the commitment from its second byte on. */
const TAU_VERSIONED_HASH = '014fa3bb4018340ca2fa8eb239e23af6ba465f6d5bc31db78988445da078db76';

/** Modulus of bn254's field, and the generator H of its second group: x and y, imaginary parts first. Source: EIP-197. */
const BN254_P = 0x30644e72e131a029b85045b68181585d97816a916871ca8d3c208c16d87cfd47n;
const BN254_H =
  '198e9393920d483a7260bfb731fb5d25f1aa493335a9e71297e485b7aef312c2' +
  '1800deef121f1e76426a00665e5c4479674322d4f75edadd46debd5cd992f6ed' +
  '090689d0585ff075ec9e99ad690c3395bc4b313370b38ef355acdadcd122975b' +
  '12c85ea5db8c6deb4aab71808dcb408fe3d1e7690c43d37b4ce6cc0166fa7daa';

export const PRECOMPILE_VECTORS: readonly PrecompileVector[] = [
  {
    name: '0x01 ecrecover',
    address: at(1),
    input:
      '0x18c547e4f7b0f325ad1e56f57e26c745b09a3e503d86e00e5255ff7f715d3d1c000000000000000000000000000000000000000000000000000000000000001c73b1693892219d736caba55bdb67216e485557ea6b6af75f37096c9aa6a5a75feeb940b1d03b21e36b0e47e79769f095fe2ab855bd91e3a38756b7d75a9c4549',
    output: '0x000000000000000000000000a94f5374fce5edbc8e2a8697c15331677e6ebf0b',
  },
  {
    name: '0x02 sha256',
    address: at(2),
    input: '0x616263',
    output: '0xba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
  },
  {
    name: '0x03 ripemd160',
    address: at(3),
    input: '0x616263',
    output: '0x0000000000000000000000008eb208f7e05d987a9b044a8e98c6b087f15a0bfc',
  },
  { name: '0x04 identity', address: at(4), input: '0x0123456789', output: '0x0123456789' },
  {
    name: '0x05 modexp',
    address: at(5),
    // 3 ** 65537 mod 101
    input: `0x${word(1)}${word(3)}${word(1)}0301000165`,
    output: '0x5d',
  },
  {
    name: '0x06 bn254 add',
    address: at(6),
    // G + G
    input: `0x${word(1)}${word(2)}${word(1)}${word(2)}`,
    output:
      '0x030644e72e131a029b85045b68181585d97816a916871ca8d3c208c16d87cfd315ed738c0e0a7c92e7845f96b2ae9c0a68a6a449e3538fc7ff3ebf7a5a18a2c4',
  },
  {
    name: '0x07 bn254 multiply',
    address: at(7),
    input: `0x${word(1)}${word(2)}${word(2)}`,
    output:
      '0x030644e72e131a029b85045b68181585d97816a916871ca8d3c208c16d87cfd315ed738c0e0a7c92e7845f96b2ae9c0a68a6a449e3538fc7ff3ebf7a5a18a2c4',
  },
  {
    name: '0x08 bn254 pairing',
    address: at(8),
    // e(G, H) * e(-G, H) = 1
    input: `0x${word(1)}${word(2)}${BN254_H}${word(1)}${word(BN254_P - 2n)}${BN254_H}`,
    output: `0x${word(1)}`,
  },
  {
    name: '0x09 blake2f',
    address: at(9),
    // EIP-152, test vector 5.
    input: `0x0000000c48c9bdf267e6096a3ba7ca8485ae67bb2bf894fe72f36e3cf1361d5f3af54fa5d182e6ad7f520e511f6c3e2b8c68059b6bbd41fbabd9831f79217e1319cde05b${'616263'.padEnd(256, '0')}0300000000000000${'0'.repeat(16)}01`,
    output:
      '0xba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d17d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923',
  },
  {
    name: '0x0a point evaluation',
    address: at(10),
    input: `0x${TAU_VERSIONED_HASH}${word(7)}${word(7)}${TAU_G1}${G1}`,
    output: `0x${word(4096)}73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001`,
  },
];
