import type { Settle } from './pump.ts';

/** A promise and the two ways to end it. */
export interface Deferred<T> {
  readonly promise: Promise<T>;
  resolve(value: T): void;
  reject(error: unknown): void;
}

/** The answer that an outside caller waits for. */
export const defer = <T>(): Deferred<T> => Promise.withResolvers<T>();

/** Turns a port's promise into the one call that says how it ended. */
export function settlePromise(promise: PromiseLike<unknown>, to: Settle): void {
  promise.then(
    (value) => to.ok(value),
    (error: unknown) => to.failed(error),
  );
}

export const isPromise = (value: unknown): value is PromiseLike<unknown> =>
  typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
