/**
 * How a supervisor answers an error: restart at once (`network`), back off (`service`),
 * open the circuit (`cascading`), terminate (`logic`).
 * Source: communication-flows.md, section 6.
 */
export type ErrorClass = 'network' | 'service' | 'cascading' | 'logic';

/** Base of every error that the project throws: a code to switch on, a class to supervise by, a sentence to read. */
export class AlysError extends Error {
  readonly code: string;
  readonly errorClass: ErrorClass;
  /** Plain data for the operator; never a secret (INV-29). */
  readonly detail: Readonly<Record<string, unknown>>;

  constructor(
    errorClass: ErrorClass,
    code: string,
    message: string,
    detail: Readonly<Record<string, unknown>> = {},
    options?: { readonly cause?: unknown },
  ) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
    this.errorClass = errorClass;
    this.detail = detail;
  }
}

/** A bug: crashes the actor and ends it. */
export class LogicError extends AlysError {
  constructor(code: string, message: string, detail: Readonly<Record<string, unknown>> = {}) {
    super('logic', code, message, detail);
  }
}

/** A connection that failed or timed out: worth an immediate new try. */
export class NetworkError extends AlysError {
  constructor(
    code: string,
    message: string,
    detail: Readonly<Record<string, unknown>> = {},
    options?: { readonly cause?: unknown },
  ) {
    super('network', code, message, detail, options);
  }
}

/** An outside service that answered wrongly or not: worth a later try. */
export class ServiceError extends AlysError {
  constructor(
    code: string,
    message: string,
    detail: Readonly<Record<string, unknown>> = {},
    options?: { readonly cause?: unknown },
  ) {
    super('service', code, message, detail, options);
  }
}

/** A failure of an actor that this one stands on: trying again at once would only pass it on. */
export class CascadingError extends AlysError {
  constructor(
    code: string,
    message: string,
    detail: Readonly<Record<string, unknown>> = {},
    options?: { readonly cause?: unknown },
  ) {
    super('cascading', code, message, detail, options);
  }
}

/** The class of anything thrown; what the project did not throw itself is a bug. */
export function errorClassOf(error: unknown): ErrorClass {
  return error instanceof AlysError ? error.errorClass : 'logic';
}

/** A refusal that is an expected answer rather than a crash: a code, a sentence and plain data. */
export interface Refusal<Code extends string = string> {
  readonly code: Code;
  readonly reason: string;
  readonly detail?: Readonly<Record<string, unknown>>;
}

/** The outcome of a check: either what was checked, in its stronger type, or why it was refused. */
export type Checked<T, Code extends string = string> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly refusal: Refusal<Code> };

export const accept = <T>(value: T): { readonly ok: true; readonly value: T } => ({ ok: true, value });

export const refuse = <Code extends string>(
  code: Code,
  reason: string,
  detail?: Readonly<Record<string, unknown>>,
): { readonly ok: false; readonly refusal: Refusal<Code> } => ({
  ok: false,
  refusal: detail === undefined ? { code, reason } : { code, reason, detail },
});
