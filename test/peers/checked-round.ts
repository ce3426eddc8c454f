import { AbiCoder, getCreate2Address, getCreateAddress, keccak256, type TransactionRequest } from 'ethers';
import { expect } from 'vitest';
import type { Hex } from '../../node-core/primitives/hex.ts';
import { addressOf, BRIDGE_ADDRESS, rootAt, signed } from '../support/evm-chain.ts';
import { PRECOMPILE_VECTORS } from '../support/precompile-vectors.ts';
import { MORTAL, PROBE, probeDeployment } from '../support/probe.ts';
import { fixtureContract } from '../support/solidity/fixtures.ts';

/** Asks one node's wallet endpoint. */
export type Ask = <T>(method: string, ...params: readonly unknown[]) => Promise<T>;

export interface Receipt {
  readonly transactionHash: string;
  readonly blockNumber: string;
  readonly status: string;
  readonly contractAddress: string | null;
  readonly logs: readonly { readonly address: string; readonly topics: readonly string[]; readonly data: string }[];
}

interface Step {
  readonly kind: string;
  readonly request: TransactionRequest;
  readonly succeeds: boolean;
  /** What the transaction left behind, asked of any node at any later time. */
  readonly check: (ask: Ask, receipt: Receipt) => Promise<void>;
}

export interface RoundTransaction extends Step {
  readonly hash: string;
  readonly raw: Hex;
}

/** EIP-4788's contract. */
const BEACON_ROOTS = '0x000F3df6D732807Ef1319fB7B8bB8522d0Beac02';
/** Source: protocol.md, Burns and payouts. */
const REQUEST_PEG_OUT_TOPIC = '0xaa1c6070bc915de33c0fbc36ecf77b1e4fc1ebce832b2da62b6fe25f5a7dd5b0';
const SAT = 10_000_000_000n;
export const BURN_SATS = 1_000_000n;
const CALL_GAS = 500_000n;
/** No precompile's address, where `record` keeps what each answered. */
const NOTE_KEY = 1000n;

const abi = AbiCoder.defaultAbiCoder();
const word = (value: bigint): string => `0x${value.toString(16).padStart(64, '0')}`;
/** What `Probe.record` keeps of an answer. */
const recorded = (output: string): string => keccak256(abi.encode(['bool', 'bytes'], [true, output]));

/** Calls `requestPegOut` with the text of a Bitcoin address; encoded without the node's own code. */
export function burnRequest(destination: string, amountSats: bigint): TransactionRequest {
  const text = Buffer.from(destination);
  return {
    to: BRIDGE_ADDRESS,
    data: `0x9911dc74${abi.encode(['bytes'], [text]).slice(2)}`,
    value: amountSats * SAT,
    gasLimit: CALL_GAS,
  };
}

export interface RoundPlan {
  readonly account: number;
  readonly number: number;
  readonly firstNonce: number;
  readonly destination: string;
  /** A block that is in the chain. */
  readonly ancestor: { readonly timestamp: string; readonly parentBeaconBlockRoot: string };
}

/**
 * One transaction of each kind that all clients must agree on, in the order of their nonces, on a probe of the round's
 * own, so that what each left behind can be looked at later.
 */
export async function checkedRound(plan: RoundPlan): Promise<readonly RoundTransaction[]> {
  const steps = stepsOf(plan);
  return Promise.all(
    steps.map(async (step, i) => {
      const raw = await signed(plan.account, { ...step.request, nonce: plan.firstNonce + i });
      return { ...step, raw, hash: keccak256(raw) };
    }),
  );
}

function stepsOf({ account, number, firstNonce, destination, ancestor }: RoundPlan): readonly Step[] {
  const from = addressOf(account);
  const probe = getCreateAddress({ from, nonce: firstNonce });
  /** Addresses that nothing but this round pays. */
  const payee = (index: number): string => `0x${keccak256(word(BigInt(1000 * number + index))).slice(26)}`;
  const salt = rootAt(number);
  const mortal = fixtureContract('Mortal').bytecode;
  const mortalAt = (of: string): string => getCreate2Address(probe, of, keccak256(mortal));
  const call = (name: string, args: readonly unknown[], value = 0n): TransactionRequest => ({
    to: probe,
    data: PROBE.encodeFunctionData(name, args),
    gasLimit: CALL_GAS,
    value,
  });
  const read = async (ask: Ask, name: string, args: readonly unknown[] = []): Promise<unknown> => {
    const answer = await ask<string>('eth_call', { to: probe, data: PROBE.encodeFunctionData(name, args) }, 'latest');
    return PROBE.decodeFunctionResult(name, answer)[0];
  };
  const balance = async (ask: Ask, address: string): Promise<bigint> =>
    BigInt(await ask<string>('eth_getBalance', address, 'latest'));
  const code = (ask: Ask, address: string): Promise<string> => ask<string>('eth_getCode', address, 'latest');
  const answers = (target: string, input: string, output: string): Pick<Step, 'request' | 'succeeds' | 'check'> => ({
    request: call('record', [target, input]),
    succeeds: true,
    check: async (ask) => {
      expect(word((await read(ask, 'values', [BigInt(target)])) as bigint)).toBe(recorded(output));
    },
  });
  const leavesNothing = async (_: Ask, { logs }: Receipt): Promise<void> => {
    expect(logs).toEqual([]);
  };
  const words = `round ${number}`;

  return [
    {
      kind: 'deployment',
      request: { data: probeDeployment(words), gasLimit: 3_000_000n },
      succeeds: true,
      check: async (ask, { contractAddress }) => {
        expect(contractAddress).toBe(probe.toLowerCase());
        expect(await read(ask, 'text')).toBe(words);
      },
    },
    {
      kind: 'transfer',
      request: { to: payee(1), value: 1234n },
      succeeds: true,
      check: async (ask) => {
        expect(await balance(ask, payee(1))).toBe(1234n);
      },
    },
    {
      kind: 'call',
      request: call('note', [NOTE_KEY, words]),
      succeeds: true,
      check: async (ask, { blockNumber, logs }) => {
        expect(await read(ask, 'values', [NOTE_KEY])).toBe(BigInt(blockNumber));
        expect(logs.map((log) => PROBE.parseLog(log)?.args.toArray())).toEqual([[expect.any(String), NOTE_KEY, words]]);
      },
    },
    { kind: 'revert', request: call('emitThenFail', [2]), succeeds: false, check: leavesNothing },
    { kind: 'panic', request: call('failWithPanic', [0]), succeeds: false, check: leavesNothing },
    ...PRECOMPILE_VECTORS.map(({ name, address, input, output }) => ({
      kind: name,
      ...answers(address, input, output),
    })),
    { kind: '4788', ...answers(BEACON_ROOTS, word(BigInt(ancestor.timestamp)), ancestor.parentBeaconBlockRoot) },
    {
      kind: 'birth and SELFDESTRUCT in one transaction',
      request: call('createAndEnd', [salt, payee(2)], 5n),
      succeeds: true,
      check: async (ask) => {
        expect(await balance(ask, payee(2))).toBe(5n);
        expect(await code(ask, mortalAt(salt))).toBe('0x');
      },
    },
    {
      kind: 'birth by a contract',
      request: call('create', [rootAt(1_000_000 + number)], 7n),
      succeeds: true,
      check: async (ask) => {
        expect(await code(ask, mortalAt(rootAt(1_000_000 + number)))).not.toBe('0x');
      },
    },
    {
      // EIP-6780: a contract of an earlier transaction gives its balance away and stays.
      kind: 'SELFDESTRUCT of an older contract',
      request: {
        to: mortalAt(rootAt(1_000_000 + number)),
        data: MORTAL.encodeFunctionData('end', [payee(3)]),
        gasLimit: CALL_GAS,
      },
      succeeds: true,
      check: async (ask) => {
        expect(await balance(ask, payee(3))).toBe(7n);
        expect(await code(ask, mortalAt(rootAt(1_000_000 + number)))).not.toBe('0x');
      },
    },
    {
      // The last call that writes the count.
      kind: 'transient storage',
      request: call('transient_', [1_000_000 + number]),
      succeeds: true,
      check: async (ask) => {
        expect(await read(ask, 'count')).toBe(BigInt(1_000_000 + number));
      },
    },
    {
      kind: 'burn',
      request: burnRequest(destination, BURN_SATS),
      succeeds: true,
      check: async (_, { logs }) => {
        expect(logs.map(({ address, topics }) => [address, topics[0]])).toEqual([
          [BRIDGE_ADDRESS, REQUEST_PEG_OUT_TOPIC],
        ]);
      },
    },
  ];
}
