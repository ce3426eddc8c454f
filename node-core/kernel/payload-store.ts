import type { Message } from './envelope.ts';

/** The payloads of the newest deliveries. */
export class PayloadStore {
  readonly #mask: number;
  readonly #payloads: (Message | undefined)[];
  readonly #seqs: Float64Array;
  #next = 0;

  /** @param atLeast payloads; rounded up to a power of two. */
  constructor(atLeast: number) {
    const capacity = 2 ** Math.ceil(Math.log2(atLeast));
    this.#mask = capacity - 1;
    this.#payloads = new Array<Message | undefined>(capacity).fill(undefined);
    this.#seqs = new Float64Array(capacity);
  }

  keep(seq: number, payload: Message | undefined): void {
    const place = this.#next;
    this.#payloads[place] = payload;
    this.#seqs[place] = seq;
    this.#next = (place + 1) & this.#mask;
  }

  find(seq: number): Message | undefined {
    const place = this.#seqs.indexOf(seq);
    return place < 0 ? undefined : this.#payloads[place];
  }
}
