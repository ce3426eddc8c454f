import type { ExecutionPayload, Withdrawal } from '../../../node-core/domain/consensus/types.ts';
import type { Hex } from '../../../node-core/primitives/hex.ts';
import { type BlockHeight, type EvmAddress, type EvmBlockHash } from '../../../node-core/primitives/ids.ts';
import type { Gwei, Wei } from '../../../node-core/primitives/units.ts';
import type { Random } from '../random.ts';
import { mutatedTransaction, TRANSACTION_MUTATIONS } from './transaction-mutations.ts';

export interface PayloadMutation {
  readonly name: string;
  /** Null when the payload has nothing to change so. */
  readonly apply: (payload: ExecutionPayload, random: Random) => Partial<ExecutionPayload> | null;
}

/** A number near another one, or at an edge of its type. */
export function otherNumber(value: bigint, random: Random, bits = 64): bigint {
  const end = 1n << BigInt(bits);
  const other = random.pick([value + 1n, value - 1n, 0n, -1n, value + random.big(bits / 2)]);
  const wrapped = (other + end) % end;
  return wrapped === value ? (value + 1n) % end : wrapped;
}

const flipped = (name: 'stateRoot' | 'receiptsRoot' | 'logsBloom'): PayloadMutation => ({
  name,
  apply: (payload, random) => ({ [name]: random.flipHex(payload[name]) }),
});

/** Transactions from the pool's door that no block with this state can hold, for one reason or another. */
const foreignTransaction = (random: Random): Hex =>
  mutatedTransaction(random.pick(TRANSACTION_MUTATIONS), SOME_NONCES, random).raw;
/** Of accounts with money: some are behind the accounts', some ahead. */
const SOME_NONCES = Array.from({ length: 10 }, () => 0n);

const transactions = (name: string, change: (list: Hex[], random: Random) => Hex[] | null): PayloadMutation => ({
  name,
  apply: (payload, random) => {
    const changed = change([...payload.transactions], random);
    return changed === null ? null : { transactions: changed };
  },
});

/** Changes of what only execution can tell; the block's other parts know nothing of them. */
export const EXECUTION_MUTATIONS: readonly PayloadMutation[] = [
  flipped('stateRoot'),
  flipped('receiptsRoot'),
  flipped('logsBloom'),
  {
    name: 'gasUsed',
    apply: ({ gasUsed, gasLimit }, random) => ({ gasUsed: (gasUsed + 1n + random.big(24)) % gasLimit }),
  },
  { name: 'gasUsed above the limit', apply: ({ gasLimit }, random) => ({ gasUsed: gasLimit + 1n + random.big(32) }) },
  {
    name: 'gasLimit',
    apply: ({ gasLimit }, random) => ({
      gasLimit: random.pick([0n, 4999n, gasLimit * 2n, gasLimit + gasLimit / 1024n, (1n << 64n) - 1n, random.big(64)]),
    }),
  },
  {
    name: 'baseFeePerGas',
    apply: ({ baseFeePerGas }, random) => ({ baseFeePerGas: otherNumber(baseFeePerGas, random, 256) as Wei }),
  },
  // All are of one account, so that no other order of their nonces is valid.
  transactions('transactions reordered', (list, random) => {
    if (list.length < 2) return null;
    const mixed = random.shuffled(list);
    return mixed.every((raw, at) => raw === list[at]) ? mixed.toReversed() : mixed;
  }),
  transactions('a transaction dropped', (list, random) =>
    list.length > 0 ? list.toSpliced(random.integer(list.length), 1) : null,
  ),
  transactions('a transaction doubled', (list, random) => (list.length > 0 ? [...list, random.pick(list)] : null)),
  transactions('a transaction damaged', (list, random) => {
    const at = random.integer(list.length);
    const raw = list[at];
    // The first digits are the type: another type is another stage's matter.
    return raw === undefined
      ? null
      : list.with(at, `0x${raw.slice(2, 4)}${random.flipHex(`0x${raw.slice(4)}`).slice(2)}`);
  }),
  transactions('a transaction cut off', (list, random) => {
    const at = random.integer(list.length);
    const raw = list[at];
    return raw === undefined ? null : list.with(at, raw.slice(0, 4 + 2 * random.integer(raw.length / 2 - 2)) as Hex);
  }),
  transactions('a foreign transaction', (list, random) =>
    list.toSpliced(random.integer(list.length + 1), 0, foreignTransaction(random)),
  ),
];

const withdrawalsOf = (
  name: string,
  change: (list: Withdrawal[], random: Random) => Withdrawal[] | null,
): PayloadMutation => ({
  name,
  apply: (payload, random) => {
    const changed = change([...payload.withdrawals], random);
    return changed === null ? null : { withdrawals: changed };
  },
});

const oneChanged = (
  name: string,
  change: (withdrawal: Withdrawal, random: Random) => Partial<Withdrawal>,
): PayloadMutation =>
  withdrawalsOf(name, (list, random) => {
    const at = random.integer(list.length);
    const withdrawal = list[at];
    return withdrawal === undefined ? null : list.with(at, { ...withdrawal, ...change(withdrawal, random) });
  });

/** Mints that no deposit stands for (HOLE-4). */
export const WITHDRAWAL_MUTATIONS: readonly PayloadMutation[] = [
  oneChanged('a mint of more', ({ amountGwei }, random) => ({ amountGwei: otherNumber(amountGwei, random) as Gwei })),
  oneChanged('a mint to another', (_, random) => ({ address: random.hex(20) as EvmAddress })),
  withdrawalsOf('a mint doubled', (list, random) => (list.length > 0 ? [...list, random.pick(list)] : null)),
  withdrawalsOf('a mint dropped', (list, random) =>
    list.length > 0 ? list.toSpliced(random.integer(list.length), 1) : null,
  ),
  withdrawalsOf('an extra mint', (list, random) => [
    ...list,
    { index: BigInt(list.length), validatorIndex: 0n, address: random.hex(20) as EvmAddress, amountGwei: 1n as Gwei },
  ]),
];

/** The engine pays these like any other; the block's deposits say what they must be. */
export const MINT_LABEL_MUTATIONS: readonly PayloadMutation[] = [
  oneChanged('a mint with another index', ({ index }, random) => ({ index: otherNumber(index, random) })),
  oneChanged('a mint of a validator', (_, random) => ({ validatorIndex: 1n + random.big(60) })),
];

/** The engine takes what it is given here; the block's slot and parent say what it must be. */
export const RANDAO_MUTATION: PayloadMutation = {
  name: 'payload.prevRandao',
  apply: ({ prevRandao }, random) => ({ prevRandao: random.flipHex(prevRandao) }),
};

/** Fields that a block's other parts determine. */
export const LINKED_MUTATIONS: readonly PayloadMutation[] = [
  {
    name: 'payload.parentHash',
    apply: ({ parentHash }, random) => ({ parentHash: random.flipHex(parentHash) as EvmBlockHash }),
  },
  {
    name: 'payload.blockNumber',
    apply: ({ blockNumber }, random) => ({
      blockNumber: Number(otherNumber(BigInt(blockNumber), random, 52)) as BlockHeight,
    }),
  },
  {
    name: 'payload.timestampS',
    apply: ({ timestampS }, random) => ({ timestampS: Number(otherNumber(BigInt(timestampS), random, 52)) }),
  },
];

/** What a chain without blobs refuses, and what is too long. */
export const FORM_MUTATIONS: readonly PayloadMutation[] = [
  { name: 'blobGasUsed', apply: (_, random) => ({ blobGasUsed: 1n + random.big(40) }) },
  { name: 'excessBlobGas', apply: (_, random) => ({ excessBlobGas: 1n + random.big(40) }) },
  { name: 'extraData too long', apply: (_, random) => ({ extraData: random.hex(33 + random.integer(100)) }) },
  transactions('an empty transaction', (list, random) => list.toSpliced(random.integer(list.length + 1), 0, '0x')),
];

export const BLOB_TRANSACTION: PayloadMutation = transactions('a transaction of type 3', (list, random) =>
  list.toSpliced(random.integer(list.length + 1), 0, `0x03${random.hex(1 + random.integer(80)).slice(2)}` as Hex),
);
