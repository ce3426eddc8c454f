import { Client, type ClientDuplexStream, Metadata, type MethodDefinition } from '@grpc/grpc-js';
import type { Source } from '../../kernel/behaviour.ts';
import type { ApprovalVote, GovernanceLinkEvent, MemberSignatures } from '../../ports/governance.ts';
import { type AlysError, NetworkError, ServiceError } from '../../primitives/errors.ts';
import type { MemberIndex } from '../../primitives/ids.ts';
import { type InboundFrame, heartbeatFrame, readFrame, registrationFrame } from './convert.ts';
import { errorOfStatus, linkLost } from './errors.ts';
import { type GovernanceClientOptions, channelOptions, credentialsOf } from './options.ts';
import { MAX_FRAME_BYTES, type WireFrame } from './service.ts';

type Sink<T> = Parameters<Source<T>['open']>[0];

/** A request that waits for members, each of whom answers once. */
interface OpenRequest<T> {
  readonly sink: Sink<T>;
  readonly answered: Set<MemberIndex>;
}

const SECOND_MS = 1000;
/** Heartbeats whose answers are still awaited; older ones are forgotten. */
const MAX_HEARTBEATS = 16;

/** One link from its opening to its end: a connection, a stream, a registration and the requests that wait on it. */
export class GovernanceSession {
  readonly #options: GovernanceClientOptions;
  readonly #method: MethodDefinition<WireFrame, WireFrame>;
  readonly #sink: Sink<GovernanceLinkEvent>;
  readonly #client: Client;
  readonly #call: ClientDuplexStream<Buffer, WireFrame>;
  readonly #registrationTimer: NodeJS.Timeout;
  readonly #approvals = new Map<string, OpenRequest<ApprovalVote>>();
  readonly #signatures = new Map<string, OpenRequest<MemberSignatures>>();
  /** When each heartbeat left, by its sequence, on the monotonic clock in ms. */
  readonly #heartbeats = new Map<number, number>();
  #sequence = 0;
  #registered = false;
  #ended = false;
  #window = { startMs: 0, frames: 0 };

  constructor(
    options: GovernanceClientOptions,
    method: MethodDefinition<WireFrame, WireFrame>,
    sink: Sink<GovernanceLinkEvent>,
  ) {
    this.#options = options;
    this.#method = method;
    this.#sink = sink;
    this.#client = new Client(options.address, credentialsOf(options), channelOptions);
    const metadata = new Metadata();
    if (options.token !== null) metadata.set('authorization', `Bearer ${options.token}`);
    this.#call = this.#client.makeBidiStreamRequest(
      method.path,
      (encoded: Buffer) => encoded,
      method.responseDeserialize,
      metadata,
    );
    this.#call.on('data', (frame: WireFrame) => this.#receive(frame));
    this.#call.on('error', (error) => this.#finish(errorOfStatus(error as never, this.#registered)));
    this.#call.on('end', () => this.#finish(linkLost('governance closed the link')));
    this.#registrationTimer = setTimeout(
      () =>
        this.#finish(new NetworkError('GOVERNANCE_UNREACHABLE', 'governance did not take the registration in time')),
      options.limits.registrationTimeoutMs,
    );
    this.#write(registrationFrame(options.nodeName, options.networkHash)).catch(() => undefined);
  }

  /** Resolves when the frame was handed to the connection. */
  send(frame: WireFrame): Promise<void> {
    return this.#registered ? this.#write(frame) : Promise.reject(linkLost('the link is not open'));
  }

  heartbeat(): Promise<void> {
    const sequence = ++this.#sequence;
    this.#heartbeats.set(sequence, performance.now());
    for (const old of this.#heartbeats.keys()) if (old <= sequence - MAX_HEARTBEATS) this.#heartbeats.delete(old);
    return this.send(heartbeatFrame(sequence));
  }

  requestApproval(frameOf: (requestId: string) => WireFrame, sink: Sink<ApprovalVote>): () => void {
    return this.#request(this.#approvals, frameOf, sink);
  }

  requestSignatures(frameOf: (requestId: string) => WireFrame, sink: Sink<MemberSignatures>): () => void {
    return this.#request(this.#signatures, frameOf, sink);
  }

  /** Ends the link; the requests on it end as lost. With null, at its own caller's wish, its source says nothing more. */
  close(error: AlysError | null): void {
    this.#finish(error);
  }

  #request<T>(open: Map<string, OpenRequest<T>>, frameOf: (requestId: string) => WireFrame, sink: Sink<T>): () => void {
    if (this.#approvals.size + this.#signatures.size >= this.#options.limits.openRequests) {
      queueMicrotask(() => sink.end(new ServiceError('GOVERNANCE_REFUSED', 'too many requests wait for governance')));
      return () => undefined;
    }
    const requestId = String(++this.#sequence);
    open.set(requestId, { sink, answered: new Set() });
    this.send(frameOf(requestId)).catch((error: unknown) => {
      if (open.delete(requestId)) sink.end(error);
    });
    return () => void open.delete(requestId);
  }

  #write(frame: WireFrame): Promise<void> {
    const encoded = this.#method.requestSerialize(frame);
    if (encoded.length > MAX_FRAME_BYTES) {
      return Promise.reject(new ServiceError('GOVERNANCE_REFUSED', `a frame of ${encoded.length} bytes is too large`));
    }
    if (this.#ended) return Promise.reject(linkLost('the link has ended'));
    if (this.#call.writableLength >= this.#options.limits.queuedFrames) {
      return Promise.reject(new ServiceError('GOVERNANCE_REFUSED', 'too many frames wait to be sent'));
    }
    return new Promise((resolve, reject) => {
      this.#call.write(encoded, (error: Error | null | undefined) =>
        error ? reject(linkLost(error.message)) : resolve(),
      );
    });
  }

  #receive(wire: WireFrame): void {
    if (this.#ended) return;
    const frame = readFrame(wire);
    if (frame.ok && this.#answers(frame.value)) return;
    if (this.#isFlooded()) {
      this.#finish(new ServiceError('GOVERNANCE_MALFORMED', 'governance sends more than the link takes'));
      return;
    }
    // What is malformed is told upwards so that it is on record; it has no other effect.
    if (!frame.ok) this.#sink.item({ kind: 'message', message: { kind: 'error', ...frame.refusal } });
    else if (frame.value.kind === 'message') this.#sink.item({ kind: 'message', message: frame.value.message });
  }

  #isFlooded(): boolean {
    const nowMs = performance.now();
    if (nowMs - this.#window.startMs >= SECOND_MS) this.#window = { startMs: nowMs, frames: 0 };
    return ++this.#window.frames > this.#options.limits.unaskedPerSecond;
  }

  /** Hands the frame to what waits for it; false when nothing does. */
  #answers(frame: InboundFrame): boolean {
    switch (frame.kind) {
      case 'registrationAck':
        if (this.#registered) return false;
        clearTimeout(this.#registrationTimer);
        this.#registered = true;
        this.#sink.item({ kind: 'registered', sessionId: frame.sessionId, epoch: frame.epoch });
        return true;
      case 'heartbeatAck': {
        const sentMs = this.#heartbeats.get(frame.sequence);
        if (sentMs === undefined) return false;
        this.#heartbeats.delete(frame.sequence);
        this.#sink.item({ kind: 'heartbeatAcked', roundTripMs: performance.now() - sentMs });
        return true;
      }
      case 'approvalResponse':
        return answer(this.#approvals.get(frame.requestId), frame.vote);
      case 'signatureResponse':
        return answer(this.#signatures.get(frame.requestId), frame.signatures);
      case 'requestFailed':
        return this.#failRequest(
          frame.requestId,
          new ServiceError('GOVERNANCE_REFUSED', `${frame.code}: ${frame.reason}`),
        );
      case 'message':
        return false;
    }
  }

  #failRequest(requestId: string, error: AlysError): boolean {
    const request = this.#approvals.get(requestId) ?? this.#signatures.get(requestId);
    this.#approvals.delete(requestId);
    this.#signatures.delete(requestId);
    request?.sink.end(error);
    return request !== undefined;
  }

  #finish(error: AlysError | null): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#registered = false;
    clearTimeout(this.#registrationTimer);
    this.#call.cancel();
    this.#client.close();
    const requests = [...this.#approvals.values(), ...this.#signatures.values()];
    this.#approvals.clear();
    this.#signatures.clear();
    for (const { sink } of requests) sink.end(linkLost('the link was lost'));
    if (error !== null) this.#sink.end(error);
  }
}

/** Hands over a member's first answer; a second one to the same request is nobody's. */
function answer<T extends { readonly member: MemberIndex }>(request: OpenRequest<T> | undefined, value: T): boolean {
  if (request === undefined || request.answered.has(value.member)) return false;
  request.answered.add(value.member);
  request.sink.item(value);
  return true;
}
