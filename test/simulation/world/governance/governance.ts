import type { Source } from '../../../../node-core/kernel/behaviour.ts';
import { answerAfter, type SimulationPump } from '../../../../node-core/kernel/pump/simulation.ts';
import { NetworkError } from '../../../../node-core/primitives/errors.ts';
import type {
  ApprovalRequest,
  ApprovalVote,
  GovernanceLinkEvent,
  GovernanceMessage,
  MemberSignatures,
  SignatureRequest,
} from '../../../../node-core/ports/governance.ts';
import type { Bitcoin } from '../bitcoin/bitcoin.ts';
import { type FederationOutput, federationOutput, sighash } from '../bitcoin/federation-output.ts';
import { hexOf, sha256, utf8 } from '../bitcoin/hash.ts';
import { sign } from '../bitcoin/schnorr.ts';
import { parseTx } from '../bitcoin/transaction.ts';
import type { Observer } from '../observation.ts';
import { type Announcement, announcementSignature, approvalSignature, memberOf } from './members.ts';

interface Sink<T> {
  item(value: T): void;
  end(error?: unknown): void;
}

/** How members and their links misbehave. */
export interface GovernanceFaults {
  readonly down: Set<number>;
  slowMs: number;
  forgeShare: number;
  repeatShare: number;
}

const LOST = new NetworkError('GOVERNANCE_LINK_LOST', 'the link was cut');
const UNREACHABLE = new NetworkError('GOVERNANCE_UNREACHABLE', 'connection refused');
const DAY_MS = 24 * 60 * 60 * 1000;
const ANSWER_MS = 10;

/**
 * The members behind every node's link. They approve what their Bitcoin has and sign what they are asked: what a node
 * must not ask for is the node's to know, and the checkers'.
 */
export class Governance {
  readonly faults: GovernanceFaults = { down: new Set(), slowMs: 0, forgeShare: 0, repeatShare: 0 };
  readonly met = { forged: 0, repeated: 0, refused: 0 };
  /** Messages that enough members of an epoch signed, by id. */
  readonly sound = new Map<string, Announcement['kind']>();
  /** Member numbers by epoch. */
  readonly epochs: (readonly number[])[];
  /** What every new link is told again. */
  readonly standing: GovernanceMessage[] = [];
  /** The newest generation of a halt that members made, and of a resume that a quorum signed. */
  haltGeneration = 0;
  resumeGeneration = 0;
  readonly #pump: SimulationPump;
  readonly #random: () => number;
  readonly #networkHash: string;
  readonly #bitcoin: Bitcoin;
  readonly #observe: Observer;
  readonly #links = new Map<number, Sink<GovernanceLinkEvent>>();
  readonly #requests = new Map<number, Set<Sink<never>>>();
  #nextMessage = 1;

  constructor(
    world: { readonly pump: SimulationPump; readonly random: () => number; readonly observe: Observer },
    networkHash: string,
    bitcoin: Bitcoin,
    members: readonly number[],
  ) {
    this.#pump = world.pump;
    this.#random = world.random;
    this.#observe = world.observe;
    this.#networkHash = networkHash;
    this.#bitcoin = bitcoin;
    this.epochs = [members];
  }

  outputOf(epoch: number): FederationOutput {
    return federationOutput((this.epochs[epoch] ?? []).map((member) => memberOf(member).bitcoin.publicKey));
  }

  get threshold(): number {
    return Math.ceil((2 * (this.epochs.at(-1) ?? []).length) / 3);
  }

  /** Ends a node's link and everything on it. */
  cut(node: number): void {
    const [link, requests] = [this.#links.get(node), this.#requests.get(node)];
    this.#links.delete(node);
    this.#requests.delete(node);
    for (const request of requests ?? []) request.end(LOST);
    link?.end(LOST);
  }

  /** A message in the name of these members of an epoch, really signed by them. */
  compose(
    announcement: Announcement,
    by: { readonly epoch: number; readonly signers: number; readonly lifetimeMs?: number; readonly forged?: boolean },
  ): GovernanceMessage {
    const { epoch, signers, lifetimeMs = DAY_MS / 2, forged = false } = by;
    const messageId = hexOf(sha256(utf8(`message ${this.#nextMessage++}`))).slice(0, 32);
    const expiresAtMs = announcement.kind === 'emergencyHalt' ? null : Math.round(this.#pump.nowMs + lifetimeMs);
    const authority = { networkHash: this.#networkHash, messageId, epoch, expiresAtMs };
    const signatures = (this.epochs[epoch] ?? []).slice(0, signers).map((member, position) => ({
      member: position,
      signature: announcementSignature(announcement, authority, memberOf(forged ? member + 50 : member).identity),
    }));
    const needed = announcement.kind === 'emergencyHalt' ? 1 : this.threshold;
    if (!forged && signatures.length >= needed && lifetimeMs > 0) this.sound.set(messageId, announcement.kind);
    return { ...announcement, authority: { messageId, epoch, expiresAtMs, signatures } } as never;
  }

  /** Tells every linked node. */
  announce(message: GovernanceMessage, toNodes: Iterable<number> = this.#links.keys()): void {
    for (const node of [...toNodes])
      this.#pump.after(this.#delayMs(), () => this.#links.get(node)?.item({ kind: 'message', message }));
  }

  port(node: number) {
    return {
      link: (): Source<GovernanceLinkEvent> => ({
        open: (sink) => {
          const cancel = this.#pump.after(ANSWER_MS, () => {
            if (this.#reachableMembers() === 0) {
              sink.end(UNREACHABLE);
              return;
            }
            this.#links.set(node, sink);
            sink.item({ kind: 'registered', sessionId: `session-${node}`, epoch: 0 as never });
            for (const message of this.standing) this.announce(message, [node]);
          });
          return () => {
            cancel();
            if (this.#links.get(node) === sink) this.#links.delete(node);
          };
        },
      }),
      heartbeat: () => {
        this.#pump.after(ANSWER_MS, () =>
          this.#links.get(node)?.item({ kind: 'heartbeatAcked', roundTripMs: ANSWER_MS }),
        );
        return answerAfter(1, undefined);
      },
      requestApproval: (request: ApprovalRequest) => {
        this.#observe({ kind: 'approvalAsked', node, request });
        return this.#ask(node, request.epoch, (position, member) => this.#approve(request, position, member));
      },
      requestSignatures: (request: SignatureRequest) => {
        this.#observe({ kind: 'signaturesAsked', node, request });
        return this.#ask(node, request.epoch, (position, member) => this.#sign(request, position, member));
      },
      reportStatus: () => answerAfter(1, undefined),
      acknowledge: (messageId: string, applied: boolean) => {
        this.#observe({ kind: 'acknowledged', node, messageId, applied });
        return answerAfter(1, undefined);
      },
    };
  }

  #reachableMembers(): number {
    return (this.epochs.at(-1) ?? []).filter((member) => !this.faults.down.has(member)).length;
  }

  #delayMs(): number {
    return ANSWER_MS + Math.floor(this.#random() * (20 + this.faults.slowMs));
  }

  /** Each member answers after a time of its own, some twice, in whatever order that makes. */
  #ask<T>(node: number, epoch: number, answer: (position: number, member: number) => T): Source<T> {
    return {
      open: (sink) => {
        const open = this.#requests.get(node) ?? new Set();
        this.#requests.set(node, open.add(sink as unknown as Sink<never>));
        const cancels = [...(this.epochs[epoch] ?? []).entries()].flatMap(([position, member]) => {
          if (this.faults.down.has(member)) return [];
          const repeated = this.#random() < this.faults.repeatShare;
          if (repeated) this.met.repeated++;
          return Array.from({ length: repeated ? 2 : 1 }, () =>
            this.#pump.after(this.#delayMs(), () => {
              if (open.has(sink as unknown as Sink<never>)) sink.item(answer(position, member));
            }),
          );
        });
        return () => {
          open.delete(sink as unknown as Sink<never>);
          for (const cancel of cancels) cancel();
        };
      },
    };
  }

  #forges(): boolean {
    const forges = this.#random() < this.faults.forgeShare;
    if (forges) this.met.forged++;
    return forges;
  }

  #approve(request: ApprovalRequest, position: number, member: number): ApprovalVote {
    const coin = this.#bitcoin.chain.coins.get(request.outpoint);
    if (coin?.sats !== request.amountSats) {
      this.met.refused++;
      return { member: position as never, approved: false, reason: 'not seen', signature: null };
    }
    const { identity } = memberOf(this.#forges() ? member + 50 : member);
    const signature = approvalSignature({ ...request, networkHash: this.#networkHash }, identity);
    return { member: position as never, approved: true, reason: null, signature: signature as never };
  }

  #sign(request: SignatureRequest, position: number, member: number): MemberSignatures {
    const { script, leafHash } = this.outputOf(request.epoch);
    const tx = parseTx(request.unsignedTx);
    const spent = request.inputs.map(({ amountSats }) => ({ sats: amountSats, script }));
    const { bitcoin } = memberOf(this.#forges() ? member + 50 : member);
    const signatures = tx.inputs.map((_, index) => sign(sighash(tx, index, spent, leafHash), bitcoin));
    return { member: position as never, signatures: signatures as never, reason: null };
  }
}
