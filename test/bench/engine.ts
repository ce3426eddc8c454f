import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createBlock } from '@ethereumjs/block';
import { Common, Hardfork, Mainnet } from '@ethereumjs/common';
import { CacheType, Caches, MerkleStateManager } from '@ethereumjs/statemanager';
import { type TypedTransaction, createTxFromRLP } from '@ethereumjs/tx';
import { Account, Address, hexToBytes } from '@ethereumjs/util';
import { type VM, buildBlock, createVM, runTx } from '@ethereumjs/vm';
import { Signature, Transaction, computeAddress } from 'ethers';
import { signRecoverable } from 'tiny-secp256k1';
import { DEFAULT_EXECUTION_CONFIG } from '../../node-core/adapters/embedded-evm/execution-config.ts';
import type { EmbeddedEvm } from '../../node-core/adapters/embedded-evm/embedded-evm.ts';
import { type Store, openStore } from '../../node-core/adapters/sqlite/open-store.ts';
import type { ExecutionPayload } from '../../node-core/domain/consensus/types.ts';
import type { ExecutionStatus, PayloadRequest } from '../../node-core/ports/execution.ts';
import type { Hex } from '../../node-core/primitives/hex.ts';
import { type EvmAddress, evmAddress } from '../../node-core/primitives/ids.ts';
import { FEE_RECIPIENT, TEST_NETWORK, gwei, rootAt, testEvm } from '../support/evm-chain.ts';
import { jsonCodec, sampleBlock, samplePointers } from '../support/store/sample-blocks.ts';
import { type BenchResult, figure, median } from './result.ts';

const suite = 'engine';
const SENDERS = 350;
const PER_SENDER = 4;
/** A block of 30 million gas holds 1,428 transfers. */
const PER_BLOCK = SENDERS * PER_SENDER;
const BLOCKS = 5;
const EMPTY_BLOCKS = 300;
const LIBRARY_BLOCK = 150;
const GWEI = 1_000_000_000n;

const secret = (index: number): Buffer => Buffer.from((index + 1).toString(16).padStart(64, '0'), 'hex');
const addressOf = (index: number): EvmAddress => evmAddress(computeAddress(`0x${secret(index).toString('hex')}`));

function transfer(index: number, nonce: number): Hex {
  const transaction = Transaction.from({
    type: 2,
    chainId: TEST_NETWORK.chainId,
    to: `0x${(0x10000000 + index * 7919 + nonce).toString(16).padStart(40, '0')}`,
    value: 1n,
    nonce,
    gasLimit: 21_000n,
    maxFeePerGas: 100n * GWEI,
    maxPriorityFeePerGas: 2_000_000n,
  });
  const { signature, recoveryId } = signRecoverable(
    Buffer.from(transaction.unsignedHash.slice(2), 'hex'),
    secret(index),
  );
  const half = (from: number): string => `0x${Buffer.from(signature.subarray(from, from + 32)).toString('hex')}`;
  transaction.signature = Signature.from({ r: half(0), s: half(32), yParity: (recoveryId & 1) as 0 | 1 });
  return transaction.serialized as Hex;
}

/** Nonces `first` to `first + PER_SENDER`, of all senders. */
function batch(first: number): Hex[] {
  const raws: Hex[] = [];
  for (let n = first; n < first + PER_SENDER; n++) for (let i = 0; i < SENDERS; i++) raws.push(transfer(i, n));
  return raws;
}

/** An engine with a store of its own, whose head is written to disk with every block. */
class StoredEngine {
  readonly evm: EmbeddedEvm;
  readonly #store: Store;
  head: ExecutionPayload;

  private constructor(evm: EmbeddedEvm, store: Store, head: ExecutionPayload) {
    this.evm = evm;
    this.#store = store;
    this.head = head;
  }

  static async open(folder: string): Promise<StoredEngine> {
    const onFatal = (error: Error): never => {
      throw error;
    };
    const store = await openStore({ folder, onFatal, ...jsonCodec });
    await store.port.persistBlocks([sampleBlock(0, 0, 0)], samplePointers(0, 0));
    const config = {
      ...DEFAULT_EXECUTION_CONFIG,
      pool: { ...DEFAULT_EXECUTION_CONFIG.pool, maxTransactions: 100_000 },
    };
    const evm = await testEvm({ state: store.reader, config });
    return new StoredEngine(evm, store, await evm.genesis());
  }

  request(withdrawals: PayloadRequest['withdrawals'] = []): PayloadRequest {
    return {
      parentHash: this.head.blockHash,
      timestampS: this.head.timestampS + 2,
      prevRandao: rootAt(this.head.blockNumber + 1),
      parentBeaconBlockRoot: rootAt(this.head.blockNumber),
      feeRecipient: FEE_RECIPIENT,
      withdrawals,
      timeBudgetMs: 600_000,
    };
  }

  /** Executes, writes and makes it the head; resolves when it is durable. */
  async take(payload: ExecutionPayload): Promise<void> {
    const status: ExecutionStatus = await this.evm.execute(payload, rootAt(this.head.blockNumber));
    if (status.status !== 'VALID') throw new Error(JSON.stringify(status));
    const { blockNumber } = payload;
    const sample = sampleBlock(blockNumber, blockNumber - 1, blockNumber, { staged: status.staged });
    const { signedBlock } = sample;
    const block = { ...sample, signedBlock: { ...signedBlock, block: { ...signedBlock.block, payload } } };
    await this.#store.port.persistBlocks([block], samplePointers(blockNumber, blockNumber - 1));
    const { parentHash } = payload;
    this.head = payload;
    await this.evm.setForkchoice({ head: payload.blockHash, safe: parentHash, finalized: parentHash });
  }

  async submit(raws: readonly Hex[]): Promise<void> {
    for (const raw of raws) await this.evm.submitTransaction(raw);
  }

  close(): Promise<void> {
    return this.#store.close();
  }
}

async function seconds(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
}

/** The library as it comes, its state in memory and cached. */
async function libraryVm(): Promise<{ readonly vm: VM; readonly common: Common }> {
  const common = new Common({ chain: { ...Mainnet, chainId: TEST_NETWORK.chainId }, hardfork: Hardfork.Cancun });
  const size = 100_000;
  const type = CacheType.LRU;
  const caches = new Caches({ account: { type, size }, code: { type, size }, storage: { type, size } });
  const stateManager = new MerkleStateManager({ common, caches });
  const vm = await createVM({ common, stateManager });
  await stateManager.checkpoint();
  for (let i = 0; i < SENDERS; i++) {
    await stateManager.putAccount(new Address(hexToBytes(addressOf(i))), new Account(0n, 10n ** 24n));
  }
  await stateManager.commit();
  return { vm, common };
}

const parentHeader = { number: 1n, gasLimit: 30_000_000n, baseFeePerGas: 7n, gasUsed: 15_000_000n, timestamp: 1n };

/** Transfers a second of `buildBlock`, decoded and with their senders known before. */
async function libraryBuilder(raws: readonly Hex[]): Promise<number> {
  const { vm, common } = await libraryVm();
  const transactions = decodeAll(raws.slice(0, LIBRARY_BLOCK), common);
  const parentBlock = createBlock({ header: parentHeader }, { common });
  const taken = await seconds(async () => {
    const builder = await buildBlock(vm, {
      parentBlock,
      headerData: { timestamp: 2n, gasLimit: 30_000_000n, parentBeaconBlockRoot: new Uint8Array(32) },
      withdrawals: [],
      blockOpts: { putBlockIntoBlockchain: false },
    });
    for (const tx of transactions) await builder.addTransaction(tx, { skipHardForkValidation: true });
    await builder.build();
  });
  return LIBRARY_BLOCK / taken;
}

/** Transfers a second of `runTx` alone, without roots: with their senders known before, or found by `runTx` itself. */
async function rawRunTx(raws: readonly Hex[], senders: 'known' | 'recovered'): Promise<number> {
  const { vm, common } = await libraryVm();
  const transactions =
    senders === 'known'
      ? decodeAll(raws, common)
      : raws.slice(0, LIBRARY_BLOCK).map((raw) => createTxFromRLP(hexToBytes(raw), { common }));
  const block = createBlock({ header: { ...parentHeader, number: 2n, gasUsed: 0n } }, { common });
  await vm.stateManager.checkpoint();
  const taken = await seconds(async () => {
    for (const tx of transactions) await runTx(vm, { tx, block, skipHardForkValidation: true });
  });
  return transactions.length / taken;
}

function decodeAll(raws: readonly Hex[], common: Common): readonly TypedTransaction[] {
  return raws.map((raw) => {
    const tx = createTxFromRLP(hexToBytes(raw), { common });
    tx.getSenderAddress();
    return tx;
  });
}

export async function run(log: (line: string) => void): Promise<readonly BenchResult[]> {
  mkdirSync('.data', { recursive: true });
  const folder = mkdtempSync(join('.data', 'bench-'));
  try {
    return await measure(folder, log);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function measure(folder: string, log: (line: string) => void): Promise<readonly BenchResult[]> {
  for (const name of ['builder', 'importer', 'known']) mkdirSync(join(folder, name));
  log(`${suite}: signing ${PER_BLOCK * (BLOCKS + 1)} transfers`);
  const batches = Array.from({ length: BLOCKS + 1 }, (_, i) => batch(i * PER_SENDER));
  const builder = await StoredEngine.open(join(folder, 'builder'));
  const importer = await StoredEngine.open(join(folder, 'importer'));
  const known = await StoredEngine.open(join(folder, 'known'));
  const engines = [builder, importer, known];

  log(`${suite}: the library's builder and its runTx`);
  const library = await libraryBuilder(batches[0] as Hex[]);
  const raw = await rawRunTx(batches[0] as Hex[], 'known');
  const rawRecovering = await rawRunTx(batches[0] as Hex[], 'recovered');

  const mints = Array.from({ length: SENDERS }, (_, i) => ({
    index: BigInt(i),
    validatorIndex: 0n,
    address: addressOf(i),
    amountGwei: gwei(10n ** 10n),
  }));
  const funding = await builder.evm.build(builder.request(mints));
  for (const engine of engines) await engine.take(funding);

  const built: number[] = [];
  const imported: number[] = [];
  const importedKnown: number[] = [];
  for (const [index, raws] of batches.entries()) {
    log(`${suite}: block ${index} of ${BLOCKS}`);
    await builder.submit(raws);
    await known.submit(raws);
    let payload: ExecutionPayload | undefined;
    const buildSeconds = await seconds(async () => {
      payload = await builder.evm.build(builder.request());
    });
    if (payload?.transactions.length !== PER_BLOCK)
      throw new Error(`${payload?.transactions.length} transfers in a block`);
    const block = payload;
    const importSeconds = await seconds(() => importer.take(block));
    const knownSeconds = await seconds(() => known.take(block));
    await builder.take(block);
    // The first one warms the machine up.
    if (index === 0) continue;
    built.push(PER_BLOCK / buildSeconds);
    imported.push(PER_BLOCK / importSeconds);
    importedKnown.push(PER_BLOCK / knownSeconds);
  }

  log(`${suite}: empty blocks`);
  const empty: ExecutionPayload[] = [];
  for (let i = 0; i < EMPTY_BLOCKS; i++) {
    const payload = await builder.evm.build(builder.request());
    await builder.take(payload);
    empty.push(payload);
  }
  const emptySeconds = await seconds(async () => {
    for (const payload of empty) await importer.take(payload);
  });
  for (const engine of engines) await engine.close();

  const againstLibrary = (name: string, value: number): BenchResult =>
    figure({
      suite,
      name,
      value,
      unit: 'transfers/s',
      baseline: { name: "the library's builder, in memory", value: library },
      ratio: value / library,
      target: { text: 'ratio at least 10', value: 10 },
    });
  const againstRaw = (name: string, value: number, baseline = raw): BenchResult =>
    figure({
      suite,
      name,
      value,
      unit: 'transfers/s',
      baseline: {
        name: `the library's runTx, in memory, senders ${baseline === raw ? 'known' : 'recovered'}`,
        value: baseline,
      },
      ratio: value / baseline,
      target: { text: 'ratio at least 0.6', value: 0.6 },
    });
  return [
    againstLibrary('built', median(built)),
    againstRaw('built, against runTx', median(built)),
    againstLibrary('imported, signatures checked, durable', median(imported)),
    againstRaw('imported, signatures checked, durable, against runTx', median(imported), rawRecovering),
    againstLibrary('imported from the pool, durable', median(importedKnown)),
    againstRaw('imported from the pool, durable, against runTx', median(importedKnown)),
    figure({ suite, name: 'empty blocks imported, durable', value: EMPTY_BLOCKS / emptySeconds, unit: 'blocks/s' }),
  ];
}
