import type { StagedState } from '../../../ports/execution.ts';
import type { EvmBlockHash } from '../../../primitives/ids.ts';
import { keyText } from './node-store.ts';
import type { StateReader } from './state-reader.ts';

/** The `state` and `receipts` tables in memory, nothing of them pruned, for simulations and tests. */
export class MemoryState implements StateReader {
  readonly #state = new Map<string, Uint8Array>();
  readonly #receipts = new Map<EvmBlockHash, Uint8Array>();

  get(key: Uint8Array): Uint8Array | undefined {
    return this.#state.get(keyText(key));
  }

  receipts(blockHash: EvmBlockHash): Uint8Array | undefined {
    return this.#receipts.get(blockHash);
  }

  /** What the store does with the staged state of a block in its transaction. */
  persist(staged: StagedState): void {
    for (const [key, value] of [...staged.nodes, ...staged.trie.created]) this.#state.set(keyText(key), value);
    this.#receipts.set(staged.blockHash, staged.receipts);
  }
}
