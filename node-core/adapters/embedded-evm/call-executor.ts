import type { Common } from '@ethereumjs/common';
import { Account, Address } from '@ethereumjs/util';
import type { VM } from '@ethereumjs/vm';
import { type Hex, hexToBytes } from '../../primitives/hex.ts';
import { type EvmAddress, evmAddress } from '../../primitives/ids.ts';
import {
  type AncestorHash,
  type Ancestors,
  type BlockEnvironment,
  createEnvironmentVm,
  environmentBlock,
} from './environment.ts';
import { OutOfTime, Pacer } from './pacer.ts';
import type { NodeStore } from './state/node-store.ts';
import { WorldState } from './state/world-state.ts';

export interface AccessListEntry {
  readonly address: EvmAddress;
  readonly storageKeys: readonly Hex[];
}

/** A call that is tried out; nothing of it stays. */
export interface CallRequest {
  readonly from: EvmAddress;
  /** Null: the data is a contract's creation code. */
  readonly to: EvmAddress | null;
  readonly data: Hex;
  readonly valueWei: bigint;
  readonly gasLimit: bigint;
  readonly gasPriceWei: bigint;
  readonly accessList: readonly AccessListEntry[];
  readonly overrides: ReadonlyMap<EvmAddress, AccountOverride>;
}

export interface CallLimits {
  /** By the clock of the executor. */
  readonly deadlineMs: number;
  /** Aborted when nobody waits for the result any longer. */
  readonly signal: AbortSignal;
}

/** What a call pretends of an account. */
export interface AccountOverride {
  readonly nonce?: bigint;
  readonly balanceWei?: bigint;
  readonly code?: Hex;
  /** Replaces the whole storage. */
  readonly state?: readonly (readonly [slot: Hex, value: Hex])[];
  /** Replaces these slots. */
  readonly stateDiff?: readonly (readonly [slot: Hex, value: Hex])[];
}

export interface CallResult {
  /** The library's words for why it failed; null when it succeeded. */
  readonly failure: string | null;
  readonly returned: Uint8Array;
  /** With the intrinsic gas, after refunds. */
  readonly gasUsed: bigint;
  readonly gasBeforeRefund: bigint;
  /** Accounts and slots that it used, but for those which every transaction may use and those of its own access list. */
  readonly touched: readonly AccessListEntry[];
}

/** At most a fifth of the gas comes back. Source: EIP-3529. */
const MAX_REFUND_QUOTIENT = 5n;

/** Tries calls out on any state. One at a time. */
export class CallExecutor {
  readonly #common: Common;
  readonly #state: WorldState;
  readonly #pacer: Pacer;
  readonly #ancestors: Ancestors;
  #vm: VM;

  private constructor(common: Common, state: WorldState, pacer: Pacer, ancestors: Ancestors, vm: VM) {
    this.#common = common;
    this.#state = state;
    this.#pacer = pacer;
    this.#ancestors = ancestors;
    this.#vm = vm;
  }

  static async create(common: Common, nodes: NodeStore, clock: () => number): Promise<CallExecutor> {
    const state = new WorldState(nodes);
    const pacer = new Pacer(clock);
    const ancestors: Ancestors = { hash: () => new Uint8Array(32) };
    const vm = await createEnvironmentVm(common, state, (number) => ancestors.hash(number), pacer);
    return new CallExecutor(common, state, pacer, ancestors, vm);
  }

  /** @throws OutOfTime after the deadline, and when it is given up. */
  async call(
    stateRoot: Hex,
    environment: BlockEnvironment,
    ancestorHash: AncestorHash,
    request: CallRequest,
    { deadlineMs, signal }: CallLimits,
  ): Promise<CallResult> {
    if (signal.aborted) throw new OutOfTime();
    this.#state.reset(hexToBytes(stateRoot));
    this.#ancestors.hash = ancestorHash;
    this.#pacer.start(deadlineMs);
    const giveUp = (): void => {
      this.#pacer.start(-Infinity);
    };
    signal.addEventListener('abort', giveUp);
    try {
      await this.#pacer.pace();
      await this.#state.checkpoint();
      for (const [address, override] of request.overrides) await this.#override(address, override);
      return await this.#run(environment, request);
    } catch (error) {
      // Broken off in its middle: what the VM keeps between calls is of no more use.
      this.#vm = await createEnvironmentVm(this.#common, this.#state, (n) => this.#ancestors.hash(n), this.#pacer);
      throw error;
    } finally {
      signal.removeEventListener('abort', giveUp);
      this.#state.rollback();
      this.#state.originalStorageCache.clear();
      this.#vm.evm.journal.cleanJournal();
    }
  }

  async #run(environment: BlockEnvironment, request: CallRequest): Promise<CallResult> {
    const { from, to, valueWei, gasLimit, gasPriceWei } = request;
    const intrinsic = intrinsicGas(request);
    const nothing = new Uint8Array(0);
    if (gasLimit < intrinsic) {
      const failure = 'intrinsic gas too low';
      return { failure, returned: nothing, gasUsed: gasLimit, gasBeforeRefund: gasLimit, touched: [] };
    }
    // A call without a price pays no base fee either, as geth has it.
    const block = environmentBlock(this.#common, gasPriceWei === 0n ? { ...environment, baseFeeWei: 0n } : environment);
    const caller = new Address(hexToBytes(from));
    const target = to === null ? undefined : new Address(hexToBytes(to));
    this.#warm(environment, request);
    // As `runTx` does: the nonce rises first, and a creation counts from the one before.
    const account = (await this.#state.getAccount(caller)) ?? new Account();
    account.nonce += 1n;
    await this.#state.putAccount(caller, account);
    const created = new Set<string>();
    const noteCreated = ({ address }: { readonly address: Address }): void => {
      created.add(address.toString());
    };
    const { events, journal } = this.#vm.evm;
    journal.startReportingAccessList();
    events?.on('newContract', noteCreated);
    const { execResult } = await this.#vm.evm
      .runCall({
        block,
        caller,
        origin: caller,
        gasPrice: gasPriceWei,
        gasLimit: gasLimit - intrinsic,
        value: valueWei,
        data: hexToBytes(request.data),
        skipNonceIncrement: true,
        ...(target === undefined ? {} : { to: target }),
      })
      .finally(() => events?.off('newContract', noteCreated));
    const gasBeforeRefund = intrinsic + execResult.executionGasUsed;
    const most = gasBeforeRefund / MAX_REFUND_QUOTIENT;
    const refund = execResult.gasRefund ?? 0n;
    return {
      failure: execResult.exceptionError?.error ?? null,
      returned: execResult.returnValue,
      gasUsed: gasBeforeRefund - (refund < most ? refund : most),
      gasBeforeRefund,
      touched: touched(journal.accessList ?? new Map(), created),
    };
  }

  /** What a transaction has touched before it runs. Source: EIP-2929, EIP-2930, EIP-3651. */
  #warm(environment: BlockEnvironment, { from, to, accessList }: CallRequest): void {
    const { journal, precompiles } = this.#vm.evm;
    for (const address of precompiles.keys()) journal.addAlwaysWarmAddress(address);
    for (const address of [from, to, environment.feeRecipient])
      if (address !== null) journal.addAlwaysWarmAddress(address);
    for (const { address, storageKeys } of accessList) {
      journal.addAlwaysWarmAddress(address);
      for (const key of storageKeys) journal.addAlwaysWarmSlot(address, key);
    }
  }

  async #override(text: EvmAddress, { nonce, balanceWei, code, state, stateDiff }: AccountOverride): Promise<void> {
    const address = new Address(hexToBytes(text));
    const account = (await this.#state.getAccount(address)) ?? new Account();
    if (nonce !== undefined) account.nonce = nonce;
    if (balanceWei !== undefined) account.balance = balanceWei;
    await this.#state.putAccount(address, account);
    if (code !== undefined) await this.#state.putCode(address, hexToBytes(code));
    if (state !== undefined) await this.#state.clearStorage(address);
    for (const [slot, value] of [...(state ?? []), ...(stateDiff ?? [])]) {
      await this.#state.putStorage(address, hexToBytes(slot), hexToBytes(value));
    }
  }
}

/** What was reported, without what the call itself created and kept nothing in: no list needs to name that. */
function touched(
  reported: ReadonlyMap<string, ReadonlySet<string>>,
  created: ReadonlySet<string>,
): readonly AccessListEntry[] {
  return [...reported]
    .filter(([address, slots]) => slots.size > 0 || !created.has(`0x${address}`))
    .map(([address, slots]) => ({
      address: evmAddress(`0x${address}`),
      storageKeys: [...slots].map((slot): Hex => `0x${slot}`),
    }));
}

/** Gas that a transaction pays before it runs. Source: yellow paper, appendix G; EIP-2028, EIP-2930, EIP-3860. */
export function intrinsicGas({ to, data, accessList }: Pick<CallRequest, 'to' | 'data' | 'accessList'>): bigint {
  let gas = to === null ? 53_000 : 21_000;
  const bytes = hexToBytes(data);
  for (const byte of bytes) gas += byte === 0 ? 4 : 16;
  if (to === null) gas += 2 * Math.ceil(bytes.length / 32);
  for (const { storageKeys } of accessList) gas += 2400 + 1900 * storageKeys.length;
  return BigInt(gas);
}
