import { writeFileSync } from 'node:fs';
import { type Arguments, readArguments } from './cli/arguments.ts';
import { huntBugs } from './bugs/hunt.ts';
import { minimise } from './cli/minimise.ts';
import { runSeeds } from './cli/run-seeds.ts';
import { INTERESTING } from './world/sometimes.ts';

/**
 * `npm run simulate -- [--seeds N] [--from S] [--seed S] [--bugs] [--minutes M] [--json [FILE]]`: a federation of whole
 * nodes in virtual time, seed by seed; `--seed` replays one and prints its options and trace hash; `--bugs` plants bugs
 * and sees which are caught. Exit 0 only without a violation, with every planted bug caught, and with every interesting
 * state reached by a run of enough seeds; 2 for a wrong argument.
 */
const args = readArguments(process.argv.slice(2));
const say = (line: string): void => void process.stderr.write(`${line}\n`);

function print(result: object, lines: readonly string[]): void {
  if (args.json === null) process.stdout.write(`${lines.join('\n')}\n`);
  else if (args.json === '-') process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
  else writeFileSync(args.json, `${JSON.stringify(result, null, 2)}\n`);
}

async function simulate({ from, seeds, minutes, replay }: Arguments): Promise<boolean> {
  const { result, options } = await runSeeds({ from, seeds, minutes }, say);
  const { violations, sometimes, federationHours, federationHoursPerMinute, events, faults, wallMs, traceHash } =
    result;
  // Fewer seeds than these may well miss a state that a good simulation reaches.
  const missed = result.seeds < ENOUGH_SEEDS ? [] : INTERESTING.filter((state) => (sometimes[state] ?? 0) === 0);
  const [violation] = violations;
  const [played] = options;
  if (replay && violation !== undefined && played !== undefined)
    say(`smallest options found that break it: ${JSON.stringify(await minimise(played, violation.invariant))}`);
  const lines = [
    ...(replay ? options.map((each) => JSON.stringify(each, null, 2)) : []),
    `${result.seeds} seeds from ${from}: ${federationHours.toFixed(2)} federation hours, ${events} events, ${faults} faults in ${Math.round(wallMs / 1000)} s`,
    `${federationHoursPerMinute.toFixed(2)} federation hours a minute; trace hash ${traceHash}`,
    ...violations.map(({ seed, invariant, detail }) => `VIOLATION seed ${seed}: ${invariant}: ${detail}`),
    ...missed.map((state) => `NEVER REACHED: ${state}`),
  ];
  print(replay ? { ...result, options: options[0] } : result, lines);
  return violations.length === 0 && missed.length === 0;
}
const ENOUGH_SEEDS = 200;

async function hunt(): Promise<boolean> {
  const result = await huntBugs({ from: args.from, seeds: args.seeds, minutes: args.minutes }, say);
  const lines = result.bugs.map(
    ({ id, title, caught, invariant, seeds, wallMs, traceEvents }) =>
      `${caught ? 'caught' : 'NOT CAUGHT'}  ${id}: ${title}: ${invariant ?? 'no invariant'} after ${seeds} seeds, ${traceEvents} events, ${Math.round(wallMs)} ms`,
  );
  print(result, [...lines, `${result.caught} of ${result.of} planted bugs caught`]);
  return result.caught === result.of;
}

const passed = args.bugs ? await hunt() : await simulate(args);
process.exit(passed ? 0 : 1);
