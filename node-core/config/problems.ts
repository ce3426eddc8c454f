import type { z } from 'zod';
import { type Checked, refuse } from '../primitives/errors.ts';

/** What is wrong with one field. `message` names what is allowed and never repeats the value, which may be a secret. */
export interface ConfigProblem {
  /** `authorities[0].members[2].blsPublicKey`, or empty for the file as a whole. */
  readonly path: string;
  readonly message: string;
}

export type CheckedConfig<T> = Checked<T, 'CONFIG_INVALID'>;

/** Enough to mend a file by; a file of another kind has any number. */
const MAX_PROBLEMS = 20;

export function pathText(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === 'number') return `${text}[${part}]`;
    return text === '' ? String(part) : `${text}.${String(part)}`;
  }, '');
}

export const zodProblems = (error: z.ZodError): readonly ConfigProblem[] =>
  error.issues.map(({ path, message }) => ({ path: pathText(path), message }));

/** One line for the first problem and the number of the others; all of them in `detail.problems`. */
export function refuseConfig(
  source: string,
  problems: readonly [ConfigProblem, ...ConfigProblem[]],
): CheckedConfig<never> {
  const [{ path, message }, ...others] = problems;
  const more = others.length === 0 ? '' : ` (and ${others.length} more)`;
  const reason = `${source}: ${path === '' ? '' : `${path}: `}${message}${more}`;
  return refuse('CONFIG_INVALID', reason, { source, problems: problems.slice(0, MAX_PROBLEMS) });
}
