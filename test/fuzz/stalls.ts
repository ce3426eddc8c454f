const TICK_MS = 10;

/**
 * Watches for how long the event loop gives nobody else a turn, by the time that this thread computed between two ticks: a
 * machine that does something else meanwhile counts for nothing.
 */
export class StallWatch {
  #before = process.threadCpuUsage();
  #longestMs = 0;
  readonly #timer = setInterval(() => {
    this.#tick();
  }, TICK_MS);

  #tick(): void {
    const { user, system } = process.threadCpuUsage(this.#before);
    this.#before = process.threadCpuUsage();
    this.#longestMs = Math.max(this.#longestMs, (user + system) / 1000);
  }

  /** The longest time in ms; ends the watch. */
  end(): number {
    this.#tick();
    clearInterval(this.#timer);
    return Math.round(this.#longestMs);
  }
}
