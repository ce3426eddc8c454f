import { type KernelClock, type Pump, Task } from './pump/pump.ts';
import type { DeliveryOutcome } from './record.ts';

/** The ways in which a message is lost. */
export type Loss = Extract<DeliveryOutcome, 'dropped' | 'refused' | 'deadLetter'>;

/** The first loss is logged at once, those of the time after it together: so much log at most, and every loss is in it. */
const TOGETHER_MS = 1_000;
/** Kinds of losses told apart in that time; the rest is counted together. */
const KINDS = 64;
const TEXTS: Readonly<Record<Loss, (type: string) => string>> = {
  dropped: (type) => `mailbox full: ${type} dropped`,
  refused: (type) => `mailbox full: ${type} refused`,
  deadLetter: (type) => `dead letter: ${type}`,
};

/** Where it writes, and what it waits by. */
export interface LossLogHost {
  readonly pump: Pump;
  readonly clock: KernelClock;
  log(path: string, level: 'warn', text: string, fields: Readonly<Record<string, unknown>>): void;
}

/** Writes lost messages into the log, with their exact number, without letting a flood of them fill it. */
export class LossLog extends Task {
  readonly #host: LossLogHost;
  /** By path, loss and type. */
  readonly #pending = new Map<string, { readonly path: string; readonly loss: Loss; type: string; count: number }>();
  #quiet = true;

  constructor(host: LossLogHost) {
    super();
    this.#host = host;
  }

  /** `path`: who was to get it. */
  count(path: string, loss: Loss, type: string): void {
    if (this.#quiet) {
      this.#quiet = false;
      this.#write(path, loss, type, 1);
      this.#host.pump.schedule(TOGETHER_MS, this);
      return;
    }
    const key = `${path} ${loss} ${type}`;
    const present = this.#pending.get(key);
    if (present !== undefined) present.count++;
    else if (this.#pending.size < KINDS) this.#pending.set(key, { path, loss, type, count: 1 });
    else this.#countOther(path, loss);
  }

  fire(): void {
    this.#host.clock.readClock();
    this.#quiet = this.#pending.size === 0;
    if (this.#quiet) return;
    for (const { path, loss, type, count } of this.#pending.values()) this.#write(path, loss, type, count);
    this.#pending.clear();
    this.#host.pump.schedule(TOGETHER_MS, this);
  }

  #countOther(path: string, loss: Loss): void {
    const other = this.#pending.get(loss);
    if (other === undefined) this.#pending.set(loss, { path, loss, type: 'others', count: 1 });
    else other.count++;
  }

  #write(path: string, loss: Loss, type: string, count: number): void {
    this.#host.log(path, 'warn', TEXTS[loss](type), { count });
  }
}
