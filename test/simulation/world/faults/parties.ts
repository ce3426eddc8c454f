import { blockRootOf } from '../../../../node-core/domain/consensus/encoding.ts';
import { blockSigningRoot, voteSigningRoot } from '../../../../node-core/domain/consensus/signing.ts';
import type { Block, SignedBlock, Vote } from '../../../../node-core/domain/consensus/types.ts';
import type { Announcement } from '../governance/members.ts';
import { governanceMember, type World } from '../world.ts';
import type { FaultPlan } from './plan.ts';

const EQUIVOCATION_SHARE = 0.35;
const OUT_OF_TURN_SHARE = 0.1;
const HALT_AT_REQUEST_SHARE = 0.1;
/** Of the dice for a rival block. */
const FORGED_UPDATE_FROM = 0.7;
const SLOW_MS = 8000;
const NEW_MEMBER = 20;
const NOTICE_BLOCKS = 12;
/** Long enough for a block to hold the update before the address before retires, mostly. */
const MIN_HANDOVER_BLOCKS = 5;
const AGAIN_MS = 20_000;
const SECRET_MS = 40_000;
/** Longer ago than any clock steps back. */
const EXPIRED_MS = 3 * 24 * 60 * 60 * 1000;

/** What other parties do: peers, members, and one authority that signs whatever it likes. */
export function planPartyFaults(plan: FaultPlan): void {
  const { world, durationMs } = plan;
  const { peers, governance, nodes } = world;
  if (plan.has('lossyGossip')) peers.faults.lossShare = 0.1;
  if (plan.has('repeatedGossip')) peers.faults.repeatShare = 0.2;
  if (plan.has('partitions'))
    plan.windows(
      3,
      (begins) => {
        const all = nodes.map(({ index }) => index);
        const side = all.filter(() => world.random() < 0.5);
        peers.partition(begins ? [side, all.filter((index) => !side.includes(index))] : null);
        if (begins && side.length > 0 && side.length < all.length) plan.count('partition');
      },
      'partitions',
    );
  // Fewer than a third may misbehave: with three authorities none.
  if (plan.has('equivocation') && nodes.length > 3) planEquivocation(plan);
  plan.onHeal(() => {
    peers.faults.lossShare = 0;
    peers.faults.repeatShare = 0;
    peers.partition(null);
  });

  const members = governance.epochs[0] ?? [];
  if (plan.has('membersDown'))
    for (const member of members)
      plan.windows(
        1,
        (begins) => (begins ? governance.faults.down.add(member) : governance.faults.down.delete(member)),
        'membersDown',
      );
  if (plan.has('membersSlow'))
    plan.windows(2, (begins) => (governance.faults.slowMs = begins ? SLOW_MS : 0), 'membersSlow');
  if (plan.has('forgedAnswers')) governance.faults.forgeShare = 0.15;
  if (plan.has('repeatedAnswers')) governance.faults.repeatShare = 0.3;
  if (plan.has('linkResets'))
    world.sometime(6, durationMs, () => {
      if (plan.healed) return;
      governance.cut(world.below(nodes.length));
      plan.injected('linkResets');
    });
  plan.onHeal(() => {
    governance.faults.forgeShare = 0;
    governance.faults.repeatShare = 0;
    governance.faults.down.clear();
  });
  if (plan.has('forgedMessages')) planForgedMessages(plan);
  if (plan.has('halts')) planHalts(plan);
  if (plan.has('memberChange')) planMemberChange(plan);
}

/**
 * A quorum signs for a new member set that takes over at a height to come: one leaves, one joins (INV-20). Where nodes
 * didn't put it into a block in time, the members sign once more, for a later height.
 */
function planMemberChange(plan: FaultPlan): void {
  const { world } = plan;
  const { governance, bitcoin } = world;
  const finalHeight = (): number => Math.max(...world.nodes.map(({ chain }) => chain?.finalized.height ?? 0));
  let fromBitcoinHeight = 0;
  let activationHeight = 0;
  const announce = (): void => {
    activationHeight = finalHeight() + NOTICE_BLOCKS;
    const untilBitcoinHeight = bitcoin.chain.tip.height + MIN_HANDOVER_BLOCKS + world.below(MIN_HANDOVER_BLOCKS);
    const members = (governance.epochs[1] ?? []).map(governanceMember);
    const handover = { fromBitcoinHeight, untilBitcoinHeight };
    const update = JSON.stringify({ activationHeight, epoch: 1, handover, members });
    const message = governance.compose(
      { kind: 'federationUpdate', update },
      { epoch: 0, signers: governance.threshold },
    );
    governance.standing.push(message);
    governance.announce(message);
  };
  const seeToIt = (): void => {
    const recorded = world.nodes.some(({ stream }) => (stream?.epoch ?? 0) > 0);
    if (!recorded && finalHeight() >= activationHeight) announce();
    world.pump.after(AGAIN_MS, seeToIt);
  };
  world.pump.after(plan.durationMs * 0.4, () => {
    governance.epochs.push([...(governance.epochs[0] ?? []).slice(1), NEW_MEMBER]);
    bitcoin.addFederation(governance.outputOf(1));
    fromBitcoinHeight = Math.max(0, bitcoin.chain.tip.height - world.below(MIN_HANDOVER_BLOCKS));
    // People know the new address before the chain does: what they pay to it has to be found afterwards.
    world.pump.after(world.below(SECRET_MS), () => {
      announce();
      world.pump.after(AGAIN_MS, seeToIt);
    });
    plan.injected('memberChange');
    plan.count('memberChange');
  });
}

/** Messages that nobody, too few or the past stands behind: each must be without effect (INV-14, INV-19). */
function planForgedMessages(plan: FaultPlan): void {
  const { world } = plan;
  const { governance } = world;
  const generation = (): number => governance.haltGeneration + 1;
  world.sometime(10, plan.durationMs, () => {
    if (plan.healed) return;
    const resume = { kind: 'resume' as const, generation: generation(), reason: 'not theirs to end' };
    const halt = { kind: 'emergencyHalt' as const, generation: generation(), reason: 'not theirs to say' };
    const { threshold } = governance;
    governance.announce(
      world.pick([
        () => governance.compose(resume, { epoch: 0, signers: threshold, forged: true }),
        () => governance.compose(resume, { epoch: 0, signers: threshold - 1 }),
        () => governance.compose(resume, { epoch: 7, signers: threshold }),
        () => governance.compose(resume, { epoch: 0, signers: threshold, lifetimeMs: -EXPIRED_MS }),
        () => governance.compose(halt, { epoch: 0, signers: 1, forged: true }),
      ])(),
    );
    plan.injected('forgedMessages');
  });
}

/** One member halts the federation, and later a quorum resumes; an operator halts one node. Messages come again. */
function planHalts(plan: FaultPlan): void {
  const { world, durationMs } = plan;
  const { governance, nodes } = world;
  // Around a change of the members a node may be in either epoch: what stops and starts the chain is signed in both.
  const inEveryEpoch = (announcement: Announcement) =>
    governance.epochs.map((_, epoch) =>
      governance.compose(announcement, {
        epoch,
        signers: announcement.kind === 'emergencyHalt' ? 1 : governance.threshold,
      }),
    );
  const resume = (): void => {
    if (governance.resumeGeneration < governance.haltGeneration) signResume();
  };
  const signResume = (): void => {
    governance.resumeGeneration = governance.haltGeneration;
    const messages = inEveryEpoch({
      kind: 'resume',
      generation: governance.resumeGeneration,
      reason: 'looked into',
    });
    const say = (): void => messages.forEach((message) => governance.announce(message));
    governance.standing.push(...messages);
    say();
    world.pump.after(world.below(20_000), say);
  };
  const halt = (duringSigning: boolean): void => {
    if (plan.healed) return;
    const generation = ++governance.haltGeneration;
    for (const message of inEveryEpoch({ kind: 'emergencyHalt', generation, reason: 'drill' })) {
      governance.standing.push(message);
      governance.announce(message);
    }
    plan.injected('halts');
    plan.count(duringSigning ? 'haltDuringSigning' : 'halt');
    world.pump.after(5000 + world.below(30_000), resume);
  };
  world.sometime(2, durationMs * 0.8, () => halt(false));
  world.observers.push(({ kind }) => {
    if (kind === 'signaturesAsked' && world.random() < HALT_AT_REQUEST_SHARE) halt(true);
  });
  const node = world.pick(world.nodes);
  world.pump.after(world.below(durationMs), () => {
    if (plan.healed) return;
    node.tell(
      'ChainActor',
      { type: 'EmergencyHaltRequest', source: 'operator', reason: 'drill', generation: null } as never,
      'Operator',
    );
    plan.count('operatorHalt');
  });
  // A node whose clock was wrong took the resume for one that has expired: members see it halted and sign once more.
  const seeToIt = (): void => {
    if (governance.haltGeneration > 0 && nodes.some(({ chain }) => chain?.halted === true)) signResume();
    world.pump.after(AGAIN_MS, seeToIt);
  };
  plan.onHeal(() => {
    resume();
    world.pump.after(AGAIN_MS, seeToIt);
  });
}

/** The last authority signs a second block of its slots, sound or not, blocks of others' slots, and votes for both. */
function planEquivocation(plan: FaultPlan): void {
  const { world } = plan;
  const evil = world.nodes.length - 1;
  world.observers.push((observation) => {
    if (plan.healed || observation.kind !== 'blockPublished') return;
    const own = observation.node === evil;
    if (world.random() >= (own ? EQUIVOCATION_SHARE : OUT_OF_TURN_SHARE)) return;
    const { block } = observation.signedBlock;
    const rival = own ? rivalOf(world, block) : outOfTurn(world, block, evil);
    plan.injected('equivocation');
    plan.count(own ? 'equivocation' : 'blockOutOfTurn');
    const signedBlock = signAs(world, evil, rival);
    world.pump.after(world.below(80), () =>
      world.peers.spread(evil, { kind: 'block', peer: `peer-${evil}`, signedBlock }),
    );
    for (const candidate of [block, rival])
      world.pump.after(100 + world.below(100), () => {
        const vote = voteAs(world, evil, candidate);
        world.peers.spread(evil, { kind: 'vote', peer: `peer-${evil}`, vote });
      });
  });
}

/** Another block in the same place: with other content, with a mint out of nothing, or with a wrong root. */
function rivalOf(world: World, block: Block): Block {
  const { payload } = block;
  const kind = world.random();
  if (kind > FORGED_UPDATE_FROM && world.governance.epochs.length > 1)
    return { ...block, federationUpdates: [forgedUpdate(world, block.height)] };
  const other = world.evm.build({ ...payload, extraData: `0x${world.below(256).toString(16).padStart(2, '0')}` }, []);
  if (kind < 0.4) return { ...block, payload: other.payload };
  if (kind < 0.7) return { ...block, payload: { ...other.payload, stateRoot: `0x${'ee'.repeat(32)}` } };
  const mint = { index: 0n, validatorIndex: 0n, address: `0x${'a1'.repeat(20)}`, amountGwei: 10_000_000_000n };
  const minting = world.evm.build({ ...payload, withdrawals: [mint as never] }, []);
  return { ...block, payload: minting.payload };
}

/** A member change that too few signed for. */
function forgedUpdate({ governance }: World, height: number): Block['federationUpdates'][number] {
  const members = (governance.epochs[0] ?? []).map(governanceMember);
  const handover = { fromBitcoinHeight: 0, untilBitcoinHeight: 1_000_000 };
  const epoch = governance.epochs.length;
  const update = JSON.stringify({ activationHeight: height + 1, epoch, handover, members });
  const { authority } = governance.compose(
    { kind: 'federationUpdate', update },
    { epoch: epoch - 1, signers: governance.threshold - 1 },
  ) as unknown as { readonly authority: Omit<Block['federationUpdates'][number], 'update'> };
  return { update, ...authority };
}

/** The same place in the name of an authority whose turn it isn't, or in that of the one whose turn it is. */
function outOfTurn(world: World, block: Block, evil: number): Block {
  if (world.random() < 0.5) {
    const { payload } = world.evm.build({ ...block.payload, extraData: '0x66' }, []);
    return { ...block, payload };
  }
  const feeRecipient = world.network.authorities[0]?.members[evil]?.feeRecipient as Block['payload']['feeRecipient'];
  const { payload } = world.evm.build({ ...block.payload, feeRecipient }, []);
  return { ...block, proposer: evil as Block['proposer'], payload };
}

function signAs(world: World, index: number, block: Block): SignedBlock {
  const root = blockRootOf(block);
  world.equivocations.add(`block:${index}:${root}`);
  const { secretKey } = world.keys.authorities[index] as World['keys']['authorities'][number];
  return {
    block,
    signature: world.keys.signing.sign(secretKey, blockSigningRoot(world.networkHash, root, block.slot)),
  };
}

function voteAs(world: World, index: number, block: Block): Vote {
  const blockRoot = blockRootOf(block);
  world.equivocations.add(`vote:${index}:${blockRoot}`);
  const { secretKey } = world.keys.authorities[index] as World['keys']['authorities'][number];
  const clean = world.random() < 0.5;
  const signature = world.keys.signing.sign(
    secretKey,
    voteSigningRoot(world.networkHash, blockRoot, block.slot, clean),
  );
  return { blockRoot, slot: block.slot, authority: index as never, clean, signature };
}
