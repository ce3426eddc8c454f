import type { Source } from '../../../node-core/kernel/behaviour.ts';

/** An opened source, read one item at a time. */
export interface Reading<T> {
  /** The next item; rejects when the source has ended. */
  next(): Promise<T>;
  /** The next item that fits; the others are passed over. */
  find<U extends T>(fits: (item: T) => item is U): Promise<U>;
  /** Resolves with what the source ended with. */
  readonly ended: Promise<unknown>;
  close(): void;
}

export function read<T>(source: Source<T>): Reading<T> {
  const items: T[] = [];
  const waiting: { resolve: (item: T) => void; reject: (error: unknown) => void }[] = [];
  let over = false;
  let reason: unknown;
  let tellEnd: (error: unknown) => void = () => undefined;
  const ended = new Promise<unknown>((resolve) => (tellEnd = resolve));
  const close = source.open({
    item(value) {
      const reader = waiting.shift();
      if (reader) reader.resolve(value);
      else items.push(value);
    },
    end(error) {
      over = true;
      reason = error ?? new Error('the source ended');
      for (const reader of waiting.splice(0)) reader.reject(reason);
      tellEnd(reason);
    },
  });
  const next = (): Promise<T> => {
    const [item] = items.splice(0, 1);
    if (item !== undefined) return Promise.resolve(item);
    return over ? Promise.reject(reason) : new Promise((resolve, reject) => waiting.push({ resolve, reject }));
  };
  return {
    next,
    ended,
    close,
    async find<U extends T>(fits: (item: T) => item is U): Promise<U> {
      for (;;) {
        const item = await next();
        if (fits(item)) return item;
      }
    },
  };
}

/** The next `count` items. */
export async function take<T>(reading: Reading<T>, count: number): Promise<T[]> {
  const items: T[] = [];
  while (items.length < count) items.push(await reading.next());
  return items;
}
