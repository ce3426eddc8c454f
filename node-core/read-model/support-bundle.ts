import type { ActorStatus, RecordedMessage } from '../kernel/record.ts';
import type { ChainedAuditEntry } from '../ports/store.ts';
import type { LogLine } from './shapes.ts';

export interface SupportBundleInput {
  readonly nodeName: string;
  readonly networkName: string;
  readonly version: string;
  readonly publicConfig: Readonly<Record<string, unknown>>;
  readonly atMs: number;
  readonly logs: readonly LogLine[];
  readonly messages: readonly RecordedMessage[];
  readonly tree: readonly ActorStatus[];
  readonly audit: readonly ChainedAuditEntry[];
}

/** Log fields that may leave the machine. Anything else is left out by name: a list of secrets is never complete (INV-29). */
const ALLOWED_FIELDS: ReadonlySet<string> = new Set([
  'actor',
  'address',
  'amountSats',
  'attempt',
  'authority',
  'blockHash',
  'code',
  'confirmations',
  'count',
  'delayMs',
  'deposits',
  'durationMs',
  'epoch',
  'event',
  'evmTxHash',
  'feeRateSatsPerVbyte',
  'finalizedHeight',
  'finalizedSlot',
  'from',
  'generation',
  'hash',
  'headHeight',
  'height',
  'id',
  'kind',
  'level',
  'member',
  'members',
  'name',
  'number',
  'operation',
  'outpoint',
  'path',
  'payoutId',
  'peer',
  'peers',
  'port',
  'proposer',
  'reason',
  'recipient',
  'restarts',
  'root',
  'slot',
  'state',
  'status',
  'strategy',
  'threshold',
  'to',
  'txid',
  'type',
  'version',
  'vout',
]);

/** Anything that has the form of a key or a token, wherever it stands in a sentence. Hashes are 64 digits too, so bare ones stay only in allowed fields. */
const SECRET_FORMS: readonly RegExp[] = [
  /\b[5KLc9][1-9A-HJ-NP-Za-km-z]{50,51}\b/g,
  /\b[xt]prv[1-9A-HJ-NP-Za-km-z]{100,}\b/g,
  /\b(bearer|token|password|passphrase|secret|private ?key|mnemonic)\b(\s*[=:]\s*|\s+)\S+/gi,
  /\/\/[^/\s:@]+:[^/\s@]+@/g,
];

export const redact = (text: string): string =>
  SECRET_FORMS.reduce((clean, form) => clean.replace(form, '[removed]'), text);

function allowed(fields: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(fields).flatMap<readonly [string, unknown]>(([key, value]) => {
      if (!ALLOWED_FIELDS.has(key)) return [];
      if (typeof value === 'string') return [[key, redact(value)]];
      return typeof value === 'number' || typeof value === 'boolean' || value === null ? [[key, value]] : [];
    }),
  );
}

/** What an operator sends to someone who helps: one JSON text, made of named fields alone. Payloads and views stay here. */
export function supportBundle(input: SupportBundleInput): string {
  return `${JSON.stringify(
    {
      format: 'alys-console-support/1',
      exportedAt: new Date(input.atMs).toISOString(),
      node: input.nodeName,
      network: input.networkName,
      version: input.version,
      config: input.publicConfig,
      actors: input.tree.map((actor) => ({
        path: actor.path,
        lifecycle: actor.lifecycle,
        suspended: actor.suspended,
        generation: actor.generation,
        restarts: actor.restarts,
        breaker: actor.breaker,
        mailbox: actor.mailbox,
        handled: actor.handled,
        dropped: actor.dropped,
        crashes: actor.crashes,
        machineState: actor.machineState,
        lastError:
          actor.lastError === null
            ? null
            : { atMs: actor.lastError.atMs, code: actor.lastError.code, message: redact(actor.lastError.message) },
      })),
      audit: input.audit.map(({ sequence, atMs, actor, action, reason, previousHash, hash }) => ({
        sequence,
        atMs,
        actor,
        action,
        reason: redact(reason),
        previousHash,
        hash,
      })),
      logs: input.logs.map(({ atMs, path, level, text, fields, correlationId }) => ({
        atMs,
        path,
        level,
        text: redact(text),
        fields: allowed(fields),
        correlationId,
      })),
      messages: input.messages.map(
        ({ seq, atMs, from, to, type, correlationId, cause, queueWaitUs, handlingUs, outcome }) => ({
          seq,
          atMs,
          from,
          to,
          type,
          correlationId,
          cause,
          queueWaitUs,
          handlingUs,
          outcome,
        }),
      ),
    },
    null,
    1,
  )}\n`;
}
