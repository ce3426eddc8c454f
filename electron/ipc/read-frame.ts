import { type ClientFrame, type Failure, clientFrame, limits } from '../contract/frames.ts';

export type ReadFrame =
  { readonly ok: true; readonly frame: ClientFrame } | { readonly ok: false; readonly error: Failure };

const refused = (code: string, message: string): ReadFrame => ({ ok: false, error: { code, message } });

/** Reads what a window sent. Whatever it is (not text, too long, nested, polluted), this refuses rather than throws. */
export function readFrame(raw: unknown): ReadFrame {
  if (typeof raw !== 'string') return refused('NOT_TEXT', 'A frame is JSON text.');
  if (raw.length > limits.clientFrameChars) {
    return refused('TOO_LARGE', `A frame has at most ${limits.clientFrameChars} characters.`);
  }
  let value: unknown;
  try {
    value = JSON.parse(raw);
  } catch {
    return refused('NOT_JSON', 'A frame is JSON text.');
  }
  if (!isClean(value, 0)) return refused('NOT_PLAIN', 'A frame is plain data of little depth.');
  const parsed = clientFrame.safeParse(value);
  return parsed.success ? { ok: true, frame: parsed.data } : refused('MALFORMED', 'This is no frame of the console.');
}

/** JSON can't hold a cycle, but it can hold names that reach an object's prototype. */
function isClean(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return true;
  if (depth >= limits.depth) return false;
  return Object.entries(value).every(
    ([key, item]) => key !== '__proto__' && key !== 'constructor' && key !== 'prototype' && isClean(item, depth + 1),
  );
}
