import { setTimeout as pause } from 'node:timers/promises';

const PATIENCE_MS = 60_000;
/** Polls are at first a turn of the event loop apart, then a millisecond. */
const EAGER_POLLS = 200;

/** Resolves when the condition holds. @throws Error that names what is still waited for, after a minute. */
export async function until(what: string | (() => string), condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadlineMs = performance.now() + PATIENCE_MS;
  for (let poll = 0; !(await condition()); poll++) {
    if (performance.now() > deadlineMs) throw new Error(`waited in vain: ${typeof what === 'string' ? what : what()}`);
    if (poll < EAGER_POLLS) await new Promise(setImmediate);
    else await pause(1);
  }
}
