import { voterCount } from '../../domain/consensus/authority-set.ts';
import { nodeOf } from '../../domain/consensus/block-tree.ts';
import { headOf } from '../../domain/consensus/forkchoice.ts';
import type { BlockSummary, ChainView } from '../../protocol/views.ts';
import { authoritiesAt, selfAt } from './authorities.ts';
import { lastSignedSlots } from './rearming.ts';
import { earlyBlocks } from './receiving.ts';
import type { ChainActorState, ChainBlock } from './state.ts';

const MAX_BLOCKS_SHOWN = 64;
const MAX_EVIDENCE_SHOWN = 32;

function summary({ root, signedBlock: { block } }: ChainBlock, finalizedHeight: number): BlockSummary {
  return {
    root,
    blockHash: block.payload.blockHash,
    parentRoot: block.parentRoot,
    height: block.height,
    slot: block.slot,
    proposer: block.proposer,
    transactions: block.payload.transactions.length,
    gasUsed: block.payload.gasUsed.toString(),
    mints: block.pegIns.length,
    payouts: block.pegOuts.length,
    parentVotes: voterCount(block.certificate),
    finalized: block.height <= finalizedHeight,
  };
}

/** What the network file calls a key's authority. */
function nameOf({ args }: ChainActorState, key: string): string {
  const members = args.network.authorities.flatMap((entry) => entry.members);
  return members.findLast(({ blsPublicKey }) => blsPublicKey === key)?.name ?? key;
}

/** Those of the ledger, and those that wait for it to be read. */
function haltCauses({ halts, heldHalts }: ChainActorState): ChainView['haltCauses'] {
  const held = heldHalts.filter(({ message }) => message.type === 'EmergencyHaltRequest');
  return [
    ...halts.causes.map(({ source, reason, sinceMs }) => ({ source, reason, sinceMs })),
    ...held.map(({ message: { source, reason }, sinceMs }) => ({ source, reason, sinceMs })),
  ];
}

/** What the operator sees of the chain; computed only while somebody looks. */
export function chainView(state: ChainActorState): ChainView {
  const { args, tree } = state;
  const causes = haltCauses(state);
  const finalizedHeight = nodeOf(tree, tree.finalizedRoot).height;
  const genesis: ChainBlock | undefined = state.blocks.get(state.genesisRoot);
  const fallback = genesis ?? {
    root: state.genesisRoot,
    signedBlock: args.genesis,
    totals: {
      mintCount: 0n,
      mintedSats: 0n as ChainBlock['totals']['mintedSats'],
      burnedFeesWei: 0n as ChainBlock['totals']['burnedFeesWei'],
    },
  };
  const head = state.blocks.get(headOf(tree)) ?? fallback;
  const finalized = state.blocks.get(tree.finalizedRoot) ?? fallback;
  const recent: ChainBlock[] = [];
  for (
    let block: ChainBlock | undefined = head;
    block !== undefined && recent.length < MAX_BLOCKS_SHOWN;
    block = state.blocks.get(block.signedBlock.block.parentRoot)
  ) {
    recent.push(block);
  }
  return {
    state: state.machine,
    loadFailure: state.loadFailure,
    halted: causes.length > 0,
    haltCauses: causes,
    haltUnsaved: state.haltWriting.failure,
    authorityIndex: selfAt(state, head.signedBlock.block.height)?.index ?? null,
    authorityCount: authoritiesAt(state, head.signedBlock.block.height).length,
    slot: state.slot,
    slotDurationMs: args.network.slotDurationMs,
    head: summary(head, finalizedHeight),
    finalized: summary(finalized, finalizedHeight),
    highCertificateSlot: tree.highCertificate.slot,
    recentBlocks: recent.map((block) => summary(block, finalizedHeight)),
    recentSlots: [...state.slots].reverse(),
    earlyBlocks: earlyBlocks(state),
    evidenceCount: state.evidence.length,
    evidence: state.evidence
      .slice(0, MAX_EVIDENCE_SHOWN)
      .map(({ authority: _, ...evidence }) => ({ ...evidence, name: nameOf(state, evidence.publicKey) })),
    disarmed: state.disarmed,
    guardFailure: state.guardFailure,
    lastSignedSlots: lastSignedSlots(state),
    mintedSats: head.totals.mintedSats.toString(),
    burnedFeesWei: head.totals.burnedFeesWei.toString(),
  };
}
