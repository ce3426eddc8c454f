import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { mermaidOf, sequenceOf } from '../../node-core/index.ts';
import { backpressure } from './scenarios/backpressure.ts';
import { blockProduction } from './scenarios/block-production.ts';
import { pegIn } from './scenarios/peg-in.ts';
import { pegOut } from './scenarios/peg-out.ts';
import { supervision } from './scenarios/supervision.ts';
import type { Scenario, ScenarioOptions, ScenarioResult } from './scenarios/scenario-result.ts';

/**
 * `npm run scenario -- NAME [--nodes N] [--seed S] [--json [FILE]]`: plays a flow and prints it as a sequence diagram
 * made from the event record. Exit 0 only when every check passed; 2 for a wrong argument.
 */
const scenarios: Readonly<Record<string, Scenario>> = {
  'block-production': blockProduction,
  'peg-in': pegIn,
  'peg-out': pegOut,
  supervision,
  backpressure,
};

function refuse(sentence: string): never {
  console.error(sentence);
  process.exit(2);
}

function readArguments(): {
  readonly names: readonly string[];
  readonly options: ScenarioOptions;
  readonly json: string | null;
} {
  const args = process.argv.slice(2);
  // `--json` may stand alone: then the result goes to standard output.
  const at = args.indexOf('--json');
  let json: string | null = null;
  if (at >= 0) {
    const file = args[at + 1];
    const named = file !== undefined && !file.startsWith('-') && !(file in scenarios) && file !== 'all';
    json = named ? file : '-';
    args.splice(at, named ? 2 : 1);
  }
  const allowed = [...Object.keys(scenarios), 'all'].join(', ');
  try {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: { nodes: { type: 'string' }, seed: { type: 'string' } },
    });
    const [name] = positionals;
    if (name === undefined || positionals.length > 1) refuse(`name one scenario: ${allowed}`);
    if (name !== 'all' && !(name in scenarios)) refuse(`unknown scenario ${name}: choose from ${allowed}`);
    const nodes = Number(values.nodes ?? '3');
    if (!Number.isInteger(nodes) || nodes < 1 || nodes > 15) refuse('--nodes takes a whole number from 1 to 15');
    const seed = Number(values.seed ?? '1');
    if (!Number.isSafeInteger(seed) || seed < 0) refuse('--seed takes a whole number from 0');
    return { names: name === 'all' ? Object.keys(scenarios) : [name], options: { nodes, seed }, json };
  } catch (error) {
    refuse(
      `${(error as Error).message}; usage: scenario NAME [--nodes N] [--seed S] [--json [FILE]], NAME: ${allowed}`,
    );
  }
}

function print({ scenario, passed, durationMs, messages, checks }: ScenarioResult): void {
  const story = messages.map((message) => ({ ...message, queueWaitUs: 0, handlingUs: 0, outcome: 'handled' as const }));
  console.log(mermaidOf(sequenceOf(story[0]?.correlationId ?? '', story)));
  for (const check of checks) console.log(`${check.passed ? 'passed' : 'FAILED'}  ${check.name}: ${check.detail}`);
  console.log(`${scenario}: ${passed ? 'passed' : 'FAILED'} in ${Math.round(durationMs)} ms\n`);
}

const { names, options, json } = readArguments();
const results: ScenarioResult[] = [];
for (const name of names) {
  const play = scenarios[name];
  if (play === undefined) continue;
  results.push(await play(options));
}
if (json === null) {
  for (const result of results) print(result);
} else {
  const text = `${JSON.stringify(names.length === 1 ? results[0] : results, null, 2)}\n`;
  if (json === '-') process.stdout.write(text);
  else writeFileSync(json, text);
}
process.exit(results.every(({ passed }) => passed) ? 0 : 1);
