import { authorityIndex, blockHeight, type BlockRoot, slot } from '../../node-core/primitives/ids.ts';
import type { Checked } from '../../node-core/primitives/errors.ts';
import {
  type BlockTree,
  hasBlock,
  insertBlock,
  nodeOf,
  noteCertificate,
  plantTree,
} from '../../node-core/domain/consensus/block-tree.ts';
import {
  hasCleanQuorum,
  NO_AUTHORITIES,
  withAuthority,
  authorityCount,
} from '../../node-core/domain/consensus/authority-set.ts';
import { finalize, finalizedBy } from '../../node-core/domain/consensus/finality.ts';
import { genesisCertificate } from '../../node-core/domain/consensus/genesis.ts';
import { quorum } from '../../node-core/domain/consensus/schedule.ts';
import type { SignatureScheme } from '../../node-core/domain/consensus/scheme.ts';
import type {
  AuthoritySet,
  Block,
  BlsSignature,
  GuardRecord,
  QuorumCertificate,
  Vote,
} from '../../node-core/domain/consensus/types.ts';
import { addVote, certificateOf, EMPTY_COLLECTOR, type VoteCollector } from '../../node-core/domain/consensus/votes.ts';
import { afterVote, EMPTY_GUARD, mayVote, type VotableBlock } from '../../node-core/domain/consensus/voting.ts';
import { seededRandom } from './seeded-random.ts';

/** The rules under test; a planted bug replaces one. */
export interface Rules {
  readonly mayVote: (guard: GuardRecord, block: VotableBlock) => Checked<{ readonly clean: boolean }>;
  /** What a key still knows after a restart. */
  readonly recoveredGuard: (guard: GuardRecord) => GuardRecord;
}
export const SOUND_RULES: Rules = { mayVote, recoveredGuard: (guard) => guard };

export interface Exploration {
  readonly seed: number;
  readonly authorities: number;
  /** How many equivocate, withhold, and vote for everything. Those with the lowest indexes. */
  readonly faulty: number;
  /** Slots of partitions, losses and restarts, and then of a healed network. */
  readonly stormSlots: number;
  readonly calmSlots: number;
  readonly rules?: Rules;
}

export interface Explored {
  /** Two final blocks neither of which descends from the other. */
  readonly conflict: readonly [BlockRoot, BlockRoot] | null;
  /** Height of the highest final block that every honest node knows, before and after the calm. */
  readonly finalAtHeal: number;
  readonly finalAtEnd: number;
  readonly certified: number;
  readonly uncleanVotes: number;
  readonly skippedSlots: number;
}

type Sketch = Pick<Block, 'parentRoot' | 'slot' | 'height' | 'certificate'>;
interface Known extends Sketch {
  readonly root: BlockRoot;
}
interface Node {
  readonly index: number;
  guard: GuardRecord;
  tree: BlockTree;
  votes: VoteCollector;
  /** Blocks without their parent, or refused for their rivals. */
  readonly waiting: Map<BlockRoot, Known>;
}
type Mail = { readonly to: number; readonly at: number } & ({ readonly block: Known } | { readonly vote: Vote });

const SIGNATURE = `0x${'11'.repeat(96)}` as BlsSignature;
/** Signatures aren't what is explored here: the adversary is held to its own votes by construction. */
const trusting: SignatureScheme = { verify: () => true, aggregate: () => SIGNATURE, verifyAggregate: () => true };
const rootOf = (counter: number): BlockRoot => `0x${counter.toString(16).padStart(64, '0')}` as BlockRoot;

/** Runs one random schedule of the voting rules, the block tree and the vote collector, and judges it from outside. */
export function explore(options: Exploration): Explored {
  const { seed, authorities, faulty, stormSlots, calmSlots, rules = SOUND_RULES } = options;
  const random = seededRandom(seed);
  const chance = (share: number): boolean => random() < share;
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)] as T;
  const lossy = random() * 0.5;
  const keyed = Array.from({ length: authorities }, (_, i) => ({ blsPublicKey: `key ${i}` }));
  const schedule = [{ activationHeight: 0, members: keyed }];
  const genesis: Known = {
    root: rootOf(0),
    parentRoot: rootOf(0),
    slot: slot(0),
    height: blockHeight(0),
    certificate: genesisCertificate(rootOf(0)),
  };
  const judge = createJudge(genesis, authorities, faulty);
  const nodes = Array.from({ length: authorities - faulty }, (_, i): Node => ({
    index: faulty + i,
    guard: EMPTY_GUARD,
    tree: plantTree({ root: genesis.root, block: genesis }, genesis.certificate, schedule),
    votes: EMPTY_COLLECTOR,
    waiting: new Map(),
  }));
  let mail: Mail[] = [];
  let [made, unclean, skipped, finalAtHeal] = [0, 0, 0, 0];
  let sides = nodes.map(() => 0);
  let now = 0;
  const stormy = (): boolean => now <= stormSlots;

  const lowestFinal = (): number => Math.min(...nodes.map(({ tree }) => nodeOf(tree, tree.finalizedRoot).height));
  const send = (from: Node | null, content: { readonly block: Known } | { readonly vote: Vote }): void => {
    for (const position of nodes.keys()) {
      const apart = from !== null && sides[nodes.indexOf(from)] !== sides[position];
      const late = stormy() && (apart || chance(lossy));
      if (from === null && stormy() && chance(0.5)) continue;
      mail.push({ to: position, at: late ? now + 1 + Math.floor(random() * 12) : now, ...content });
    }
  };
  const castAll = (node: Node, block: Known): void => {
    const allowed = rules.mayVote(node.guard, block);
    if (!allowed.ok) return;
    node.guard = afterVote(node.guard, block.root, block);
    const { clean } = allowed.value;
    if (!clean) unclean++;
    judge.voted(node.index, block.root, clean);
    send(node, {
      vote: {
        blockRoot: block.root,
        slot: block.slot,
        authority: authorityIndex(node.index),
        clean,
        signature: SIGNATURE,
      },
    });
  };
  const settle = (node: Node): void => {
    const final = finalizedBy(node.tree);
    if (final === null) return;
    const moved = finalize(node.tree, final);
    if (moved.ok) node.tree = moved.value.tree;
  };
  const admit = (node: Node, block: Known): void => {
    const child = [...node.waiting.values()].find(({ parentRoot }) => parentRoot === block.root);
    const own =
      certificateOf(node.votes, block, { authorities: keyed, scheme: trusting }) ?? child?.certificate ?? null;
    const grown = insertBlock(node.tree, block.root, block, own);
    if (!grown.ok) {
      const code = grown.refusal.code;
      if (code === 'UNKNOWN_PARENT' || code === 'TOO_MANY_RIVALS') node.waiting.set(block.root, block);
      return;
    }
    node.waiting.delete(block.root);
    node.tree = grown.value;
    castAll(node, block);
    settle(node);
    const next = [...node.waiting.values()].filter(
      ({ parentRoot, root }) => parentRoot === block.root || root === block.parentRoot,
    );
    for (const waiting of next) if (!hasBlock(node.tree, waiting.root)) admit(node, waiting);
  };
  const deliver = (node: Node, letter: Mail): void => {
    if ('block' in letter) {
      admit(node, letter.block);
      const parent = node.waiting.get(letter.block.parentRoot);
      if (parent !== undefined) admit(node, parent);
      return;
    }
    const added = addVote(node.votes, letter.vote, {
      sets: [keyed],
      scheme: trusting,
      networkHash: '',
      currentSlot: slot(now),
    });
    if (!added.ok) return;
    node.votes = added.value.collector;
    if (added.value.certificate === null) return;
    node.tree = noteCertificate(node.tree, added.value.certificate);
    const block = node.waiting.get(letter.vote.blockRoot);
    if (block !== undefined) admit(node, block);
    settle(node);
  };
  const takeDue = (): Mail[] => {
    const due = mail.filter(({ at }) => at <= now);
    if (due.length > 0) mail = mail.filter(({ at }) => at > now);
    return due;
  };
  const drain = (): void => {
    // In any order: whatever is due, what its delivery causes included.
    for (let due = takeDue(); due.length > 0; due.push(...takeDue())) {
      const chosen = Math.floor(random() * due.length);
      const letter = due[chosen] as Mail;
      due[chosen] = due[due.length - 1] as Mail;
      due.pop();
      deliver(nodes[letter.to] as Node, letter);
    }
  };
  const blockOn = (certificate: QuorumCertificate): Known => {
    const parent = judge.block(certificate.blockRoot);
    const block: Known = {
      root: rootOf(++made),
      parentRoot: parent.root,
      slot: slot(now),
      height: blockHeight(parent.height + 1),
      certificate,
    };
    judge.proposed(block);
    return block;
  };
  const attack = (): void => {
    for (let rivals = Math.floor(random() * 4); rivals > 0; rivals--) {
      const block = blockOn(pick(judge.certificates()));
      send(null, { block });
    }
  };
  const echo = (): void => {
    // The faulty vote for whatever was proposed of late, each to whom they like.
    for (const block of judge.recent(now))
      for (let i = 0; i < faulty; i++)
        if (chance(0.5))
          send(null, {
            vote: {
              blockRoot: block.root,
              slot: block.slot,
              authority: authorityIndex(i),
              clean: chance(0.8),
              signature: SIGNATURE,
            },
          });
  };

  for (now = 1; now <= stormSlots + calmSlots; now++) {
    if (stormy() && chance(0.2)) sides = nodes.map(() => Math.floor(random() * 3));
    if (stormy() && chance(0.3)) sides = nodes.map(() => 0);
    if (now === stormSlots + 1) {
      // The network heals: what was lost is asked for again, and everybody hears everybody's certificates.
      sides = nodes.map(() => 0);
      mail = mail.map((letter) => ({ ...letter, at: now }));
      for (const block of judge.blocks())
        for (const position of nodes.keys()) mail.push({ to: position, at: now, block });
      finalAtHeal = lowestFinal();
    }
    drain();
    const leader = nodes.find(({ index }) => index === now % authorities);
    if (leader === undefined) attack();
    else if (stormy() && chance(0.15)) skipped++;
    else send(leader, { block: blockOn(leader.tree.highCertificate) });
    echo();
    drain();
    if (stormy()) for (const node of nodes) if (chance(0.05)) node.guard = rules.recoveredGuard(node.guard);
    if (judge.conflict() !== null) break;
  }
  return {
    conflict: judge.conflict(),
    finalAtHeal,
    finalAtEnd: lowestFinal(),
    certified: judge.certificates().length,
    uncleanVotes: unclean,
    skippedSlots: skipped,
  };
}

/**
 * Knows every vote ever cast and counts the faulty in for every block, clean: what it holds final is the most that any
 * node can come to hold final.
 */
function createJudge(genesis: Known, authorities: number, faulty: number) {
  const blocks = new Map<BlockRoot, Known>([[genesis.root, genesis]]);
  const clean = new Map<BlockRoot, AuthoritySet>();
  const other = new Map<BlockRoot, AuthoritySet>();
  const finals: Known[] = [];
  let found: readonly [BlockRoot, BlockRoot] | null = null;
  const everyFaulty = Array.from({ length: faulty }, (_, i) => authorityIndex(i)).reduce(withAuthority, NO_AUTHORITIES);

  const block = (root: BlockRoot): Known => blocks.get(root) as Known;
  const descends = (from: Known, ancestor: Known): boolean => {
    let at = from;
    while (at.height > ancestor.height) at = block(at.parentRoot);
    return at.root === ancestor.root;
  };
  const certificateFor = ({ root, slot: at }: Known): QuorumCertificate => {
    const cleanVoters = ((clean.get(root) ?? NO_AUTHORITIES) | everyFaulty) as AuthoritySet;
    const otherVoters = ((other.get(root) ?? NO_AUTHORITIES) & ~cleanVoters) as AuthoritySet;
    return { blockRoot: root, slot: at, cleanVoters, otherVoters, signature: SIGNATURE };
  };
  const isCertified = (certificate: QuorumCertificate): boolean =>
    authorityCount((certificate.cleanVoters | certificate.otherVoters) as AuthoritySet) >= quorum(authorities);
  return {
    block,
    blocks: () => [...blocks.values()].filter(({ height }) => height > 0),
    recent: (now: number) => [...blocks.values()].filter(({ slot: at, height }) => height > 0 && at > now - 4),
    proposed: (sketch: Known) => blocks.set(sketch.root, sketch),
    conflict: () => found,
    certificates: () => [
      genesis.certificate,
      ...[...blocks.values()]
        .filter(({ height }) => height > 0)
        .map(certificateFor)
        .filter(isCertified),
    ],
    voted(authority: number, root: BlockRoot, isClean: boolean) {
      const sets = isClean ? clean : other;
      sets.set(root, withAuthority(sets.get(root) ?? NO_AUTHORITIES, authorityIndex(authority)));
      const child = block(root);
      if (!hasCleanQuorum(certificateFor(child), authorities)) return;
      const final = block(child.parentRoot);
      for (const known of finals)
        if (!descends(final, known) && !descends(known, final)) found = [known.root, final.root];
      if (!finals.includes(final)) finals.push(final);
    },
  };
}
