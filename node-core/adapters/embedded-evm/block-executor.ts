import type { Block } from '@ethereumjs/block';
import type { Common } from '@ethereumjs/common';
import type { TypedTransaction } from '@ethereumjs/tx';
import {
  Account,
  Address,
  bigIntToBytes,
  bigIntToUnpaddedBytes,
  generateAddress,
  setLengthLeft,
} from '@ethereumjs/util';
import { type RunTxResult, type VM, runTx } from '@ethereumjs/vm';
import { assert } from '../../primitives/assert.ts';
import { AlysError } from '../../primitives/errors.ts';
import { type Hex, bytesToHex, hexToBytes } from '../../primitives/hex.ts';
import { type EvmAddress, evmAddress } from '../../primitives/ids.ts';
import type { Withdrawal } from '../../domain/consensus/types.ts';
import { mergeBloom } from './bloom.ts';
import {
  type AncestorHash,
  type Ancestors,
  type BlockEnvironment,
  createEnvironmentVm,
  environmentBlock,
} from './environment.ts';
import { listRoot } from './block-roots.ts';
import { BEACON_ROOTS_ADDRESS } from './genesis.ts';
import { Pacer } from './pacer.ts';
import { type Receipt, consensusReceipt, receiptBloom } from './receipts.ts';
import { type NodeStore, type StateChanges, noChanges } from './state/node-store.ts';
import { WorldState } from './state/world-state.ts';
import { type Transaction, effectiveTip } from './transactions.ts';

/** Length of each of the contract's two rings. Source: EIP-4788, `HISTORY_BUFFER_LENGTH`. */
const BEACON_ROOTS_RING = 8191n;
const WEI_PER_GWEI = 1_000_000_000n;

export interface BlockOutcome {
  readonly stateRoot: Hex;
  readonly receiptsRoot: Hex;
  readonly logsBloom: Hex;
  readonly gasUsed: bigint;
  readonly receipts: readonly Receipt[];
  readonly changes: StateChanges;
}

/**
 * Executes one block at a time on one state: `begin`, `apply` for each transaction, then `finish`, or `abort`, after
 * which the state is as before `begin`.
 */
export class BlockExecutor {
  readonly #common: Common;
  readonly #state: WorldState;
  readonly #pacer: Pacer;
  readonly #ancestors: Ancestors;
  #vm: VM;
  #open: { readonly block: Block; readonly baseFeeWei: bigint; readonly gasLimit: bigint } | null = null;
  #receipts: Receipt[] = [];
  #gasUsed = 0n;

  private constructor(common: Common, state: WorldState, pacer: Pacer, ancestors: Ancestors, vm: VM) {
    this.#common = common;
    this.#state = state;
    this.#pacer = pacer;
    this.#ancestors = ancestors;
    this.#vm = vm;
  }

  static async create(common: Common, nodes: NodeStore, clock: () => number): Promise<BlockExecutor> {
    const state = new WorldState(nodes);
    const pacer = new Pacer(clock);
    const ancestors: Ancestors = { hash: () => new Uint8Array(32) };
    const vm = await createEnvironmentVm(common, state, (number) => ancestors.hash(number), pacer);
    return new BlockExecutor(common, state, pacer, ancestors, vm);
  }

  get gasUsed(): bigint {
    return this.#gasUsed;
  }

  async begin(parentStateRoot: Hex, environment: BlockEnvironment, ancestorHash: AncestorHash): Promise<void> {
    assert(this.#open === null, 'one block is executed at a time');
    this.#state.reset(hexToBytes(parentStateRoot));
    this.#ancestors.hash = ancestorHash;
    this.#receipts = [];
    this.#gasUsed = 0n;
    this.#open = {
      block: environmentBlock(this.#common, environment),
      baseFeeWei: environment.baseFeeWei,
      gasLimit: environment.gasLimit,
    };
    await this.#state.checkpoint();
    await this.#storeParentRoot(environment);
  }

  /** EIP-4788's system call, as what its contract does: it writes the time and the root into two rings. */
  async #storeParentRoot({ timestampS, parentBeaconBlockRoot }: BlockEnvironment): Promise<void> {
    const address = new Address(hexToBytes(BEACON_ROOTS_ADDRESS));
    const place = BigInt(timestampS) % BEACON_ROOTS_RING;
    const slot = (index: bigint): Uint8Array => setLengthLeft(bigIntToBytes(index), 32);
    await this.#state.putStorage(address, slot(place), bigIntToBytes(BigInt(timestampS)));
    await this.#state.putStorage(address, slot(place + BEACON_ROOTS_RING), hexToBytes(parentBeaconBlockRoot));
  }

  /**
   * Runs a transaction.
   * @throws Error with the reason when it can't be in the block here; the state is then unchanged.
   * @throws OutOfTime after `deadlineMs`; the state is then unchanged.
   * @throws ServiceError `STATE_MISSING` when the state lacks a part; the block can then only be aborted.
   */
  async apply(transaction: Transaction, deadlineMs = Infinity): Promise<void> {
    assert(this.#open !== null, 'a transaction runs in a block');
    const { block, baseFeeWei, gasLimit } = this.#open;
    const { tx, evmTxHash, sender } = transaction;
    if (tx.gasLimit + this.#gasUsed > gasLimit) throw new Error('gas limit of the block exceeded');
    const result = await this.#run(tx, block, deadlineMs);
    this.#gasUsed += result.totalGasSpent;
    this.#receipts.push({
      evmTxHash,
      type: tx.type,
      sender,
      to: tx.to === undefined ? null : evmAddress(tx.to.toString()),
      createdAddress: tx.to === undefined ? creationAddress(sender, tx.nonce) : null,
      succeeded: result.execResult.exceptionError === undefined,
      gasUsed: result.totalGasSpent,
      cumulativeGasUsed: this.#gasUsed,
      effectiveGasPriceWei: baseFeeWei + effectiveTip(transaction, baseFeeWei),
      logs: (result.execResult.exceptionError === undefined ? (result.execResult.logs ?? []) : []).map(
        ([address, topics, data]) => ({
          address: bytesToHex(address) as EvmAddress,
          topics: topics.map(bytesToHex),
          data: bytesToHex(data),
        }),
      ),
    });
  }

  async #run(tx: TypedTransaction, block: Block, deadlineMs: number): Promise<RunTxResult> {
    const { depth } = this.#state;
    this.#pacer.start(deadlineMs);
    await this.#pacer.pace();
    try {
      return await runTx(this.#vm, { tx, block, blockGasUsed: this.#gasUsed, skipHardForkValidation: true });
    } catch (error) {
      if (error instanceof AlysError) {
        // Broken off in its middle: what the VM keeps between calls is of no more use.
        this.#state.revertTo(depth);
        this.#vm = await createEnvironmentVm(this.#common, this.#state, (n) => this.#ancestors.hash(n), this.#pacer);
      }
      throw error;
    }
  }

  /** Pays the withdrawals, which come last, and computes the roots. The state stays at the block's result. */
  async finish(withdrawals: readonly Withdrawal[]): Promise<BlockOutcome> {
    const { journal } = this.#vm.evm;
    for (const { address: text, amountGwei } of withdrawals) {
      const address = new Address(hexToBytes(text));
      const account = (await this.#state.getAccount(address)) ?? new Account();
      account.balance += amountGwei * WEI_PER_GWEI;
      await journal.putAccount(address, account);
    }
    await journal.cleanup();
    await this.#state.commit();
    this.#open = null;
    const changes = noChanges();
    const stateRoot = bytesToHex(this.#state.seal(changes));
    const logsBloom = new Uint8Array(256);
    const encoded = this.#receipts.map((receipt) => {
      const bloom = receiptBloom(receipt);
      mergeBloom(logsBloom, bloom);
      return consensusReceipt(receipt, bloom);
    });
    return {
      stateRoot,
      receiptsRoot: bytesToHex(listRoot(encoded)),
      logsBloom: bytesToHex(logsBloom),
      gasUsed: this.#gasUsed,
      receipts: this.#receipts,
      changes,
    };
  }

  /** Takes back the open block, if there is one. */
  abort(): void {
    this.#open = null;
    this.#state.rollback();
  }
}

function creationAddress(sender: EvmAddress, nonce: bigint): EvmAddress {
  return evmAddress(bytesToHex(generateAddress(hexToBytes(sender), bigIntToUnpaddedBytes(nonce))));
}
