import { randomBytes } from 'node:crypto';
import { type ServerDuplexStream, status } from '@grpc/grpc-js';
import type { Answer, Member } from './member.ts';
import { type NodeMessage, type WireFrame, readNodeMessage } from './wire.ts';

export interface SessionRules {
  readonly networkHash: string;
  /** The active one. */
  readonly epoch: () => number;
  /** A claim that isn't true yet is checked again after this, until `giveUpMs` after it came. */
  readonly recheckMs: number;
  readonly giveUpMs: number;
  /** The members that answer now. */
  readonly responsive: () => readonly Member[];
  /** Hears everything that registered nodes say. */
  readonly heard: (nodeName: string, message: NodeMessage) => void;
}

/** Requests of one node that are being checked; one more is refused. */
const MAX_OPEN_REQUESTS = 256;

export type NodeStream = ServerDuplexStream<WireFrame, WireFrame>;

/** One node's stream: registration first, then requests, each answered by each member when it can. */
export class NodeSession {
  readonly #stream: NodeStream;
  readonly #rules: SessionRules;
  readonly #ended = new AbortController();
  #nodeName: string | null = null;
  #openRequests = 0;

  constructor(stream: NodeStream, rules: SessionRules) {
    this.#stream = stream;
    this.#rules = rules;
    stream.on('data', (frame: WireFrame) => this.#receive(frame));
    stream.on('end', () => this.close());
    stream.on('error', () => this.close());
    stream.on('cancelled', () => this.close());
  }

  get registered(): boolean {
    return this.#nodeName !== null && !this.#ended.signal.aborted;
  }

  send(frame: WireFrame): void {
    if (!this.#ended.signal.aborted) this.#stream.write(frame);
  }

  close(): void {
    if (this.#ended.signal.aborted) return;
    this.#ended.abort();
    this.#stream.end();
  }

  #refuse(code: status, details: string): void {
    this.#ended.abort();
    this.#stream.emit('error', { code, details });
  }

  #receive(frame: WireFrame): void {
    const message = readNodeMessage(frame);
    if (message === null) this.#refuse(status.INVALID_ARGUMENT, 'a frame that is not of governance.v1');
    else if (message.kind === 'registration') this.#register(message);
    else if (this.#nodeName === null) this.#refuse(status.FAILED_PRECONDITION, 'registration comes first');
    else this.#serve(this.#nodeName, message);
  }

  #register({ nodeName, networkHash }: Extract<NodeMessage, { kind: 'registration' }>): void {
    if (networkHash !== this.#rules.networkHash) {
      this.#refuse(status.FAILED_PRECONDITION, "the node's network file is another one");
      return;
    }
    this.#nodeName = nodeName;
    this.send({ registrationAck: { sessionId: randomBytes(8).toString('hex'), epoch: this.#rules.epoch() } });
  }

  #serve(nodeName: string, message: NodeMessage): void {
    this.#rules.heard(nodeName, message);
    if (message.kind === 'heartbeat') this.send({ heartbeatAck: { sequence: message.sequence } });
    if (message.kind === 'approvalRequest') {
      const { requestId, claim } = message;
      this.#askMembers(requestId, claim.epoch, (member, position) => this.#vote(member, position, message));
    }
    if (message.kind === 'signatureRequest') {
      const { requestId, claim } = message;
      // Keys stand in the script by their place in the inputs' epoch.
      const epoch = claim.inputs[0]?.epoch ?? claim.epoch;
      this.#askMembers(requestId, epoch, (member, position) => this.#sign(member, position, message));
    }
  }

  /** Asks the members of an epoch who answer now. */
  #askMembers(requestId: string, epoch: number, ask: (member: Member, position: number) => Promise<void>): void {
    if (this.#openRequests >= MAX_OPEN_REQUESTS) {
      this.send({ error: { code: 'BUSY', reason: 'too many requests are being checked', requestId } });
      return;
    }
    this.#openRequests++;
    const asked = this.#rules.responsive().map((member) => {
      const position = member.positionIn(epoch);
      return position === null ? Promise.resolve() : ask(member, position);
    });
    void Promise.all(asked)
      .catch((error: unknown) => this.#refuse(status.INTERNAL, error instanceof Error ? error.message : 'failed'))
      .finally(() => this.#openRequests--);
  }

  async #vote(
    member: Member,
    position: number,
    { requestId, claim }: Extract<NodeMessage, { kind: 'approvalRequest' }>,
  ): Promise<void> {
    const answer = await this.#settle(() => member.vote(claim));
    if (!this.#rules.responsive().includes(member)) return;
    const common = { requestId, member: position };
    this.send({
      approvalResponse: answer.ok
        ? { ...common, approved: true, signature: answer.value }
        : { ...common, approved: false, reason: answer.refusal.reason },
    });
  }

  async #sign(
    member: Member,
    position: number,
    { requestId, claim }: Extract<NodeMessage, { kind: 'signatureRequest' }>,
  ): Promise<void> {
    const answer = await this.#settle(() => member.signPayout(claim));
    if (!this.#rules.responsive().includes(member)) return;
    const common = { requestId, member: position };
    this.send({
      signatureResponse: answer.ok
        ? { ...common, signatures: answer.value }
        : { ...common, signatures: [], reason: answer.refusal.reason },
    });
  }

  /** Asks a member again while its answer is "not yet", so that a moment's lag isn't a refusal. */
  async #settle<T>(ask: () => Promise<Answer<T>>): Promise<Answer<T>> {
    const { recheckMs, giveUpMs } = this.#rules;
    const deadlineMs = performance.now() + giveUpMs;
    for (;;) {
      const answer = await ask();
      const isFinal = answer.ok || answer.refusal.code === 'FALSE';
      if (isFinal || this.#ended.signal.aborted || performance.now() + recheckMs >= deadlineMs) return answer;
      await new Promise((resolve) => setTimeout(resolve, recheckMs));
    }
  }
}
