import { describe, expect, it } from 'vitest';
import { runFuzz } from '../../fuzz/run.ts';
import { payloads } from '../../fuzz/targets/payloads.ts';
import { precompiles } from '../../fuzz/targets/precompiles.ts';
import { rpc } from '../../fuzz/targets/rpc.ts';
import { transactions } from '../../fuzz/targets/transactions.ts';

/** A few seconds on an idle machine. */
const timeout = 90_000;

describe('malformed payloads, transactions and wallet requests', () => {
  it('are refused at every stage and change nothing of a node', { timeout }, async () => {
    const schemes = [{ scheme: 'keyed', share: 1 }] as const;
    const targets = [payloads, transactions, precompiles, rpc];
    expect(await runFuzz({ inputs: 1500, seed: 21, targets, schemes })).toMatchObject({
      problems: [],
      unreached: [],
      passed: true,
    });
  });
});
