import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { type OperationView, pegInMachine, pegOutMachine } from '../../node-core/index.ts';

const program = fileURLToPath(new URL('../support/crashing-devnet.ts', import.meta.url));
const WEI_PER_SAT = 10_000_000_000n;

interface Ended {
  readonly signal: string | null;
  readonly output: string;
}

/** Runs the devnet on `dataDir` until it kills itself in `state`, or until all of `expected` operations have ended. */
function run(dataDir: string, kind: string, state: string, action: string, expected: number): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [program, dataDir, kind, state, action, `${expected}`], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    let errors = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
    child.on('error', reject);
    child.on('exit', (code, signal) => {
      if (code !== 0 && signal !== 'SIGKILL') reject(new Error(`${state}: exit ${code}: ${errors}`));
      else resolve({ signal, output });
    });
  });
}

interface Outcome {
  readonly operations: readonly OperationView[];
  readonly balanceWei: string;
  /** Confirmed Bitcoin outputs that pay the burn's destination. */
  readonly payments: number;
}

async function finish(dataDir: string, expected: number): Promise<Outcome> {
  const { output } = await run(dataDir, 'any', 'none', 'none', expected);
  return JSON.parse(output) as Outcome;
}

const inFolder = async (use: (dataDir: string) => Promise<void>): Promise<void> => {
  const dataDir = mkdtempSync(join(tmpdir(), 'alys-crash-'));
  try {
    await use(dataDir);
  } finally {
    rmSync(dataDir, { recursive: true, force: true });
  }
};

/** The states that a story without refusals passes, from the declaration. */
const passed = (stateNames: readonly string[]): readonly string[] => stateNames.filter((name) => name !== 'Rejected');

describe('kill -9 in each durable state, and a start on the same folder', () => {
  it('a peg-in completes and mints once (INV-2, INV-25)', async () => {
    await inFolder(async (dataDir) => {
      for (const [i, state] of passed(pegInMachine.stateNames).entries()) {
        expect(await run(dataDir, 'pegIn', state, i === 0 ? 'deposit' : 'none', 1), state).toMatchObject({
          signal: 'SIGKILL',
        });
      }
      expect(await run(dataDir, 'pegIn', 'Rejected', 'deposit-too-small', 2)).toMatchObject({ signal: 'SIGKILL' });
      const { operations, balanceWei } = await finish(dataDir, 2);
      expect(operations.map(({ state }) => state).sort()).toEqual(['Completed', 'Rejected']);
      expect(BigInt(balanceWei)).toBe(20_000_000n * WEI_PER_SAT);
    });
  }, 300_000);

  it('a peg-out completes and pays once (INV-4, INV-25)', async () => {
    await inFolder(async (dataDir) => {
      expect((await run(dataDir, 'any', 'none', 'deposit', 1)).signal).toBeNull();
      for (const [i, state] of passed(pegOutMachine.stateNames).entries()) {
        expect(await run(dataDir, 'pegOut', state, i === 0 ? 'burn' : 'none', 2), state).toMatchObject({
          signal: 'SIGKILL',
        });
      }
      expect(await run(dataDir, 'pegOut', 'Rejected', 'burn-nowhere', 3)).toMatchObject({ signal: 'SIGKILL' });
      const { operations, payments } = await finish(dataDir, 3);
      const payouts = operations.filter(({ kind }) => kind === 'pegOut');
      expect(payouts.map(({ state }) => state).sort()).toEqual(['Completed', 'Rejected']);
      expect(payments).toBe(1);
    });
  }, 300_000);
});
