import { getCreateAddress } from 'ethers';
import type { Hex } from '../../node-core/primitives/hex.ts';
import { addressOf } from './evm-chain.ts';
import { PRECOMPILE_VECTORS } from './precompile-vectors.ts';

/** Code that spends all of its gas on one thing, as a transaction that creates a contract. */
export interface GasLoad {
  readonly name: string;
  readonly code: Hex;
  /** Creations to be in blocks before. */
  readonly before?: readonly Hex[];
}

const hex = (value: number, bytes: number): string => value.toString(16).padStart(2 * bytes, '0');
const push = (value: number): string => `63${hex(value, 4)}`;
/** Of a creation, which has at most 49,152 bytes. Source: EIP-3860. */
const REPEATED_BYTES = 40_000;
/** The most bytes of a contract. Source: EIP-170. */
const MAX_CODE = 24_576;
/** Calls in a row, so that the loop around them counts for nothing. */
const CALLS = 1000;
/** What account 0 creates first. */
const FIRST_CONTRACT = getCreateAddress({ from: addressOf(0), nonce: 0 }).toLowerCase();

/** `body` as often as fits, for ever. `setup` runs once. */
function endless(body: string, setup = ''): Hex {
  const start = setup.length / 2;
  const times = Math.floor(REPEATED_BYTES / (body.length / 2));
  return `0x${setup}5b${body.repeat(times)}${push(start)}56`;
}

/** Puts `data` at the end of the code and copies it to memory 0. */
function withData(data: string, body: string): Hex {
  // Two numbers of five bytes each, where from, and the copy.
  const start = 5 + 5 + 1 + 1;
  const code = `5b${body.repeat(CALLS)}${push(start)}56`;
  return `0x${push(data.length / 2)}${push(start + code.length / 2)}5f39${code}${data}`;
}

/** A creation of this code. */
const deployed = (code: string): Hex => `0x${push(code.length / 2)}80600c5f395ff3${code}`;

/** A static call with `bytes` of memory from 0 as input; what it returns is written behind it. */
const callTo = (address: number, bytes: number, outBytes = 32): string =>
  `60${hex(outBytes, 1)}${push(bytes)}${push(bytes)}5f61${hex(address, 2)}5afa50`;

const word = (value: bigint | number): string => value.toString(16).padStart(64, '0');
const ones = (bytes: number): string => 'ff'.repeat(bytes);
/** Base, exponent and modulus for 0x05. */
const modexp = (base: string, exponent: string, modulus: string): string =>
  [base, exponent, modulus].map((part) => word(part.length / 2)).join('') + base + exponent + modulus;
const vector = (address: number): string => (PRECOMPILE_VECTORS[address - 1]?.input ?? '0x').slice(2);

const MAX = `7f${ones(32)}`;

const opcodes: readonly (readonly [name: string, body: string, setup?: string])[] = [
  ['JUMPDEST', '5b'],
  ['PUSH0 POP', '5f50'],
  ['PUSH32 POP', `${MAX}50`],
  ['PC POP', '5850'],
  ['GAS POP', '5a50'],
  ['ADDRESS POP', '3050'],
  ['CALLER POP', '3350'],
  ['CALLVALUE POP', '3450'],
  ['CALLDATALOAD', '5f3550'],
  ['CODESIZE POP', '3850'],
  ['COINBASE POP', '4150'],
  ['TIMESTAMP POP', '4250'],
  ['PREVRANDAO POP', '4450'],
  ['BLOCKHASH', '5f4050'],
  ['SELFBALANCE', '4750'],
  ['BASEFEE POP', '4850'],
  ['ADD', '8001', MAX],
  ['MUL', '8002', MAX],
  ['SDIV', `${MAX}05`, MAX],
  ['DIV', '6003810450', MAX],
  ['ADDMOD', '8181810850', `${MAX}${MAX}`],
  ['MULMOD', '8282820950', `7f${ones(31)}fd7f${ones(31)}fb7f${ones(31)}f9`],
  ['EXP, 32 bytes', '81810a50', `${MAX}7f${ones(31)}fd`],
  ['EXP, 1 byte', '60ff810a50', MAX],
  ['BYTE', '801a', MAX],
  ['SHL', '80600f1b50', MAX],
  ['SAR', '80600f1d50', MAX],
  ['NOT ISZERO', '1915', MAX],
  ['SIGNEXTEND', '5f0b', MAX],
  ['DUP POP', '8050', MAX],
  ['SWAP', '90', `${MAX}${MAX}`],
  ['MLOAD', '5f5150'],
  ['MSTORE', '5f5f52'],
  ['MSTORE of a full word', '805f52', MAX],
  ['MSTORE8', '5f5f53'],
  ['MSIZE POP', '5950'],
  ['MCOPY of 32 bytes', '60205f5f5e'],
  ['MCOPY of 32 KiB', '6180005f5f5e'],
  ['CALLDATACOPY of 32 KiB', '6180005f5f37'],
  ['CODECOPY of 32 bytes', '60205f5f39'],
  ['CODECOPY of 24 KiB', '6160005f5f39'],
  ['EXTCODECOPY, warm', '60205f5f303c'],
  ['EXTCODESIZE, warm', '303b50'],
  ['EXTCODEHASH, warm', '303f50'],
  ['BALANCE, warm', '303150'],
  ['BALANCE, cold', '600101803150', '61ffff'],
  ['KECCAK256 of nothing', '5f5f2050'],
  ['KECCAK256 of 32 bytes', '60205f2050'],
  ['KECCAK256 of 136 bytes', '60885f2050'],
  ['KECCAK256 of 32 KiB', '6180005f2050'],
  ['SLOAD, warm', '5f5450'],
  ['SLOAD, cold', '600101805450', '5f'],
  ['SSTORE, same value', '5f5f55'],
  ['SSTORE, dirty', '5a5f55'],
  ['SSTORE, new slots', '600101808055', '5f'],
  ['TLOAD', '5f5c50'],
  ['TSTORE, one slot', '5a5f5d'],
  ['TSTORE, new slots', '60010180805d', '5f'],
  ['LOG0', '5f5fa0'],
  ['LOG4', '5f5f5f5f5f5fa4'],
  ['LOG0 of 8 KiB', '6120005fa0'],
  ['CALL, warm and empty', '5f5f5f5f5f60ff5af150'],
  ['STATICCALL, warm and empty', '5f5f5f5f60ff5afa50'],
  ['CALL, cold and empty', '6001015f5f5f5f5f855af150', '61ffff'],
  ['CALL, warm, to the sender', '5f5f5f5f5f335af150'],
  ['CREATE of nothing', '5f5f5ff050'],
  ['CREATE of 48 KiB', '61c0005f5ff050'],
  ['CREATE2 of 48 KiB', '6001018061c0005f5ff550', '5f'],
  ['RETURNDATACOPY of nothing', '5f5f5f3e'],
];

/** Odd, even, and a power of two: each takes another way through a modular exponentiation. */
const moduli: readonly (readonly [string, (bytes: number) => string])[] = [
  ['odd', (bytes) => `${ones(bytes - 1)}fd`],
  ['even', (bytes) => `${ones(bytes - 1)}fe`],
  ['a power of two', (bytes) => `80${'00'.repeat(bytes - 1)}`],
];
const EXPONENT_BYTES = 8192;

export const GAS_LOADS: readonly GasLoad[] = [
  ...opcodes.map(([name, body, setup]) => ({ name, code: endless(body, setup ?? '') })),
  { name: 'JUMP loop', code: '0x5b5f56' },
  { name: 'JUMPI loop', code: '0x5b60015f57' },
  {
    name: 'calls of the widest code, which jumps',
    before: [deployed(`60055600005b${'00'.repeat(MAX_CODE - 6)}`)],
    code: endless(`5f5f5f5f73${FIRST_CONTRACT.slice(2)}5afa50`),
  },
  { name: '0x01 ecrecover', code: withData(vector(1), callTo(1, 128)) },
  { name: '0x01 ecrecover, no key', code: withData(ones(128), callTo(1, 128)) },
  ...[0, 32, 8192].map((bytes) => ({
    name: `0x02 sha256 of ${bytes} bytes`,
    code: withData(ones(bytes), callTo(2, bytes)),
  })),
  ...[0, 8192].map((bytes) => ({
    name: `0x03 ripemd160 of ${bytes} bytes`,
    code: withData(ones(bytes), callTo(3, bytes)),
  })),
  ...[0, 32, 8192].map((bytes) => ({
    name: `0x04 identity of ${bytes} bytes`,
    code: withData(ones(bytes), callTo(4, bytes)),
  })),
  { name: '0x05 modexp of nothing', code: withData('', callTo(5, 0)) },
  ...[1, 8, 16, 24, 32, 64, 256, 1024].flatMap((bytes) =>
    moduli.map(([kind, modulus]) => {
      const data = modexp(ones(bytes), ones(bytes > 64 ? 64 : EXPONENT_BYTES), modulus(bytes));
      return { name: `0x05 modexp, ${bytes} bytes, ${kind}`, code: withData(data, callTo(5, data.length / 2)) };
    }),
  ),
  ...[32, 256, 1024].map((bytes) => {
    const data = modexp(ones(bytes), '03', `${ones(bytes - 1)}fd`);
    return { name: `0x05 modexp, ${bytes} bytes, exponent 3`, code: withData(data, callTo(5, data.length / 2)) };
  }),
  { name: '0x06 bn254 add', code: withData(vector(6), callTo(6, 128, 64)) },
  { name: '0x06 bn254 add, not on the curve', code: withData(ones(128), callTo(6, 128)) },
  { name: '0x07 bn254 multiply', code: withData(vector(6).slice(0, 128) + ones(32), callTo(7, 96, 64)) },
  { name: '0x08 bn254 pairing of none', code: withData('', callTo(8, 0)) },
  { name: '0x08 bn254 pairing of 2', code: withData(vector(8), callTo(8, 384)) },
  { name: '0x08 bn254 pairing of 20', code: withData(vector(8).repeat(10), callTo(8, 3840)) },
  ...[0, 12, 10_000, 1_000_000].map((rounds) => {
    const data = hex(rounds, 4) + vector(9).slice(8);
    return { name: `0x09 blake2f, ${rounds} rounds`, code: withData(data, callTo(9, 213, 64)) };
  }),
  { name: '0x0a point evaluation', code: withData(vector(10), callTo(10, 192, 64)) },
  { name: '0x0a point evaluation, wrong hash', code: withData(ones(192), callTo(10, 192)) },
];
