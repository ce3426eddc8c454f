/** Does something every so often, after the time before has ended; nothing waits for it, and it keeps no process alive. */
export class Rounds {
  readonly #everyMs: number;
  readonly #round: () => Promise<void>;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #running: Promise<void> = Promise.resolve();
  #stopped = false;

  /** `round` never rejects. */
  constructor(everyMs: number, round: () => Promise<void>) {
    this.#everyMs = everyMs;
    this.#round = round;
    this.#later();
  }

  get stopped(): boolean {
    return this.#stopped;
  }

  /** Begins no further round; resolves when the one that runs has ended. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#running;
  }

  #later(): void {
    this.#timer = setTimeout(() => {
      this.#running = this.#round().then(() => {
        if (!this.#stopped) this.#later();
      });
    }, this.#everyMs);
    this.#timer.unref();
  }
}
