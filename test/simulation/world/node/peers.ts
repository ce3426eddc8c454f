import type { PeerStatus, SignedBlock, Vote } from '../../../../node-core/domain/consensus/types.ts';
import type { Source } from '../../../../node-core/kernel/behaviour.ts';
import { answerAfter, type SimulationPump } from '../../../../node-core/kernel/pump/simulation.ts';
import { NetworkError } from '../../../../node-core/primitives/errors.ts';
import type { PeerEvent } from '../../../../node-core/ports/peers.ts';
import { Later } from '../later.ts';
import type { Observer } from '../observation.ts';

export const peerName = (index: number): string => `peer-${index}`;
const indexOf = (peer: string): number => Number(peer.slice('peer-'.length));

/** The living end of a node's connections. */
interface Endpoint {
  readonly emit: (event: PeerEvent) => void;
}

const UNREACHABLE_MS = 50;
const REQUEST_TIMEOUT_MS = 10_000;
const FASTEST_MS = 5;
const SPREAD_MS = 60;
const REPEAT_SPREAD_MS = 5000;

/** How links misbehave: shares of the messages that are lost, and that come again later. */
export interface LinkFaults {
  lossShare: number;
  repeatShare: number;
}

/** The peer network: gossip and requests with delays, losses, repetitions and partitions. */
export class PeerNetwork {
  readonly faults: LinkFaults = { lossShare: 0, repeatShare: 0 };
  readonly met = { lost: 0, repeated: 0 };
  readonly #pump: SimulationPump;
  readonly #random: () => number;
  readonly #observe: Observer;
  readonly #ends = new Map<number, Endpoint>();
  readonly #requests = new Map<
    number,
    { readonly asker: number; readonly status: boolean; readonly answer: Later<unknown> }
  >();
  /** Groups of nodes that reach each other; null when all do. */
  #groups: readonly (readonly number[])[] | null = null;
  #nextRequest = 1;

  constructor(pump: SimulationPump, random: () => number, observe: Observer) {
    this.#pump = pump;
    this.#random = random;
    this.#observe = observe;
  }

  /** Nodes reach each other only inside their group; null joins all. */
  partition(groups: readonly (readonly number[])[] | null): void {
    this.#groups = groups;
    for (const a of this.#ends.keys()) for (const b of this.#ends.keys()) if (a < b) this.#relink(a, b);
  }

  leave(index: number): void {
    if (!this.#ends.delete(index)) return;
    for (const { emit } of this.#ends.values()) emit({ kind: 'disconnected', peer: peerName(index) });
  }

  /** Hands an event to every living node but `from`, as gossip would. */
  spread(from: number, event: PeerEvent): void {
    for (const to of this.#ends.keys()) if (to !== from) this.#send(from, to, event);
  }

  reaches(a: number, b: number): boolean {
    if (!this.#ends.has(a) || !this.#ends.has(b)) return false;
    return this.#groups === null || this.#groups.some((group) => group.includes(a) && group.includes(b));
  }

  port(index: number) {
    const events: Source<PeerEvent> = {
      open: (sink) => {
        this.#ends.set(index, { emit: (event) => sink.item(event) });
        for (const other of this.#ends.keys()) if (other !== index) this.#relink(index, other);
        return () => this.leave(index);
      },
    };
    const publish = (event: PeerEvent) => {
      this.spread(index, event);
      return answerAfter(1, { recipients: this.#ends.size - 1 });
    };
    const peer = peerName(index);
    return {
      events: () => events,
      publishBlock: (signedBlock: SignedBlock) => {
        this.#observe({ kind: 'blockPublished', node: index, signedBlock });
        return publish({ kind: 'block', peer, signedBlock });
      },
      publishVote: (vote: Vote) => {
        this.#observe({ kind: 'votePublished', node: index, vote });
        return publish({ kind: 'vote', peer, vote });
      },
      publishTransaction: (raw: `0x${string}`) => publish({ kind: 'transaction', peer, raw }),
      requestStatus: (of: string) => this.#request(index, indexOf(of), { kind: 'statusRequest' }),
      requestBlocks: (of: string, fromHeight: number, toHeight: number) =>
        this.#request(index, indexOf(of), { kind: 'blocksRequest', fromHeight, toHeight }),
      answerStatus: (requestId: number, status: PeerStatus) => this.#answer(index, requestId, status),
      answerBlocks: (requestId: number, blocks: readonly SignedBlock[]) => this.#answer(index, requestId, blocks),
      disconnect: () => answerAfter(1, undefined),
    };
  }

  #relink(a: number, b: number): void {
    const kind = this.reaches(a, b) ? 'connected' : 'disconnected';
    const event = (of: number): PeerEvent =>
      kind === 'connected'
        ? { kind, peer: peerName(of), address: '', direction: 'inbound' }
        : { kind, peer: peerName(of) };
    this.#ends.get(a)?.emit(event(b));
    this.#ends.get(b)?.emit(event(a));
  }

  #delayMs(): number {
    return FASTEST_MS + Math.floor(this.#random() * SPREAD_MS);
  }

  /** Each copy on its way is lost with the connection that it left on. */
  #send(from: number, to: number, event: PeerEvent): void {
    if (!this.reaches(from, to)) return;
    if (this.#random() < this.faults.lossShare) {
      this.met.lost++;
      return;
    }
    this.#deliver(from, to, event, this.#delayMs());
    if (this.#random() < this.faults.repeatShare) {
      this.met.repeated++;
      this.#deliver(from, to, event, Math.floor(this.#random() * REPEAT_SPREAD_MS));
    }
  }

  #deliver(from: number, to: number, event: PeerEvent, delayMs: number): void {
    const end = this.#ends.get(to);
    this.#pump.after(delayMs, () => {
      if (end !== undefined && this.#ends.get(to) === end && this.reaches(from, to)) end.emit(event);
    });
  }

  #request(
    from: number,
    to: number,
    what: { readonly kind: 'statusRequest' } | { readonly kind: 'blocksRequest'; fromHeight: number; toHeight: number },
  ): Later<unknown> {
    const answer = new Later<unknown>();
    const fail = (code: string, delayMs: number) =>
      this.#pump.after(delayMs, () => answer.fail(new NetworkError(code, 'no answer of the peer')));
    if (!this.reaches(from, to)) {
      fail('PEER_UNREACHABLE', UNREACHABLE_MS);
      return answer;
    }
    const requestId = this.#nextRequest++;
    this.#requests.set(requestId, { asker: from, status: what.kind === 'statusRequest', answer });
    this.#deliver(from, to, { ...what, peer: peerName(from), requestId } as PeerEvent, this.#delayMs());
    fail('PEER_TIMEOUT', REQUEST_TIMEOUT_MS);
    this.#pump.after(REQUEST_TIMEOUT_MS, () => this.#requests.delete(requestId));
    return answer;
  }

  #answer(from: number, requestId: number, value: unknown) {
    const request = this.#requests.get(requestId);
    this.#requests.delete(requestId);
    if (request === undefined || !this.#ends.has(from)) return answerAfter(1, undefined);
    this.#pump.after(this.#delayMs(), () => {
      if (request.status) this.#observe({ kind: 'statusReceived', node: request.asker, peer: from });
      request.answer.succeed(value);
    });
    return answerAfter(1, undefined);
  }
}
