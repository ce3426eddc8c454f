import type { Common } from '@ethereumjs/common';
import { chainCommon } from '../../../node-core/adapters/embedded-evm/chain-common.ts';
import { EmbeddedEvm } from '../../../node-core/adapters/embedded-evm/embedded-evm.ts';
import { headerHash, payloadHeader } from '../../../node-core/adapters/embedded-evm/payload.ts';
import { MemoryState } from '../../../node-core/adapters/embedded-evm/state/memory-state.ts';
import type { Network } from '../../../node-core/config/network.ts';
import { blockRootOf } from '../../../node-core/domain/consensus/encoding.ts';
import { genesisBlock, genesisCertificate } from '../../../node-core/domain/consensus/genesis.ts';
import { timestampOfSlot } from '../../../node-core/domain/consensus/schedule.ts';
import { blockSigningRoot, prevRandaoOf, voteSigningRoot } from '../../../node-core/domain/consensus/signing.ts';
import type {
  Block,
  BlsSignature,
  CertifiedPegIn,
  ExecutionPayload,
  PeerStatus,
  QuorumCertificate,
  SignedBlock,
  Vote,
} from '../../../node-core/domain/consensus/types.ts';
import { withdrawalFor } from '../../../node-core/domain/consensus/validate.ts';

import {
  authorityIndex,
  blockHeight,
  type BlockRoot,
  compareOutpoints,
  evmAddress,
  slot,
  type Slot,
} from '../../../node-core/primitives/ids.ts';
import { BRIDGE } from '../../support/evm-chain.ts';
import type { Keys } from './keys.ts';
import { AUTHORITIES, fuzzNetwork, NETWORK_HASH, OWN_INDEX, SLOT_MS } from './network.ts';

/** A block with its root. */
export interface RootedBlock {
  readonly root: BlockRoot;
  readonly signedBlock: SignedBlock;
}

/**
 * The other authorities as one: they hold all keys, build on an engine of their own and vote for what they adopted.
 * What they know is the measure of the fuzzed node.
 */
export class HonestFederation {
  readonly keys: Keys;
  readonly network: Network;
  readonly evm: EmbeddedEvm;
  readonly common: Common;
  readonly #state: MemoryState;
  /** The whole chain, genesis first. */
  readonly chain: RootedBlock[];
  /** For the head. */
  certificate: QuorumCertificate;
  mintCount = 0n;

  private constructor(keys: Keys, network: Network, evm: EmbeddedEvm, state: MemoryState, genesis: SignedBlock) {
    this.keys = keys;
    this.network = network;
    this.evm = evm;
    this.#state = state;
    this.common = chainCommon(network.chainId);
    const root = blockRootOf(genesis.block);
    this.chain = [{ root, signedBlock: genesis }];
    this.certificate = genesisCertificate(root);
  }

  static async create(keys: Keys): Promise<HonestFederation> {
    const network = fuzzNetwork(keys);
    const state = new MemoryState();
    const evm = await EmbeddedEvm.create({ network, bridge: BRIDGE, state });
    return new HonestFederation(keys, network, evm, state, genesisBlock(await evm.genesis()));
  }

  get head(): RootedBlock {
    return this.chain.at(-1) as RootedBlock;
  }

  status(): PeerStatus {
    const { root, signedBlock } = this.head;
    const genesisRoot = (this.chain[0] as RootedBlock).root;
    return {
      networkHash: NETWORK_HASH,
      headRoot: root,
      headHeight: signedBlock.block.height,
      finalizedRoot: genesisRoot,
      finalizedHeight: blockHeight(0),
      highCertificate: this.certificate,
      lastSignedSlots: [],
    };
  }

  feeRecipientAt(at: number): string {
    return this.network.authorities[0]?.members[at % AUTHORITIES]?.feeRecipient ?? '';
  }

  /** The valid block of that slot's authority on the head, with what the engine's pool holds. */
  async propose(at: number, pegIns: readonly CertifiedPegIn[] = []): Promise<RootedBlock> {
    const { root: parentRoot, signedBlock } = this.head;
    const parent = signedBlock.block;
    const sorted = [...pegIns].sort((a, b) => compareOutpoints(a.outpoint, b.outpoint));
    const payload = await this.evm.build({
      parentHash: parent.payload.blockHash,
      timestampS: timestampOfSlot(slot(at), SLOT_MS),
      prevRandao: prevRandaoOf(parentRoot, slot(at)),
      parentBeaconBlockRoot: parentRoot,
      feeRecipient: evmAddress(this.feeRecipientAt(at)),
      withdrawals: sorted.map((pegIn, i) => withdrawalFor(pegIn, this.mintCount + BigInt(i))),
      timeBudgetMs: 10_000,
    });
    return this.sign({
      parentRoot,
      slot: slot(at),
      height: payload.blockNumber,
      proposer: authorityIndex(at % AUTHORITIES),
      payload,
      pegIns: sorted,
      pegOuts: [],
      federationUpdates: [],
      certificate: this.certificate,
    });
  }

  /** Signed by the proposer that it names, or by another key. */
  sign(block: Block, by: number = block.proposer): RootedBlock {
    const root = blockRootOf(block);
    return { root, signedBlock: { block, signature: this.signRoot(root, block.slot, by) } };
  }

  signRoot(root: BlockRoot, at: Slot, by: number, networkHash: string = NETWORK_HASH): BlsSignature {
    return this.keys.sign(by % AUTHORITIES, blockSigningRoot(networkHash, root, at));
  }

  vote(authority: number, root: BlockRoot, at: Slot, clean = true, networkHash: string = NETWORK_HASH): Vote {
    const signature = this.keys.sign(authority % AUTHORITIES, voteSigningRoot(networkHash, root, at, clean));
    return { blockRoot: root, slot: at, authority: authorityIndex(authority), clean, signature };
  }

  /** The certificate that these authorities' votes make. */
  certificateBy(voters: readonly number[], root: BlockRoot, at: Slot, clean = true): QuorumCertificate {
    const set = voters.reduce((bits, voter) => bits | (1 << voter), 0) as QuorumCertificate['cleanVoters'];
    const none = 0 as QuorumCertificate['cleanVoters'];
    return {
      blockRoot: root,
      slot: at,
      cleanVoters: clean ? set : none,
      otherVoters: clean ? none : set,
      signature: this.keys.scheme.aggregate(voters.map((voter) => this.vote(voter, root, at, clean).signature)),
    };
  }

  /** With the hash that the payload's content has; unchanged where the content fits into no header. */
  rehash(payload: ExecutionPayload, parentRoot: BlockRoot): ExecutionPayload {
    try {
      return { ...payload, blockHash: headerHash(payloadHeader(this.common, payload, parentRoot)) };
    } catch {
      return payload;
    }
  }

  /** Executes a block, makes it the head and votes for it; returns the votes of all but the fuzzed node. */
  async adopt(block: RootedBlock): Promise<readonly Vote[]> {
    const { payload, parentRoot, pegIns } = block.signedBlock.block;
    const status = await this.evm.execute(payload, parentRoot);
    if (status.status !== 'VALID') throw new Error(`not valid here: ${JSON.stringify(status)}`);
    if (status.staged !== null) this.#state.persist(status.staged);
    const parentHash = payload.parentHash;
    await this.evm.setForkchoice({ head: payload.blockHash, safe: parentHash, finalized: parentHash });
    this.chain.push(block);
    this.mintCount += BigInt(pegIns.length);
    const others = Array.from({ length: AUTHORITIES }, (_, i) => i).filter((i) => i !== OWN_INDEX);
    this.certificate = this.certificateBy(others, block.root, block.signedBlock.block.slot);
    return others.map((voter) => this.vote(voter, block.root, block.signedBlock.block.slot));
  }

  async rpc<T>(method: string, params: readonly unknown[]): Promise<T> {
    return (await this.evm.request(method, params)) as T;
  }
}
