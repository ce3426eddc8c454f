import { type Input } from '@ethereumjs/rlp';
import { bytesToHex, type Hex, hexToBytes } from '../../../node-core/primitives/hex.ts';
import { addressOf, BRIDGE_ADDRESS } from '../../support/evm-chain.ts';
import type { Random } from '../random.ts';
import { FIRST_PAYEE } from '../world/payments.ts';
import { GROUP_ORDER, signTransaction, type TransactionSignature } from '../world/raw-transaction.ts';
import { mutateBytes } from './mutate-bytes.ts';

const CHAIN_ID = 121_212n;
const GWEI = 1_000_000_000n;
const MAX_UINT256 = (1n << 256n) - 1n;

/** A transaction by its fields, in EIP-1559's terms; each type takes what it has. */
interface Draft {
  type: number;
  chainId: bigint;
  nonce: Input;
  tip: Input;
  fee: Input;
  gas: Input;
  to: Input;
  value: Input;
  data: Input;
  accessList: Input;
  readonly more: Input[];
}

function fieldsOf({ type, chainId, nonce, tip, fee, gas, to, value, data, accessList, more }: Draft): Input[] {
  if (type === 0) return [nonce, fee, gas, to, value, data];
  if (type === 1) return [chainId, nonce, fee, gas, to, value, data, accessList];
  const blobs: Input[] = type === 3 ? [GWEI, [`0x01${'ab'.repeat(31)}`]] : [];
  return [chainId, nonce, tip, fee, gas, to, value, data, accessList, ...blobs, ...more];
}

export interface TransactionMutation {
  readonly name: string;
  readonly change?: (draft: Draft, random: Random) => void;
  readonly tweak?: (signature: TransactionSignature, random: Random) => TransactionSignature;
  /** Of the finished bytes: no longer what was signed. */
  readonly bytes?: (bytes: Uint8Array, random: Random) => Uint8Array;
}

const set = <K extends keyof Draft>(
  field: K,
  value: (random: Random, draft: Draft) => Draft[K],
): TransactionMutation => ({
  name: field,
  change: (draft, random) => {
    draft[field] = value(random, draft);
  },
});
const LEADING_ZEROS = '0x0001';

/** A legacy transaction without EIP-155's chain id: the deployment of the CREATE2 proxy, which wallets know. */
const UNPROTECTED =
  '0xf8a58085174876e800830186a08080b853604580600e600039806000f350fe7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe03601600081602082378035828234f58015156039578182fd5b8082525050506014600cf31ba02222222222222222222222222222222222222222222222222222222222222222a02222222222222222222222222222222222222222222222222222222222222222';

export const TRANSACTION_MUTATIONS: readonly TransactionMutation[] = [
  // Valid ones: the pool may take them.
  { name: 'valid' },
  set('nonce', (_, { nonce }) => (nonce as bigint) + 1n),
  set('nonce', (random) => random.pick([0n, (1n << 64n) - 1n, 1n << 64n, random.big(64), LEADING_ZEROS])),
  set('nonce', (random, { nonce }) =>
    (nonce as bigint) > 1n ? (nonce as bigint) - BigInt(1 + random.integer(2)) : 0n,
  ),
  set('gas', (random) => random.pick([0n, 1n, 20_999n, 21_000n, random.big(20)])),
  set('gas', (random) =>
    random.pick([8_000_001n, 30_000_001n, (1n << 64n) - 1n, 1n << 64n, MAX_UINT256, random.big(256)]),
  ),
  set('value', (random) => random.pick([MAX_UINT256, 10n ** 19n, 1n << 256n, random.big(256), LEADING_ZEROS])),
  set('fee', (random) => random.pick([0n, 1n, MAX_UINT256, 1n << 256n, random.big(256)])),
  set('tip', (random) => random.pick([0n, 999_999n, MAX_UINT256, 3n * GWEI, random.big(256)])),
  set('chainId', (random) => random.pick([0n, 1n, 121_213n, MAX_UINT256, random.big(64)])),
  set('to', (random) => random.hex(random.pick([0, 1, 19, 21, 32]))),
  set('data', (random) => random.hex(random.pick([1, 100, 5000]))),
  set('type', (random) => random.pick([0, 1, 3, 4, 0x7f])),
  set('accessList', (random) =>
    random.pick<Input>([
      [[random.hex(20), [random.hex(32), random.hex(32)]]],
      [[random.hex(19), []]],
      [[random.hex(20), [random.hex(31)]]],
      [[random.hex(20)]],
      [random.hex(20)],
      random.hex(8),
      Array.from({ length: 200 }, () => [random.hex(20), [random.hex(32)]]),
    ]),
  ),
  {
    name: 'a creation',
    change: (draft, random) => {
      draft.to = '0x';
      draft.data = random.hex(random.pick([0, 40, 49_153]));
      draft.gas = 5_000_000n;
    },
  },
  {
    name: 'too much data',
    change: (draft, random) => {
      draft.data = `0x${'00'.repeat(random.pick([131_000, 131_072, 140_000]))}`;
      draft.gas = 8_000_000n;
    },
  },
  { name: 'fields too many', change: (draft, random) => void draft.more.push(random.hex(3), []) },
  { name: 'the same nonce for little more', change: (draft) => void (draft.fee = (draft.fee as bigint) + 1n) },
  {
    name: 'a burn below the minimum',
    change: (draft) => {
      draft.to = BRIDGE_ADDRESS;
      draft.value = 1n;
    },
  },
  { name: 'the other s', tweak: ({ parity, r, s }) => ({ parity: 1n - parity, r, s: GROUP_ORDER - s }) },
  { name: 'a parity that is none', tweak: ({ r, s }, random) => ({ parity: 2n + random.big(70), r, s }) },
  {
    name: 'a signature outside the group',
    tweak: ({ parity, r, s }, random) =>
      random.pick([
        { parity, r: 0n, s },
        { parity, r, s: 0n },
        { parity, r: GROUP_ORDER, s },
        { parity, r: MAX_UINT256, s },
        { parity, r: 1n << 260n, s },
      ]),
  },
  // A signature of something else recovers a stranger without money, or nobody.
  {
    name: 'signature damaged',
    tweak: ({ parity, r, s }, random) => ({ parity, r: r ^ (1n << BigInt(random.integer(255))), s }),
  },
  { name: 'bytes damaged', bytes: (bytes, random) => mutateBytes(bytes, random) },
  {
    name: 'bytes after the type damaged',
    bytes: (bytes, random) => Uint8Array.from([2, ...mutateBytes(bytes.slice(1), random)]),
  },
  { name: 'unprotected', bytes: () => hexToBytes(UNPROTECTED) },
];

/** A valid transaction of an account with money, with one thing about it changed. */
export function mutatedTransaction(
  { change, tweak, bytes }: TransactionMutation,
  nonces: readonly bigint[],
  random: Random,
): { readonly raw: Hex; readonly signedAgain: boolean } {
  // One account sends more than it may have waiting.
  const index = random.chance(0.4) ? 0 : random.integer(nonces.length);
  const draft: Draft = {
    type: random.pick([0, 1, 2, 2, 2]),
    chainId: CHAIN_ID,
    // Most come in turn; the others leave gaps, and all together more than an account or the pool may hold.
    nonce: (nonces[index] ?? 0n) + BigInt(random.integer(24)),
    tip: 2_000_000n,
    fee: 2n * GWEI,
    gas: 100_000n,
    to: addressOf(FIRST_PAYEE),
    value: BigInt(random.integer(1_000_000)),
    data: '0x',
    accessList: [],
    more: [],
  };
  change?.(draft, random);
  const raw = signTransaction(
    { type: draft.type, chainId: draft.chainId, fields: fieldsOf(draft) },
    index,
    (signature) => (tweak === undefined ? signature : tweak(signature, random)),
  );
  return bytes === undefined
    ? { raw, signedAgain: tweak === undefined }
    : { raw: bytesToHex(bytes(hexToBytes(raw), random)), signedAgain: false };
}
