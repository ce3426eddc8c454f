import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { type FuzzReport, runFuzz, TARGETS } from './run.ts';

/**
 * `node test/fuzz/fuzz.ts [--inputs N] [--seed S] [--target NAME] [--json [FILE]]`: malformed input on every open
 * surface of a node. Exit 0 only when nothing changed, nothing crashed and every stage was reached; 2 for a wrong argument.
 */
const DEFAULT_INPUTS = 100_000;

function refuse(sentence: string): never {
  console.error(sentence);
  process.exit(2);
}

function readArguments() {
  const args = process.argv.slice(2);
  // `--json` may stand alone: then the report goes to standard output.
  const at = args.indexOf('--json');
  let json: string | null = null;
  if (at >= 0) {
    const file = args[at + 1];
    const named = file !== undefined && !file.startsWith('-');
    json = named ? file : '-';
    args.splice(at, named ? 2 : 1);
  }
  try {
    const { values } = parseArgs({
      args,
      options: { inputs: { type: 'string' }, seed: { type: 'string' }, target: { type: 'string' } },
    });
    const inputs = Number(values.inputs ?? DEFAULT_INPUTS);
    if (!Number.isSafeInteger(inputs) || inputs < 1) refuse('--inputs takes a whole number from 1');
    const seed = Number(values.seed ?? '1');
    if (!Number.isSafeInteger(seed) || seed < 0) refuse('--seed takes a whole number from 0');
    const targets = values.target === undefined ? TARGETS : TARGETS.filter(({ name }) => name === values.target);
    if (targets.length === 0) refuse(`--target takes one of ${TARGETS.map(({ name }) => name).join(', ')}`);
    return { inputs, seed, targets, json };
  } catch (error) {
    refuse(`${(error as Error).message}; usage: fuzz [--inputs N] [--seed S] [--target NAME] [--json [FILE]]`);
  }
}

function print({ stages, unreached, problems, ...report }: FuzzReport): void {
  const width = Math.max(...stages.map(({ target, stage }) => target.length + stage.length + 2));
  for (const { target, stage, inputs } of stages)
    console.log(`${`${target}  ${stage}`.padEnd(width)}  ${String(inputs).padStart(7)}`);
  for (const { target, stage } of unreached) console.log(`never reached: ${target}  ${stage}`);
  for (const problem of problems) console.log(`PROBLEM: ${problem}`);
  const { inputs, signedAgain, validBlocks, wallMs, longestStallMs, seed, passed } = report;
  console.log(
    `${passed ? 'passed' : 'FAILED'}: ${inputs} inputs, ${signedAgain} of them valid ones changed and signed again; ` +
      `${validBlocks} valid blocks taken; longest stall ${longestStallMs} ms; seed ${seed}, ${(wallMs / 1000).toFixed(1)} s`,
  );
}

const { json, ...options } = readArguments();
const report = await runFuzz({ ...options, progress: (line) => void process.stderr.write(`${line}\n`) });
if (json === null) print(report);
else {
  const text = `${JSON.stringify(report, null, 2)}\n`;
  if (json === '-') process.stdout.write(text);
  else writeFileSync(json, text);
}
process.exit(report.passed ? 0 : 1);
