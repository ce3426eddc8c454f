import { createHash } from 'node:crypto';
import { type HrTime, type SpanContext, SpanKind, SpanStatusCode, TraceFlags } from '@opentelemetry/api';
import type { Resource } from '@opentelemetry/resources';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import type { DeliveryOutcome, RecordedMessage } from '../../kernel/record.ts';

/** Stories that a message began without a name of its own are the node's; named ones (`slot:7`) are the same on all nodes. */
const OWN_STORY = '#';
const TRACE_ID_DIGITS = 32;
const SPAN_ID_DIGITS = 16;
const FAILED: ReadonlySet<DeliveryOutcome> = new Set(['crashed', 'dropped', 'refused', 'deadLetter']);

const digest = (text: string, digits: number): string =>
  createHash('sha256').update(text).digest('hex').slice(0, digits);

/** Milliseconds as whole seconds and nanoseconds. */
function hrTime(ms: number): HrTime {
  const seconds = Math.floor(ms / 1_000);
  return [seconds, Math.round((ms - seconds * 1_000) * 1e6)];
}

/**
 * A delivery as a span: its trace is its story, its parent its cause, its time from being sent to being handled.
 * Names of attributes: OpenTelemetry's semantic conventions for messaging where they have one.
 */
export function spanOf(message: RecordedMessage, nodeName: string, resource: Resource): ReadableSpan {
  const { seq, atMs, from, to, type, correlationId, cause, queueWaitUs, handlingUs, outcome } = message;
  const story = correlationId.startsWith(OWN_STORY) ? `${nodeName}${correlationId}` : correlationId;
  const traceId = digest(story, TRACE_ID_DIGITS);
  const context = (of: number): SpanContext => ({
    traceId,
    spanId: digest(`${nodeName} ${of}`, SPAN_ID_DIGITS),
    traceFlags: TraceFlags.SAMPLED,
  });
  const tookMs = (queueWaitUs + handlingUs) / 1_000;
  return {
    name: type,
    kind: outcome === 'sent' ? SpanKind.PRODUCER : SpanKind.CONSUMER,
    spanContext: () => context(seq),
    ...(cause === null ? {} : { parentSpanContext: context(cause) }),
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
    links: [],
    events: [],
    ended: true,
    resource,
    instrumentationScope: { name: 'alys-kernel' },
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  };
}
