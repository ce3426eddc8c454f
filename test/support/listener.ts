import type { Source } from '../../node-core/kernel/behaviour.ts';

/** What came from a source so far, and what comes. */
export interface Listener<T> {
  readonly all: readonly T[];
  /** The first item that matches, whether it has come or is still to come. */
  next<S extends T>(matches: (item: T) => item is S): Promise<S>;
  next(matches: (item: T) => boolean): Promise<T>;
}

export function listenTo<T>(source: Source<T>, timeoutMs = 10_000): Listener<T> {
  const all: T[] = [];
  const waiting = new Set<(item: T) => void>();
  source.open({
    item(value) {
      all.push(value);
      for (const offer of [...waiting]) offer(value);
    },
    end: () => undefined,
  });
  return {
    all,
    next(matches: (item: T) => boolean): Promise<T & never> {
      const found = all.find(matches);
      if (found !== undefined) return Promise.resolve(found as T & never);
      return new Promise((resolve, reject) => {
        const timer = setTimeout(() => {
          waiting.delete(offer);
          reject(
            new Error(`nothing matched among ${JSON.stringify(all.map((item) => (item as { kind?: string }).kind))}`),
          );
        }, timeoutMs);
        const offer = (item: T): void => {
          if (!matches(item)) return;
          clearTimeout(timer);
          waiting.delete(offer);
          resolve(item as T & never);
        };
        waiting.add(offer);
      });
    },
  };
}
