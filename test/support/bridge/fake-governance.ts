import { approvalDigest } from '../../../node-core/domain/federation/approval.ts';
import type { Federation } from '../../../node-core/domain/federation/address.ts';
import { payoutSighashes } from '../../../node-core/domain/federation/payout-signing.ts';
import type { Source } from '../../../node-core/kernel/behaviour.ts';
import type { SimulationPump } from '../../../node-core/kernel/pump/simulation.ts';
import { NetworkError } from '../../../node-core/primitives/errors.ts';
import { epoch, memberIndex } from '../../../node-core/primitives/ids.ts';
import type {
  ApprovalRequest,
  ApprovalVote,
  ChainStatusReport,
  GovernanceLinkEvent,
  GovernanceMessage,
  GovernancePort,
  MemberSignatures,
  SignatureRequest,
} from '../../../node-core/ports/governance.ts';
import { signWith } from '../../unit/federation/members.ts';
import { after } from './fake-bitcoin.ts';

/** How a member answers: not at all, yes, no, or with a signature that isn't its own. */
export type Manner = 'silent' | 'agrees' | 'refuses' | 'forges';

const lost = new NetworkError('GOVERNANCE_LINK_LOST', 'the link was cut');

/** Governance as the port shows it: members with the keys of `members.ts` (Bitcoin i + 1, identity i + 101). */
export class FakeGovernance {
  readonly manners: Manner[];
  readonly approvalRequests: ApprovalRequest[] = [];
  readonly signatureRequests: SignatureRequest[] = [];
  readonly acknowledged: { readonly messageId: string; readonly applied: boolean; readonly reason: string | null }[] =
    [];
  readonly reports: ChainStatusReport[] = [];
  heartbeats = 0;
  answersHeartbeats = true;
  reachable = true;
  readonly #pump: SimulationPump;
  readonly #networkHash: string;
  readonly #federation: Federation;
  #link: { item(event: GovernanceLinkEvent): void; end(error?: unknown): void } | null = null;
  readonly #requests = new Set<{ end(error?: unknown): void }>();

  constructor(pump: SimulationPump, networkHash: string, federation: Federation) {
    this.#pump = pump;
    this.#networkHash = networkHash;
    this.#federation = federation;
    this.manners = federation.bitcoinKeys.map(() => 'agrees');
  }

  get linked(): boolean {
    return this.#link !== null;
  }

  /** Ends the link and everything on it. */
  cut(): void {
    const [link, requests] = [this.#link, [...this.#requests]];
    this.#link = null;
    this.#requests.clear();
    for (const request of requests) request.end(lost);
    link?.end(lost);
  }

  send(message: GovernanceMessage): void {
    this.#link?.item({ kind: 'message', message });
  }

  readonly port = {
    link: () => ({
      open: (sink) => {
        const opened = this.#pump.after(2, () => {
          if (!this.reachable) {
            sink.end(new NetworkError('GOVERNANCE_UNREACHABLE', 'connection refused'));
            return;
          }
          this.#link = sink;
          sink.item({ kind: 'registered', sessionId: 'session', epoch: epoch(0) });
        });
        return () => {
          opened();
          if (this.#link === sink) this.#link = null;
        };
      },
    }),
    heartbeat: () => {
      this.heartbeats++;
      if (this.answersHeartbeats)
        this.#pump.after(2, () => this.#link?.item({ kind: 'heartbeatAcked', roundTripMs: 2 }));
      return after({ value: undefined });
    },
    requestApproval: (request) => {
      this.approvalRequests.push(request);
      return this.#ask((member) => this.#vote(request, member));
    },
    requestSignatures: (request) => {
      this.signatureRequests.push(request);
      return this.#ask((member) => this.#sign(request, member));
    },
    reportStatus: (report) => {
      this.reports.push(report);
      return after({ value: undefined });
    },
    acknowledge: (messageId, applied, reason) => {
      this.acknowledged.push({ messageId, applied, reason });
      return after({ value: undefined });
    },
  } satisfies GovernancePort;

  #ask<T>(answer: (member: number) => T | null): Source<T> {
    return {
      open: (sink) => {
        this.#requests.add(sink);
        const cancels = this.manners.map((_, member) =>
          this.#pump.after(5 + member, () => {
            const value = answer(member);
            if (value !== null && this.#requests.has(sink)) sink.item(value);
          }),
        );
        return () => {
          this.#requests.delete(sink);
          for (const cancel of cancels) cancel();
        };
      },
    };
  }

  #vote(request: ApprovalRequest, member: number): ApprovalVote | null {
    const manner = this.manners[member];
    if (manner === 'silent') return null;
    if (manner === 'refuses')
      return { member: memberIndex(member), approved: false, reason: 'not seen', signature: null };
    const digest = approvalDigest({ ...request, networkHash: this.#networkHash });
    const key = manner === 'forges' ? 999 : member + 101;
    return { member: memberIndex(member), approved: true, reason: null, signature: signWith(key, digest) };
  }

  #sign(request: SignatureRequest, member: number): MemberSignatures | null {
    const manner = this.manners[member];
    if (manner === 'silent') return null;
    if (manner === 'refuses') return { member: memberIndex(member), signatures: null, reason: 'not now' };
    const key = manner === 'forges' ? 999 : member + 1;
    const digests = payoutSighashes(request.unsignedTx, request.inputs, () => this.#federation);
    return { member: memberIndex(member), signatures: digests.map((digest) => signWith(key, digest)), reason: null };
  }
}
