import { getCreateAddress } from 'ethers';
import type { EmbeddedEvm } from '../../node-core/adapters/embedded-evm/embedded-evm.ts';
import { DEFAULT_EXECUTION_CONFIG } from '../../node-core/adapters/embedded-evm/execution-config.ts';
import type { Store } from '../../node-core/adapters/sqlite/open-store.ts';
import type { ExecutionPayload, Withdrawal } from '../../node-core/domain/consensus/types.ts';
import type { BlockRecord, BlockWrite } from '../../node-core/ports/store.ts';
import type { Hex } from '../../node-core/primitives/hex.ts';
import { blockHeight } from '../../node-core/primitives/ids.ts';
import { FEE_RECIPIENT, addressOf, gwei, rootAt, signed, testEvm } from './evm-chain.ts';
import { seededRandom } from './seeded-random.ts';
import { sampleBlock, samplePointers } from './store/sample-blocks.ts';

/** Writes the second word of its input to the slot that the first one names: SSTORE(CALLDATALOAD(0), CALLDATALOAD(32)). */
const WRITER = '0x67602035600035550060005260086018f3';
const CONTRACTS = [0, 1].map((nonce) => getCreateAddress({ from: addressOf(0), nonce }));
const SLOTS = 60;
const WRITES_PER_BLOCK = 6;

const word = (value: number): string => value.toString(16).padStart(64, '0');

/**
 * The embedded EVM over a store, as a node uses them, making blocks that write and clear storage at random in two
 * contracts of the same code. Block `id` has the Alys root `rootOf(id)`; the parent of a new head is final.
 */
export class StoredChain {
  readonly #store: Pick<Store, 'port' | 'reader'>;
  readonly evm: EmbeddedEvm;
  readonly #random = seededRandom(1);
  #nonce = 0;
  #id = 0;
  /** Blocks that were left behind. */
  readonly left: ExecutionPayload[] = [];
  /** Every block of the chain by its height. */
  readonly chain: { readonly id: number; readonly payload: ExecutionPayload }[] = [];

  private constructor(store: Pick<Store, 'port' | 'reader'>, evm: EmbeddedEvm) {
    this.#store = store;
    this.evm = evm;
  }

  /** Begins a chain in an empty store, or goes on from the head of what is there. */
  static async on(store: Pick<Store, 'port' | 'reader'>, keepStateBlocks: number | null): Promise<StoredChain> {
    const evm = await testEvm({ state: store.reader, config: { ...DEFAULT_EXECUTION_CONFIG, keepStateBlocks } });
    const made = new StoredChain(store, evm);
    const blocks = await store.port.readBlocks(blockHeight(0), 100_000);
    if (blocks.length === 0) await made.#begin();
    else await made.#goOn(blocks);
    return made;
  }

  async #begin(): Promise<void> {
    const payload = await this.evm.genesis();
    this.chain.push({ id: 0, payload });
    await this.#store.port.persistBlocks([written(0, 0, payload, null)], samplePointers(0, 0));
    await this.extend([], [mint(0)]);
    for (let i = 0; i < CONTRACTS.length; i++) await this.extend([await this.#sign(null, WRITER)]);
  }

  async #goOn(blocks: readonly BlockRecord[]): Promise<void> {
    for (const { root, signedBlock } of blocks)
      this.chain.push({ id: Number(BigInt(root)), payload: signedBlock.block.payload });
    const { blockHash, parentHash } = this.head;
    await this.evm.setForkchoice({ head: blockHash, safe: parentHash, finalized: parentHash });
    this.#nonce = Number(await this.evm.request('eth_getTransactionCount', [addressOf(0), 'latest']));
    // A block that was left behind may have the number after the head's.
    this.#id = (this.chain.at(-1) as { id: number }).id + 1;
  }

  get head(): ExecutionPayload {
    return (this.chain.at(-1) as (typeof this.chain)[number]).payload;
  }

  /** A block of random writes on the head. */
  async write(): Promise<void> {
    await this.extend(await this.#writes());
  }

  /** The same, beside a block with the same writes and a mint, which is stored as well and left behind. */
  async writeForked(): Promise<void> {
    await this.#submit(await this.#writes());
    const left = await this.#make([mint(1 + (this.#id % 50))]);
    await this.#persist(left, false);
    this.left.push(left);
    await this.extend([]);
  }

  async extend(raws: readonly Hex[], withdrawals: readonly Withdrawal[] = []): Promise<void> {
    await this.#submit(raws);
    const payload = await this.#make(withdrawals);
    await this.#persist(payload, true);
    const { blockHash, parentHash } = payload;
    await this.evm.setForkchoice({ head: blockHash, safe: parentHash, finalized: parentHash });
  }

  async #submit(raws: readonly Hex[]): Promise<void> {
    for (const raw of raws) await this.evm.submitTransaction(raw);
  }

  #make(withdrawals: readonly Withdrawal[]): Promise<ExecutionPayload> {
    const { blockHash, blockNumber, timestampS } = this.head;
    return this.evm.build({
      parentHash: blockHash,
      timestampS: timestampS + 2,
      prevRandao: rootAt(blockNumber + 1),
      parentBeaconBlockRoot: rootAt(blockNumber),
      feeRecipient: FEE_RECIPIENT,
      withdrawals,
      timeBudgetMs: 60_000,
    });
  }

  async #persist(payload: ExecutionPayload, isHead: boolean): Promise<void> {
    const id = ++this.#id;
    const status = await this.evm.execute(payload, rootAt(payload.blockNumber - 1));
    if (status.status !== 'VALID') throw new Error(JSON.stringify(status));
    const parent = this.chain[payload.blockNumber - 1] as (typeof this.chain)[number];
    const pointers = isHead ? samplePointers(id, parent.id) : null;
    await this.#store.port.persistBlocks([written(id, parent.id, payload, status.staged)], pointers);
    if (isHead) this.chain.push({ id, payload });
  }

  async #writes(): Promise<readonly Hex[]> {
    const raws: Hex[] = [];
    for (let i = 0; i < WRITES_PER_BLOCK; i++) {
      const contract = CONTRACTS[Math.floor(this.#random() * CONTRACTS.length)] as string;
      // Few values, zero among them, so that states come back and slots are cleared.
      const value = Math.floor(this.#random() * 4);
      const slot = Math.floor(this.#random() * SLOTS);
      raws.push(await this.#sign(contract, `0x${word(slot)}${word(value)}`));
    }
    return raws;
  }

  #sign(to: string | null, data: string): Promise<Hex> {
    return signed(0, { to, data, nonce: this.#nonce++ });
  }
}

/** 1000 coins. */
const mint = (account: number): Withdrawal => ({
  index: 0n,
  validatorIndex: 0n,
  address: addressOf(account),
  amountGwei: gwei(10n ** 12n),
});

function written(id: number, parentId: number, payload: ExecutionPayload, staged: BlockWrite['staged']): BlockWrite {
  const sample = sampleBlock(id, parentId, payload.blockNumber, { staged });
  const { signedBlock } = sample;
  return { ...sample, signedBlock: { ...signedBlock, block: { ...signedBlock.block, payload } } };
}
