import { createHash } from 'node:crypto';
import { type SpanContext, SpanKind, SpanStatusCode, TraceFlags } from '@opentelemetry/api';
import type { Resource } from '@opentelemetry/resources';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import type { DeliveryOutcome, RecordedMessage } from '../../kernel/record.ts';
import { hrTime } from './hr-time.ts';

/** Stories that a message began without a name of its own are the node's; named ones (`slot:7`) are the same on all nodes. */
const OWN_STORY = '#';
const TRACE_ID_DIGITS = 32;
const SPAN_ID_DIGITS = 16;
const FAILED: ReadonlySet<DeliveryOutcome> = new Set(['crashed', 'dropped', 'refused', 'deadLetter']);

const digest = (text: string, digits: number): string =>
  createHash('sha256').update(text).digest('hex').slice(0, digits);

/** Deliveries whose trace is remembered, for those that they cause. */
const REMEMBERED = 65_536;

/**
 * Deliveries as spans: the trace is the story, the parent the cause, the time that from being sent to being handled. A cause
 * in another story is in another trace, where it can't be a parent: it becomes a link.
 * Names of attributes: OpenTelemetry's semantic conventions for messaging where they have one.
 */
export class Spans {
  readonly #nodeName: string;
  readonly #resource: Resource;
  /** The traces of the newest deliveries by their seq, the oldest first. */
  readonly #traces = new Map<number, string>();

  constructor(nodeName: string, resource: Resource) {
    this.#nodeName = nodeName;
    this.#resource = resource;
  }

  of(message: RecordedMessage): ReadableSpan {
    const { seq, atMs, from, to, type, correlationId, cause, queueWaitUs, handlingUs, outcome } = message;
    const story = correlationId.startsWith(OWN_STORY) ? `${this.#nodeName}${correlationId}` : correlationId;
    const traceId = digest(story, TRACE_ID_DIGITS);
    this.#remember(seq, traceId);
    const context = this.#context(seq, traceId);
    const causeTrace = cause === null ? traceId : (this.#traces.get(cause) ?? traceId);
    const causing = cause === null ? undefined : this.#context(cause, causeTrace);
    const isParent = causing !== undefined && causeTrace === traceId;
    const tookMs = (queueWaitUs + handlingUs) / 1_000;
    return {
      name: type,
      kind: outcome === 'sent' ? SpanKind.PRODUCER : SpanKind.CONSUMER,
      spanContext: () => context,
      ...(isParent ? { parentSpanContext: causing } : {}),
      startTime: hrTime(atMs),
      endTime: hrTime(atMs + tookMs),
      duration: hrTime(tookMs),
      status: FAILED.has(outcome) ? { code: SpanStatusCode.ERROR, message: outcome } : { code: SpanStatusCode.OK },
      attributes: {
        'messaging.message.id': String(seq),
        'messaging.message.conversation_id': correlationId,
        'messaging.destination.name': to,
        'alys.message.sender': from,
        'alys.message.outcome': outcome,
        'alys.message.queue_wait_us': queueWaitUs,
        'alys.message.handling_us': handlingUs,
      },
      links: causing === undefined || isParent ? [] : [{ context: causing }],
      events: [],
      ended: true,
      resource: this.#resource,
      instrumentationScope: { name: 'alys-kernel' },
      droppedAttributesCount: 0,
      droppedEventsCount: 0,
      droppedLinksCount: 0,
    };
  }

  #context(seq: number, traceId: string): SpanContext {
    return { traceId, spanId: digest(`${this.#nodeName} ${seq}`, SPAN_ID_DIGITS), traceFlags: TraceFlags.SAMPLED };
  }

  #remember(seq: number, traceId: string): void {
    this.#traces.set(seq, traceId);
    if (this.#traces.size <= REMEMBERED) return;
    for (const oldest of this.#traces.keys()) {
      this.#traces.delete(oldest);
      return;
    }
  }
}
