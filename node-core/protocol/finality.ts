import type { CertifiedPegIn, FederationUpdate, PegOutEntry } from '../domain/consensus/types.ts';
import type { BlockHeight, BlockRoot, EvmBlockHash, Slot } from '../primitives/ids.ts';
import type { Sats, Wei } from '../primitives/units.ts';

/** A block is final: told to BridgeActor and EngineActor, one message a block, in order of height, again after a restart. */
export interface FinalizeBlock {
  readonly type: 'FinalizeBlock';
  readonly root: BlockRoot;
  readonly height: BlockHeight;
  readonly slot: Slot;
  readonly blockHash: EvmBlockHash;
  readonly pegIns: readonly CertifiedPegIn[];
  readonly pegOuts: readonly PegOutEntry[];
  readonly federationUpdates: readonly FederationUpdate[];
  /** From genesis to this block. */
  readonly mintedTotalSats: Sats;
  readonly burnedFeesTotalWei: Wei;
}
