import { parseArgs } from 'node:util';

export interface Arguments {
  readonly from: number;
  readonly seeds: number;
  readonly minutes: number | null;
  /** One seed, whose options are printed. */
  readonly replay: boolean;
  readonly bugs: boolean;
  /** A file, `-` for standard output, null for text. */
  readonly json: string | null;
}

const USAGE = 'simulate [--seeds N] [--from S] [--seed S] [--bugs] [--minutes M] [--json [FILE]]';
const DEFAULT_SEEDS = 20;
/** Seeds that a planted bug gets to be caught in. */
const DEFAULT_BUG_SEEDS = 60;

function refuse(sentence: string): never {
  process.stderr.write(`${sentence}\nusage: ${USAGE}\n`);
  process.exit(2);
}

/** Ends the process with 2 and the allowed values for a wrong argument. */
export function readArguments(given: readonly string[]): Arguments {
  const args = [...given];
  // `--json` may stand alone: then the result goes to standard output.
  const at = args.indexOf('--json');
  let json: string | null = null;
  if (at >= 0) {
    const file = args[at + 1];
    const named = file !== undefined && !file.startsWith('-');
    json = named ? file : '-';
    args.splice(at, named ? 2 : 1);
  }
  const values = parse(args);
  const whole = (name: keyof typeof values, least: number): number | null => {
    const text = values[name];
    if (typeof text !== 'string') return null;
    const value = Number(text);
    if (text.trim() === '' || !Number.isSafeInteger(value) || value < least)
      refuse(`--${name} takes a whole number from ${least}`);
    return value;
  };
  const minutes = values.minutes === undefined ? null : Number(values.minutes);
  if (minutes !== null && !(minutes > 0 && Number.isFinite(minutes))) refuse('--minutes takes a number above 0');
  const seed = whole('seed', 0);
  const [from, seeds] = [whole('from', 0), whole('seeds', 1)];
  if (seed !== null && (from !== null || seeds !== null))
    refuse('--seed replays one seed: leave out --seeds and --from');
  const bugs = values.bugs === true;
  const many = minutes === null ? (bugs ? DEFAULT_BUG_SEEDS : DEFAULT_SEEDS) : Number.MAX_SAFE_INTEGER;
  return {
    from: seed ?? from ?? 1,
    seeds: seed === null ? (seeds ?? many) : 1,
    minutes,
    replay: seed !== null,
    bugs,
    json,
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        seeds: { type: 'string' },
        from: { type: 'string' },
        seed: { type: 'string' },
        minutes: { type: 'string' },
        bugs: { type: 'boolean' },
      },
    }).values;
  } catch (error) {
    return refuse((error as Error).message);
  }
}
