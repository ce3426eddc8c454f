import type { LogLevel } from '../kernel/behaviour.ts';
import type { Ring } from './ring.ts';
import type { LogLine, LogPage } from './shapes.ts';

export interface LogQuery {
  /** Lines of this level and above. */
  readonly level: LogLevel;
  /** An actor and its children; empty for all. */
  readonly actor: string;
  /** A regular expression, ignoring case; empty for all. */
  readonly pattern: string;
  /** At most so many, the newest. */
  readonly limit: number;
}

const RANK: Readonly<Record<LogLevel, number>> = { debug: 0, info: 1, warn: 2, error: 3 };

/** One line of text as it is searched, shown and exported. */
export const textOf = (line: LogLine): string =>
  `${line.path} ${line.text}${Object.keys(line.fields).length > 0 ? ` ${JSON.stringify(line.fields)}` : ''}`;

export function logPage(lines: Ring<LogLine>, query: LogQuery): LogPage {
  const pattern = compile(query.pattern);
  const counts = { held: lines.length, dropped: lines.added - lines.length };
  if (pattern instanceof Error) return { lines: [], matching: 0, ...counts, patternError: pattern.message };
  const found: LogLine[] = [];
  let matching = 0;
  for (const line of lines.newest(lines.bound)) {
    if (RANK[line.level] < RANK[query.level]) continue;
    if (query.actor !== '' && line.path !== query.actor && !line.path.startsWith(`${query.actor}/`)) continue;
    if (pattern !== null && !pattern.test(textOf(line))) continue;
    matching += 1;
    if (found.length < query.limit) found.push(line);
  }
  return { lines: found.reverse(), matching, ...counts, patternError: null };
}

function compile(pattern: string): RegExp | null | Error {
  if (pattern === '') return null;
  try {
    return new RegExp(pattern, 'i');
  } catch (error) {
    return error as Error;
  }
}
