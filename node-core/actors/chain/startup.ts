import { plantTree, insertBlock } from '../../domain/consensus/block-tree.ts';
import { blockRootOf } from '../../domain/consensus/encoding.ts';
import { genesisCertificate } from '../../domain/consensus/genesis.ts';
import { headOf } from '../../domain/consensus/forkchoice.ts';
import { EMPTY_COLLECTOR } from '../../domain/consensus/votes.ts';
import type { QuorumCertificate } from '../../domain/consensus/types.ts';
import { isHalted, noHalts } from '../../domain/governance/halt.ts';
import { blockHeight, type BlockRoot, slot } from '../../primitives/ids.ts';
import { sats, wei } from '../../primitives/units.ts';
import type { BlockRecord, StoredChain } from '../../ports/store.ts';
import { accept, type Checked, refuse } from '../../primitives/errors.ts';
import { actorRef } from '../../protocol/actors.ts';
import type { PersistBlock } from '../../protocol/storage.ts';
import { MAX_EVIDENCE, rememberBlocks } from './evidence.ts';
import { fail, type Failure, recover } from './failures.ts';
import { noteBlockCertificate, settleFinality, tellNewestFinal } from './finality.ts';
import { applyHeldHalts, HALTS_KEY, readHalts } from './halts.ts';
import { MEMBERS_KEY, MEMBERS_NAME, readMembers } from './members.ts';
import { type ChainActorState, type ChainArgs, type ChainCtx, step } from './state.ts';

const LOAD_TIMEOUT_MS = 30_000;
/** What the store holds is no chain, however often it is read. */
const TERMINAL_CODES: ReadonlySet<string> = new Set(['CHAIN_INCOMPLETE', 'STORE_CORRUPT']);
/** Final blocks that are read for what comes after a start to be compared with. */
const SEEN_BLOCKS = 64;
export const SEEN_KEY = 'seen';

/** The state before anything is loaded, and the loads that it waits for. */
export function initialState(args: ChainArgs, ctx: ChainCtx): ChainActorState {
  const genesisRoot = blockRootOf(args.genesis.block);
  const state: ChainActorState = {
    args,
    storage: actorRef(ctx, 'StorageActor'),
    engine: actorRef(ctx, 'EngineActor'),
    bridge: actorRef(ctx, 'BridgeActor'),
    network: actorRef(ctx, 'NetworkActor'),
    sync: actorRef(ctx, 'SyncActor'),
    stream: actorRef(ctx, 'StreamActor'),
    genesisRoot,
    machine: 'Initializing',
    loading: 'halts',
    loadFailure: null,
    tree: plantTree(
      { root: genesisRoot, block: args.genesis.block },
      genesisCertificate(genesisRoot),
      args.network.authorities,
    ),
    blocks: new Map(),
    members: { final: [], written: true },
    minted: new Set(),
    votes: EMPTY_COLLECTOR,
    certificates: new Map(),
    halts: noHalts,
    haltWriting: { onDisk: null, current: null, next: [], failure: null },
    heldHalts: [],
    guard: null,
    disarmed: null,
    rearmTriedAt: null,
    guardFailure: null,
    lastSigned: new Map(),
    choice: null,
    client: 'well',
    waiting: new Map(),
    early: [],
    importing: null,
    producing: null,
    hurry: { turnsLeft: 0, turns: 0 },
    batch: null,
    payouts: new Map(),
    peerHeads: new Map(),
    syncing: false,
    voting: new Map(),
    slot: slot(0),
    toldHeight: blockHeight(0),
    slots: [],
    evidence: [],
    seen: new Map(),
    nextKey: 1,
    due: null,
  };
  load(state, ctx);
  return state;
}

/** Asks for what is to be loaded next. Halts come first: a node that was halted must not sign before it knows (INV-13). */
function load(state: ChainActorState, ctx: ChainCtx): void {
  const { loading } = state;
  if (loading === null) return;
  state.loadFailure = null;
  const options = {
    timeoutMs: LOAD_TIMEOUT_MS,
    onTimeout: { type: 'ChainTimeout', what: 'load', key: loading },
  } as const;
  if (loading === 'halts') ctx.ask(state.storage, { type: 'GetValue', key: loading, name: HALTS_KEY }, options);
  else if (loading === 'members')
    ctx.ask(state.storage, { type: 'GetValue', key: loading, name: MEMBERS_NAME }, options);
  else if (loading === 'chain') ctx.ask(state.storage, { type: 'LoadChain', key: loading }, options);
  else ctx.ask(state.storage, { type: 'PersistBlock', key: loading, ...genesisOf(state) }, options);
}

/** Genesis is written like any block, so that what is read back always begins with a stored block. */
function genesisOf({ args, genesisRoot, tree }: ChainActorState): Pick<PersistBlock, 'block' | 'pointers'> {
  const totals = { mintCount: 0n, mintedSats: sats(0n), burnedFeesWei: wei(0n) };
  return {
    block: { root: genesisRoot, signedBlock: args.genesis, burnedFeesWei: wei(0n), totals, staged: null },
    pointers: { headRoot: genesisRoot, finalizedRoot: genesisRoot, highCertificate: tree.highCertificate },
  };
}

/** The store gave no answer or a bad one: it is asked again with the next slot, unless what it holds is no chain. */
export function failLoad(state: ChainActorState, key: string, { code, reason }: Failure, ctx: ChainCtx): void {
  if (state.loading !== key) return;
  state.loadFailure = `${code}: ${reason}`;
  if (state.machine === 'Initializing') fail(state, 'GenesisError', { code, reason }, ctx);
  if (TERMINAL_CODES.has(code) && state.machine === 'Failed') step(state, 'TerminalError');
}

/** A slot has begun, or the clock went back: what failed is tried again. */
export function retry(state: ChainActorState, ctx: ChainCtx): void {
  if (state.client === 'failed') state.client = 'triedAgain';
  if (state.machine !== 'Failed') return;
  if (state.loading === null) recover(state);
  else if (state.loadFailure !== null) load(state, ctx);
}

export function onHaltsLoaded(state: ChainActorState, text: string | null, ctx: ChainCtx): void {
  if (state.loading !== 'halts') return;
  state.halts = readHalts(text);
  state.haltWriting.onDisk = state.halts;
  ctx.tell(state.bridge, { type: 'HaltChanged', halted: isHalted(state.halts) });
  state.loading = MEMBERS_KEY;
  load(state, ctx);
  applyHeldHalts(state, ctx);
  if (state.args.self !== null) checkGuard(ctx);
}

/** They were written before the finality that brought them: what is above it comes again with its block. */
export function onMembersLoaded(state: ChainActorState, text: string | null, ctx: ChainCtx): void {
  if (state.loading !== MEMBERS_KEY) return;
  state.members.final = readMembers(text);
  state.loading = 'chain';
  load(state, ctx);
}

function checkGuard(ctx: ChainCtx): void {
  ctx.call('signer', 'disarmed', [], {
    party: 'Signer',
    as: 'CheckGuard',
    timeoutMs: LOAD_TIMEOUT_MS,
    done: (outcome) => ({
      type: 'GuardChecked',
      disarmed: outcome.ok && outcome.value,
      failure: outcome.ok ? null : `${outcome.error.code}: ${outcome.error.reason}`,
    }),
  });
}

export function loadGuard(ctx: ChainCtx): void {
  ctx.call('signer', 'record', [], {
    party: 'Signer',
    as: 'LoadGuard',
    timeoutMs: LOAD_TIMEOUT_MS,
    done: (outcome) => ({
      type: 'GuardLoaded',
      record: outcome.ok ? outcome.value : null,
      failure: outcome.ok ? null : `${outcome.error.code}: ${outcome.error.reason}`,
    }),
  });
}

/** Stands the chain up from the disk, or from genesis on a first start. */
export function onChainLoaded(state: ChainActorState, stored: StoredChain | null, ctx: ChainCtx): void {
  if (state.loading !== 'chain') return;
  if (stored === null) {
    state.loading = 'genesis';
    load(state, ctx);
    return;
  }
  const restored = restore(state, stored);
  if (!restored.ok) {
    failLoad(state, 'chain', restored.refusal, ctx);
    return;
  }
  rememberBlocks(state, stored.recent);
  settleFinality(state, state.genesisRoot, ctx);
  stand(state, ctx);
}

/** Genesis is on disk: the chain begins with it. */
export function onGenesisPersisted(state: ChainActorState, ctx: ChainCtx): void {
  if (state.loading !== 'genesis') return;
  state.blocks.set(state.genesisRoot, genesisOf(state).block);
  stand(state, ctx);
}

/** The chain stands, at the first try or after a failed one. */
function stand(state: ChainActorState, ctx: ChainCtx): void {
  state.loading = null;
  step(state, state.machine === 'Failed' ? 'RecoveryAttempt' : 'GenesisLoaded');
  applyHeldHalts(state, ctx);
  tellNewestFinal(state, ctx);
  loadEvidence(state, ctx);
}

/** What was caught before this start, and the blocks that later ones are compared with: nothing waits for them. */
function loadEvidence(state: ChainActorState, ctx: ChainCtx): void {
  const options = (key: string) =>
    ({ timeoutMs: LOAD_TIMEOUT_MS, onTimeout: { type: 'ChainTimeout', what: 'evidence', key } }) as const;
  ctx.ask(state.storage, { type: 'LoadEvidence', key: 'evidence', limit: MAX_EVIDENCE }, options('evidence'));
  const fromHeight = blockHeight(Math.max(0, state.toldHeight - SEEN_BLOCKS));
  ctx.ask(state.storage, { type: 'ReadBlocks', key: SEEN_KEY, fromHeight, limit: SEEN_BLOCKS }, options(SEEN_KEY));
}

function restore(
  state: ChainActorState,
  { pointers, recent, minted }: StoredChain,
): Checked<undefined, 'CHAIN_INCOMPLETE'> {
  const finalized = recent.find(({ root }) => root === pointers.finalizedRoot);
  if (finalized === undefined)
    return refuse('CHAIN_INCOMPLETE', 'the store names a finalized block that it does not hold');
  // The commit rule makes a block final by its child's certificate, so that a stored child certifies it.
  const certificateFor = (root: BlockRoot): QuorumCertificate | null =>
    recent.find(({ signedBlock }) => signedBlock.block.parentRoot === root)?.signedBlock.block.certificate ?? null;
  const certificate =
    certificateFor(finalized.root) ??
    (finalized.root === state.genesisRoot ? genesisCertificate(finalized.root) : null);
  if (certificate === null) return refuse('CHAIN_INCOMPLETE', 'the store holds no certificate for its finalized block');
  state.tree = plantTree(
    { root: finalized.root, block: finalized.signedBlock.block },
    certificate,
    state.args.network.authorities,
  );
  state.blocks.set(finalized.root, finalized);
  const { height } = finalized.signedBlock.block;
  state.members.final = state.members.final.filter(({ recordedHeight }) => recordedHeight <= height);
  for (const outpoint of minted) state.minted.add(outpoint);
  for (const record of recent) {
    if (record.root === finalized.root) continue;
    const inserted = insertBlock(state.tree, record.root, record.signedBlock.block, certificateFor(record.root));
    // An orphan of a block that finality has dropped since is of no use any more.
    if (!inserted.ok) continue;
    state.tree = inserted.value;
    state.blocks.set(record.root, record);
  }
  noteBlockCertificate(state, pointers.highCertificate);
  state.toldHeight = height;
  return accept(undefined);
}

export const headBlockOf = (state: ChainActorState): BlockRecord['signedBlock']['block'] => {
  const head = state.blocks.get(headOf(state.tree));
  return head === undefined ? state.args.genesis.block : head.signedBlock.block;
};
