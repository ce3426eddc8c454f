import { NetworkError } from '../../primitives/errors.ts';

export interface CollectorOptions {
  /** The collector's address, `http://127.0.0.1:4318` for instance, or its endpoint for traces. */
  readonly url: string;
  readonly nodeName: string;
  readonly timeoutMs: number;
}

/** What an OTLP exporter of OpenTelemetry's does, whatever it exports. */
interface Exporter<Items> {
  export(items: Items, done: (result: { readonly code: number; readonly error?: Error }) => void): void;
}

/** Who is told when the collector stops taking what it is sent, and when it takes it again. */
export type CollectorLog = (level: 'info' | 'warn', text: string) => void;

/** The endpoints of OTLP over HTTP lie side by side. Source: opentelemetry.io/docs/specs/otlp, OTLP/HTTP Request. */
export const endpointOf = (url: string, signal: 'traces' | 'metrics'): string =>
  `${url.replace(/\/(v1\/traces\/?)?$/, '')}/v1/${signal}`;

/** The resource under which all that a node exports stands. */
export const resourceOf = (nodeName: string): Readonly<Record<string, string>> => ({
  'service.name': 'alys-node',
  'service.instance.id': nodeName,
});

/** Resolves when the collector at `url` has taken the items. Rejects with a NetworkError otherwise. */
export function exported<Items>(exporter: Exporter<Items>, items: Items, url: string): Promise<void> {
  return new Promise((resolve, reject) => {
    exporter.export(items, ({ code, error }) => {
      if (code === 0) resolve();
      else
        reject(
          new NetworkError('OTLP_EXPORT', error?.message || 'the collector refused them', { url }, { cause: error }),
        );
    });
  });
}

/** What is known of a collector for one kind of what it is sent; its log says each change once. */
export class CollectorLink {
  readonly #what: string;
  readonly #log: CollectorLog;
  #takes = true;

  constructor(what: 'traces' | 'metrics', log: CollectorLog) {
    this.#what = what;
    this.#log = log;
  }

  /** Whether it took what it was sent last. */
  get takes(): boolean {
    return this.#takes;
  }

  took(): void {
    if (!this.#takes) this.#log('info', `the collector takes ${this.#what} again`);
    this.#takes = true;
  }

  refused(error: unknown): void {
    if (this.#takes) this.#log('warn', `the collector does not take ${this.#what}: ${String(error)}`);
    this.#takes = false;
  }
}
