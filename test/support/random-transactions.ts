import { Interface, type TransactionRequest } from 'ethers';
import type { Hex } from '../../node-core/primitives/hex.ts';
import { deploymentOf } from './bytecode.ts';
import { BRIDGE, BRIDGE_ADDRESS, addressOf, rootAt } from './evm-chain.ts';
import { PRECOMPILE_VECTORS } from './precompile-vectors.ts';
import { MORTAL, PROBE, probeDeployment } from './probe.ts';

const bridge = new Interface(JSON.stringify(BRIDGE.abi));
const SAT = 10_000_000_000n;
const BEACON_ROOTS = '0x000F3df6D732807Ef1319fB7B8bB8522d0Beac02';

/** Opcodes that a random program is made of: all of Cancun's but the invalid ones. */
const OPCODES = [
  ...range(0x01, 0x0b),
  ...range(0x10, 0x1d),
  0x20,
  ...range(0x30, 0x4a),
  ...range(0x50, 0x5f),
  ...range(0x60, 0x7f),
  ...range(0x80, 0x9f),
  ...range(0xa0, 0xa4),
  0xf0,
  0xf1,
  0xf2,
  0xf3,
  0xf4,
  0xf5,
  0xfa,
  0xfd,
  0xff,
];

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, index) => from + index);
}

export interface RandomTransaction {
  readonly kind: string;
  readonly request: TransactionRequest;
}

/** Transactions of all kinds, the wrong ones included, for clients that must agree on every bit of what they do. */
export class RandomTransactions {
  readonly #random: () => number;
  /** `Probe` contracts that were deployed. */
  readonly probes: string[] = [];
  readonly #mortals: string[] = [];

  constructor(random: () => number) {
    this.#random = random;
  }

  #integer(below: number): number {
    return Math.floor(this.#random() * below);
  }

  #pick<T>(items: readonly T[]): T {
    return items[this.#integer(items.length)] as T;
  }

  #bytes(length: number): Hex {
    return `0x${Array.from({ length }, () => this.#integer(256).toString(16).padStart(2, '0')).join('')}`;
  }

  /** Pushes small numbers between random opcodes, so that many of them run. */
  #program(length: number): Hex {
    let code = '';
    for (let i = 0; i < length; i++) {
      if (this.#random() < 0.5) {
        code += `60${this.#pick([0, 1, 2, 4, 8, 10, 32, 64, 255, this.#integer(256)])
          .toString(16)
          .padStart(2, '0')}`;
      } else code += this.#pick(OPCODES).toString(16).padStart(2, '0');
    }
    return `0x${code}`;
  }

  #callProbe(name: string, args: readonly unknown[], more: TransactionRequest = {}): TransactionRequest {
    return { to: this.#pick(this.probes), data: PROBE.encodeFunctionData(name, args), gasLimit: 1_500_000n, ...more };
  }

  /** The next one; its nonce and its fees are for the caller to give. */
  next(): RandomTransaction {
    const destination = new TextEncoder().encode('bcrt1qsomebody');
    const account = addressOf(this.#integer(30));
    const vector = this.#pick(PRECOMPILE_VECTORS);
    const salt = rootAt(this.#integer(1_000_000));
    const from = this.#integer(60);
    const kinds: readonly (readonly [string, () => TransactionRequest])[] = [
      ['transfer', () => ({ to: account, value: BigInt(this.#integer(1_000_000)) })],
      ['transfer of nothing to nobody', () => ({ to: this.#bytes(20), value: 0n })],
      ['deploy', () => ({ data: probeDeployment('x'.repeat(this.#integer(80))), gasLimit: 3_000_000n })],
      [
        'deploy without enough gas',
        () => ({ data: probeDeployment('y'), gasLimit: 300_000n + BigInt(this.#integer(300_000)) }),
      ],
      [
        'random creation code',
        () => ({ data: this.#program(40 + this.#integer(200)), gasLimit: 500_000n, value: BigInt(this.#integer(3)) }),
      ],
      [
        'random code run by a call',
        () => ({ data: deploymentOf(this.#program(60 + this.#integer(300))), gasLimit: 900_000n }),
      ],
      ['code that begins with 0xEF', () => ({ data: deploymentOf('0xef0001') })],
      ['code above its limit', () => ({ data: '0x6160015ff3', gasLimit: 6_000_000n })],
      [
        'call of random bytes',
        () => ({
          to: this.#pick([...this.probes, ...this.#mortals, BEACON_ROOTS, BRIDGE_ADDRESS]),
          data: this.#bytes(this.#integer(100)),
          gasLimit: 200_000n,
        }),
      ],
      ['note', () => this.#callProbe('note', [from, 'z'.repeat(this.#integer(100))])],
      ['fill', () => this.#callProbe('fill', [from, this.#integer(30)])],
      ['clear', () => this.#callProbe('clear', [from, this.#integer(30)])],
      ['spin', () => this.#callProbe('spin', [this.#integer(300)])],
      ['out of gas', () => this.#callProbe('spin', [10_000], { gasLimit: 60_000n + BigInt(this.#integer(100_000)) })],
      ['revert', () => this.#callProbe('emitThenFail', [from])],
      ['panic', () => this.#callProbe('failWithPanic', [0])],
      ['precompile', () => this.#callProbe('record', [vector.address, vector.input])],
      [
        'precompile with wrong input',
        () => this.#callProbe('record', [vector.address, this.#bytes(this.#integer(300))]),
      ],
      [
        'precompile with damaged input',
        () => this.#callProbe('record', [vector.address, this.#damaged(vector.input as Hex)]),
      ],
      [
        'precompile called directly',
        () => ({ to: vector.address, data: vector.input, gasLimit: 300_000n, value: BigInt(this.#integer(2)) }),
      ],
      ['beacon root', () => this.#callProbe('record', [BEACON_ROOTS, rootAt(1_700_000_000 + 2 * this.#integer(400))])],
      ['transient storage', () => this.#callProbe('transient_', [from])],
      ['create and end', () => this.#callProbe('createAndEnd', [salt, account], { value: 5n })],
      [
        'create and end into itself',
        () => this.#callProbe('createAndEnd', [rootAt(1), this.#pick(this.probes)], { value: 5n }),
      ],
      ['create twice', () => this.#callProbe('create', [rootAt(2)], { value: 1n })],
      [
        'end of an old contract',
        () => ({
          to: this.#pick(this.#mortals.length > 0 ? this.#mortals : [account]),
          data: MORTAL.encodeFunctionData('end', [account]),
          gasLimit: 100_000n,
        }),
      ],
      [
        'burn',
        () => ({
          to: BRIDGE_ADDRESS,
          data: bridge.encodeFunctionData('requestPegOut', [destination]),
          value: 1_000_000n * SAT,
        }),
      ],
      [
        'burn below the minimum',
        () => ({ to: BRIDGE_ADDRESS, data: bridge.encodeFunctionData('requestPegOut', [destination]), value: 5n }),
      ],
      [
        'burn through a contract',
        () => this.#callProbe('burnThrough', [BRIDGE_ADDRESS, destination], { value: 1_000_000n * SAT }),
      ],
      [
        'failing call inside a call',
        () => this.#callProbe('tryCall', [this.#pick(this.probes), PROBE.encodeFunctionData('failWithText')]),
      ],
      ['call with value inside a call', () => this.#callProbe('tryCall', [account, '0x'], { value: 3n })],
      [
        'access list',
        () => ({
          ...this.#callProbe('note', [1, 'w']),
          accessList: [{ address: this.#pick(this.probes), storageKeys: [rootAt(0), rootAt(1)] }],
        }),
      ],
      [
        'legacy',
        () => ({
          type: 0,
          to: account,
          value: 1n,
          gasPrice: 900_000_000n,
          maxFeePerGas: null,
          maxPriorityFeePerGas: null,
        }),
      ],
      [
        'type 1',
        () => ({
          type: 1,
          to: account,
          value: 1n,
          gasPrice: 900_000_000n,
          accessList: [{ address: account, storageKeys: [rootAt(0)] }],
          maxFeePerGas: null,
          maxPriorityFeePerGas: null,
        }),
      ],
    ];
    const usable = this.probes.length > 0 ? kinds : kinds.filter(([kind]) => kind === 'deploy');
    const [kind, make] = this.#pick(usable);
    return { kind, request: make() };
  }

  /** Contracts that later transactions can call. */
  learn(
    receipts: readonly { readonly status: string; readonly contractAddress: string | null }[],
    codeOf: (address: string) => 'probe' | 'other',
  ): void {
    for (const { status, contractAddress } of receipts) {
      if (status !== '0x1' || contractAddress === null) continue;
      if (codeOf(contractAddress) === 'probe') this.probes.push(contractAddress);
      else this.#mortals.push(contractAddress);
    }
  }

  #damaged(input: Hex): Hex {
    if (input.length <= 2) return input;
    const at = 2 + this.#integer(input.length - 2);
    return `${input.slice(0, at)}${this.#integer(16).toString(16)}${input.slice(at + 1)}` as Hex;
  }
}
