import type { Observation, Observer } from '../observation.ts';
import type { World } from '../world.ts';
import type { Report } from './report.ts';

type Signed = Extract<Observation, { readonly kind: 'signed' }>;

interface KeyHistory {
  lastBlockSlot: number;
  lastVoteSlot: number;
  lockedSlot: number;
  disarmed: boolean;
  /** Peers that have told their status since the node was started. */
  readonly heard: Set<number>;
  haltedAtMs: number | null;
  halts: HaltLedger;
}
interface HaltLedger {
  readonly causes: readonly { readonly source: string; readonly generation: number | null }[];
}

const HALTS_KEY = 'chain.halts';
/** Source: protocol.md, quorum. */
const quorumOf = (count: number): number => Math.floor((2 * count + 2) / 3);
const NO_HALTS: HaltLedger = { causes: [] };

/** INV-11 to INV-14: what a key signs over all lives of its node, and what a halted node leaves undone. */
export class SigningRules {
  /** Roots that each node's key signed, `block:NODE:ROOT` and `vote:NODE:ROOT`. */
  readonly signed = new Set<string>();
  readonly #world: World;
  readonly #report: Report;
  readonly #keys: KeyHistory[];

  constructor(world: World, report: Report) {
    this.#world = world;
    this.#report = report;
    this.#keys = world.nodes.map(() => ({
      lastBlockSlot: -1,
      lastVoteSlot: -1,
      lockedSlot: -1,
      disarmed: false,
      heard: new Set(),
      haltedAtMs: null,
      halts: NO_HALTS,
    }));
  }

  isHalted(node: number): boolean {
    return this.#key(node).haltedAtMs !== null;
  }

  readonly observe: Observer = (observation) => {
    switch (observation.kind) {
      case 'signed':
        this.#onSigned(observation);
        return;
      case 'started':
        this.#key(observation.node).disarmed = observation.disarmed;
        this.#key(observation.node).heard.clear();
        // What the disk forgot with the rest of its content the node can't know.
        if (observation.disarmed) this.#readHalts(observation.node, this.#stored(observation.node));
        return;
      case 'statusReceived':
        this.#key(observation.node).heard.add(observation.peer);
        return;
      case 'rearmed':
        this.#onRearmed(observation.node);
        return;
      case 'valueStored':
        if (observation.key === HALTS_KEY) this.#onHalts(observation.node, observation.value);
        return;
      case 'signatureRequested':
      case 'blockPublished':
      case 'votePublished':
      case 'approvalAsked':
      case 'signaturesAsked':
        this.#checkHalted(observation.node, observation.kind);
        return;
      default:
    }
  };

  #key(node: number): KeyHistory {
    return this.#keys[node] as KeyHistory;
  }

  #stored(node: number): string | null {
    return this.#world.nodes[node]?.disk.content.values.get(HALTS_KEY) ?? null;
  }

  #onRearmed(node: number): void {
    const key = this.#key(node);
    const count = this.#world.options.nodes;
    const needed = Math.min(quorumOf(count), count - 1);
    if (key.heard.size < needed)
      this.#report(
        'INV-11',
        `node ${node} arms its restored key when ${key.heard.size} peers have reported, of ${needed}`,
      );
    key.disarmed = false;
  }

  #onSigned({ node, what, slot, root, justifiedSlot, durable }: Signed): void {
    const key = this.#key(node);
    const where = `node ${node} signs a ${what} of slot ${slot}`;
    const last = what === 'block' ? key.lastBlockSlot : key.lastVoteSlot;
    if (slot <= last) this.#report('INV-11', `${where} after one of slot ${last}`);
    if (justifiedSlot !== null && justifiedSlot < key.lockedSlot)
      this.#report('INV-11', `${where} on a certificate of slot ${justifiedSlot}, locked on ${key.lockedSlot}`);
    if (key.disarmed) this.#report('INV-11', `${where} on a restored backup that nobody armed`);
    const kept = what === 'block' ? durable.lastProposedSlot : durable.lastVotedSlot;
    if ((kept ?? -1) < slot) this.#report('INV-12', `${where} while the guard on disk says ${kept}`);
    if (what === 'block') key.lastBlockSlot = Math.max(key.lastBlockSlot, slot);
    else key.lastVoteSlot = Math.max(key.lastVoteSlot, slot);
    key.lockedSlot = Math.max(key.lockedSlot, justifiedSlot ?? -1);
    this.signed.add(`${what}:${node}:${root}`);
  }

  #checkHalted(node: number, what: string): void {
    const { haltedAtMs, halts } = this.#key(node);
    // An authenticated resume takes effect at once, and is on disk a moment later.
    if (halts.causes.every((cause) => this.#wasResumed(node, cause))) return;
    // What was on its way in the millisecond in which the halt reached the disk left before it.
    if (haltedAtMs !== null && this.#world.nowMs > haltedAtMs + 1)
      this.#report('INV-13', `node ${node} is halted since ${this.#world.nowMs - haltedAtMs} ms: ${what}`);
  }

  #onHalts(node: number, value: string | null): void {
    const before = this.#key(node).halts;
    this.#readHalts(node, value);
    const after = this.#key(node).halts;
    for (const cause of before.causes) {
      const gone = !after.causes.some(({ source }) => source === cause.source);
      if (gone && !this.#wasResumed(node, cause))
        this.#report('INV-14', `node ${node}: a halt of ${cause.source} ended without an authenticated resume`);
    }
  }

  #readHalts(node: number, value: string | null): void {
    const key = this.#key(node);
    key.halts = value === null ? NO_HALTS : (JSON.parse(value) as HaltLedger);
    if (key.halts.causes.length === 0) key.haltedAtMs = null;
    else key.haltedAtMs ??= this.#world.nowMs;
  }

  #wasResumed(node: number, { source, generation }: HaltLedger['causes'][number]): boolean {
    if (source === 'governance') return this.#world.governance.resumeGeneration >= (generation ?? 0);
    return (this.#world.operatorResumes.get(node) ?? 0) > 0;
  }

  /** Whether a certificate's voters are a quorum that really voted. Source: protocol.md, quorum. */
  checkCertificate(certificate: {
    readonly blockRoot: string;
    readonly cleanVoters: number;
    readonly otherVoters: number;
  }): string | null {
    const { blockRoot, cleanVoters, otherVoters } = certificate;
    const count = this.#world.options.nodes;
    const voters = Array.from({ length: count }, (_, index) => index).filter(
      (index) => (((cleanVoters | otherVoters) >> index) & 1) === 1,
    );
    const needed = quorumOf(count);
    if (voters.length < needed) return `${voters.length} voters for ${blockRoot}, and ${needed} are a quorum`;
    const stranger = voters.find(
      (index) =>
        !this.signed.has(`vote:${index}:${blockRoot}`) && !this.#world.equivocations.has(`vote:${index}:${blockRoot}`),
    );
    return stranger === undefined ? null : `authority ${stranger} never voted for ${blockRoot}`;
  }

  /** Whether the slot's authority signed a block. */
  signedBlock(root: string, proposer: number): boolean {
    return this.signed.has(`block:${proposer}:${root}`) || this.#world.equivocations.has(`block:${proposer}:${root}`);
  }
}
