import { existsSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { BenchResult, Suite } from './result.ts';

/** The suites of commands.md; each is a file of that name beside this one. */
const SUITES = ['kernel', 'actors', 'storage', 'engine', 'network', 'sync', 'console'];

const fileOf = (suite: string): URL => new URL(`${suite}.ts`, import.meta.url);
const present = SUITES.filter((suite) => existsSync(fileURLToPath(fileOf(suite))));

interface Arguments {
  readonly suites: readonly string[];
  /** Undefined without `--json`, empty for standard output. */
  readonly json: string | undefined;
}

/** @throws Error with the allowed values, for anything else than suites and `--json [FILE]`. */
function parse(args: readonly string[]): Arguments {
  const suites: string[] = [];
  let json: string | undefined;
  for (let index = 0; index < args.length; index++) {
    const arg = args[index] as string;
    if (arg === '--json') {
      const next = args[index + 1];
      const isFile = next !== undefined && !next.startsWith('--') && !SUITES.includes(next);
      json = isFile ? next : '';
      if (isFile) index++;
    } else if (present.includes(arg)) {
      suites.push(arg);
    } else {
      throw new Error(`unknown argument ${arg}; allowed: ${present.join(', ')}, --json [FILE]`);
    }
  }
  return { suites: suites.length === 0 ? present : suites, json };
}

const number = new Intl.NumberFormat('en-US', { maximumSignificantDigits: 4 });

function line({ suite, name, value, unit, p50, p99, baseline, ratio, target }: BenchResult): string {
  const parts = [`${suite} ${name}: ${number.format(value)} ${unit}`];
  if (p50 !== null && p99 !== null) parts.push(`p50 ${number.format(p50)}, p99 ${number.format(p99)}`);
  if (baseline !== null && ratio !== null) {
    parts.push(`${number.format(ratio)} times ${baseline.name} (${number.format(baseline.value)})`);
  }
  if (target !== null) parts.push(`target ${target.text}`);
  return parts.join('; ');
}

async function main(): Promise<void> {
  const { suites, json } = parse(process.argv.slice(2));
  const results: BenchResult[] = [];
  for (const suite of suites) {
    const { run } = (await import(fileOf(suite).href)) as { readonly run: Suite };
    results.push(...(await run((text) => process.stderr.write(`${text}\n`))));
  }
  const machine = { cpu: cpus()[0]?.model ?? 'unknown', cores: cpus().length, node: process.version };
  if (json === undefined) process.stdout.write(`${results.map(line).join('\n')}\n`);
  else if (json === '') process.stdout.write(`${JSON.stringify({ machine, results }, null, 2)}\n`);
  else writeFileSync(json, `${JSON.stringify({ machine, results }, null, 2)}\n`);
}

try {
  parse(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exit(2);
}
await main();
process.exit(0);
