import { Task } from './pump.ts';

/** A task that calls a function. */
export class Later extends Task {
  readonly #run: () => void;

  constructor(run: () => void) {
    super();
    this.#run = run;
  }

  fire(): void {
    this.#run();
  }
}
