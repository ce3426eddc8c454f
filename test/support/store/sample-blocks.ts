import type { StagedTrie } from '../../../node-core/ports/execution.ts';
import type { BlockWrite, ChainPointers } from '../../../node-core/ports/store.ts';
import type { BlsSignature, SignedBlock } from '../../../node-core/domain/consensus/types.ts';
import type { Hex } from '../../../node-core/primitives/hex.ts';
import {
  authorityIndex,
  blockHeight,
  blockRoot,
  evmAddress,
  evmBlockHash,
  slot,
  type BlockRoot,
} from '../../../node-core/primitives/ids.ts';
import { sats, wei, type Wei } from '../../../node-core/primitives/units.ts';

const word = (value: number): Hex => `0x${value.toString(16).padStart(64, '0')}`;
const ZERO_SIGNATURE = `0x${'00'.repeat(96)}` as BlsSignature;

/** The root that `sampleBlock` gives to block number `id`. */
export const rootOf = (id: number): BlockRoot => blockRoot(word(id));

/** A block whose root is `id`'s. Its slot is three times its height, so that the two are never mistaken. */
export function sampleBlock(id: number, parentId: number, height: number, extra: Partial<BlockWrite> = {}): BlockWrite {
  const signedBlock: SignedBlock = {
    block: {
      parentRoot: rootOf(parentId),
      slot: slot(3 * height),
      height: blockHeight(height),
      proposer: authorityIndex(0),
      payload: {
        parentHash: evmBlockHash(word(1_000_000 + parentId)),
        feeRecipient: evmAddress(`0x${'11'.repeat(20)}`),
        stateRoot: word(7),
        receiptsRoot: word(8),
        logsBloom: `0x${'00'.repeat(256)}`,
        prevRandao: word(9),
        blockNumber: blockHeight(height),
        gasLimit: 30_000_000n,
        gasUsed: 21_000n,
        timestampS: 6 * height,
        extraData: '0x',
        baseFeePerGas: 7n as Wei,
        blockHash: evmBlockHash(word(1_000_000 + id)),
        transactions: [],
        withdrawals: [],
        blobGasUsed: 0n,
        excessBlobGas: 0n,
      },
      pegIns: [],
      pegOuts: [],
      federationUpdates: [],
      certificate: samplePointers(parentId, parentId).highCertificate,
    },
    signature: ZERO_SIGNATURE,
  };
  const totals = {
    mintCount: 0n,
    mintedSats: sats(10_000n * BigInt(height)),
    burnedFeesWei: wei(10n ** 18n),
  };
  return { root: rootOf(id), signedBlock, burnedFeesWei: wei(BigInt(id)), totals, staged: null, ...extra };
}

/** A block that changes nothing of the state's tries. */
export const NO_TRIE: StagedTrie = { created: [], replaced: [], keepBlocks: null };

export function samplePointers(headId: number, finalizedId: number): ChainPointers {
  return {
    headRoot: rootOf(headId),
    finalizedRoot: rootOf(finalizedId),
    highCertificate: {
      blockRoot: rootOf(headId),
      slot: slot(0),
      cleanVoters: 0 as never,
      otherVoters: 0 as never,
      signature: ZERO_SIGNATURE,
    },
  };
}

/**
 * Stands in for the node's SSZ: any encoding that comes back equal will do for a store. Keys of the state are no hashes
 * of their values in samples.
 */
export const jsonCodec = {
  isWholeEntry: (): boolean => true,
  encodeBlock: (block: SignedBlock): Uint8Array =>
    Buffer.from(
      JSON.stringify(block, (_, value: unknown) => (typeof value === 'bigint' ? { bigint: value.toString() } : value)),
    ),
  decodeBlock: (data: Uint8Array): SignedBlock =>
    JSON.parse(Buffer.from(data).toString(), (_, value: unknown) =>
      typeof value === 'object' && value !== null && 'bigint' in value ? BigInt(value.bigint as string) : value,
    ) as SignedBlock,
};
