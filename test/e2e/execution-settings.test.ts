import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { devnetConsoleSource } from '../../node-core/index.ts';
import { rawRpc, startTestDevnet, type TestDevnet } from '../support/devnet.ts';
import { type OpenConsole, openConsole } from './console.ts';

let devnet: TestDevnet;
let open: OpenConsole;

beforeAll(async () => {
  devnet = await startTestDevnet({ nodes: 1 });
  open = await openConsole(devnetConsoleSource(devnet, '0.0.0-test'));
});

afterAll(async () => {
  await open.close();
  await devnet.close();
});

const screen = (name: string): Promise<unknown> => open.page.getByRole('link', { name, exact: true }).first().click();
const field = (path: string) => open.page.getByRole('textbox', { name: path });
const rowOf = (path: string) => open.page.locator('tr', { has: field(path) });

async function openSettings(): Promise<void> {
  await screen('Chain');
  await open.page.getByRole('radio', { name: 'Execution settings' }).click();
}

/** What the running client tells wallets to pay at least. */
const tipWei = async (): Promise<bigint> =>
  BigInt(await rawRpc<string>(devnet.hosts[0]?.running()?.rpcUrl ?? '', 'eth_maxPriorityFeePerGas', []));

describe('the execution settings of a running node', () => {
  it('are changed by the keyboard alone, after a look at what changes and with a reason, and are in force at once', async () => {
    const { page } = open;
    await openSettings();
    await expect.poll(() => field('minTipWei').inputValue()).toBe('1000000');
    expect(await tipWei()).toBe(1_000_000n);
    await field('minTipWei').fill('7000000');
    await rowOf('minTipWei').getByText('0.007 gwei').waitFor();
    await page.keyboard.press('Enter');
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('row', { name: /minTipWei.*1000000.*7000000/ }).waitFor();
    await dialog.getByLabel('Reason').and(page.locator(':focus')).fill('e2e spam');
    await page.keyboard.press('Enter');
    await page.getByText('The new execution settings are in force.').waitFor();
    expect(await tipWei()).toBe(7_000_000n);
    await rowOf('minTipWei').getByText('Operator e2e').waitFor();
  });

  it('stay as they are when the client refuses a change, which says why', async () => {
    const { page } = open;
    await field('pool.maxTransactions').fill('0');
    await field('minTipWei').fill('free');
    await page.getByRole('button', { name: 'Review changes…' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Reason').fill('e2e nonsense');
    await dialog.getByRole('button', { name: 'Change', exact: true }).click();
    const refusal = dialog.getByRole('alert');
    await refusal.getByText('Refused, nothing is changed').waitFor();
    expect(await refusal.innerText()).toContain('minTipWei: a whole number of wei, as decimal text');
    expect(await refusal.innerText()).toContain('pool.maxTransactions: ');
    await dialog.getByRole('button', { name: 'Cancel' }).click();
    await page.getByRole('button', { name: 'Discard' }).click();
    expect(await field('minTipWei').inputValue()).toBe('7000000');
    expect(await field('pool.maxTransactions').inputValue()).toBe('8192');
    expect(await tipWei()).toBe(7_000_000n);
  });

  it('show what governance changed as governance’s', async () => {
    devnet.governance.send({ kind: 'configUpdate', config: '{"pool":{"maxTransactions":4096}}' });
    await expect.poll(() => field('pool.maxTransactions').inputValue(), { timeout: 60_000 }).toBe('4096');
    await rowOf('pool.maxTransactions').getByText('Governance').waitFor();
    await rowOf('minTipWei').getByText('Operator e2e').waitFor();
  });

  it('are kept for the next start, with who changed them', async () => {
    const host = devnet.hosts[0];
    await host?.controls.stop({ who: 'e2e', reason: 'restart' });
    await open.page.getByText('Settings not known').waitFor();
    await host?.controls.start({ who: 'e2e', reason: 'restart' });
    await rowOf('minTipWei').getByText('Operator e2e').waitFor();
    await rowOf('pool.maxTransactions').getByText('Governance').waitFor();
    expect(await field('minTipWei').inputValue()).toBe('7000000');
    await expect.poll(tipWei).toBe(7_000_000n);
  });

  it('leave who, why and what in the audit log, refusals included', async () => {
    const { page } = open;
    await screen('Logs & audit');
    await page.getByRole('radio', { name: 'Audit' }).click();
    for (const [who, why, what] of [
      ['e2e', 'e2e spam', 'taken: minTipWei: "1000000" → "7000000"'],
      ['e2e', 'e2e nonsense', 'refused: minTipWei: a whole number of wei'],
      ['GovernanceNodes', 'signed by a quorum of the members', 'taken: pool.maxTransactions: 8192 → 4096'],
    ] as const) {
      const entry = page.getByRole('row').filter({ hasText: why });
      await entry.getByRole('cell', { name: 'execution settings', exact: true }).waitFor();
      await entry.getByRole('cell', { name: who, exact: true }).waitFor();
      expect(await entry.innerText()).toContain(what);
    }
    await page.getByText('Hash chain verified').waitFor();
  });

  it('never made the page complain', () => {
    expect(open.complaints).toEqual([]);
  });
});
