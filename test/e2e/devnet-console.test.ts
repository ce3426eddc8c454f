import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { devnetConsoleSource } from '../../node-core/index.ts';
import { rawRpc, startTestDevnet, type TestDevnet } from '../support/devnet.ts';
import { type OpenConsole, openConsole } from './console.ts';

let devnet: TestDevnet;
let open: OpenConsole;

beforeAll(async () => {
  devnet = await startTestDevnet();
  open = await openConsole(devnetConsoleSource(devnet, '0.0.0-test'));
});

afterAll(async () => {
  await open.close();
  await devnet.close();
});

const screen = (name: string): Promise<unknown> => open.page.getByRole('link', { name, exact: true }).first().click();

describe('the console on a running devnet', () => {
  it('shows a healthy federation that makes blocks', async () => {
    const { page } = open;
    await page.getByRole('heading', { name: 'Healthy' }).waitFor();
    const head = page
      .locator('.tile', { has: page.getByRole('link', { name: 'Head', exact: true }) })
      .locator('.tile-value');
    const before = await head.innerText();
    await expect.poll(() => head.innerText(), { timeout: 60_000 }).not.toBe(before);
    await page.locator('.slots li.ours').first().waitFor();
  });

  it('takes the token out of the address', () => {
    expect(open.page.url()).not.toContain('token');
  });

  it('shows the live tree: every actor runs and its messages move', async () => {
    const { page } = open;
    await screen('Supervision tree');
    for (const name of [
      'SupervisorActor',
      'ChainActor',
      'EngineActor',
      'BridgeActor',
      'StreamActor',
      'NetworkActor',
      'StorageActor',
      'SyncActor',
    ]) {
      await page
        .locator('tr', { has: page.getByRole('button', { name, exact: true }) })
        .getByText('Running')
        .waitFor();
    }
    const rate = page
      .locator('tr', { has: page.getByRole('button', { name: 'ChainActor', exact: true }) })
      .locator('td')
      .nth(6);
    await expect.poll(async () => Number(await rate.innerText()), { timeout: 60_000 }).toBeGreaterThan(0);
  });

  it("shows an actor's times by message type, which grow with its messages", async () => {
    const { page } = open;
    await page.getByRole('button', { name: 'ChainActor', exact: true }).click();
    await page.getByText('Times', { exact: true }).click();
    const ticks = page.locator('.type-times tr', { hasText: 'SlotTick' }).locator('+ tr td').first();
    const handled = async (): Promise<number> => Number.parseInt(await ticks.innerText());
    const before = await handled();
    expect(before).toBeGreaterThan(0);
    await expect.poll(handled, { timeout: 60_000 }).toBeGreaterThan(before);
  });

  it('turns a deposit made by the button into a mint and a balance, each step visible', async () => {
    const { page } = open;
    await screen('Overview');
    await page.getByRole('button', { name: 'Deposit…' }).click();
    // The dialog has the focus in its field: no mouse is needed to send it.
    await page.getByLabel('Amount in BTC').and(page.locator(':focus')).fill('0.05');
    await page.keyboard.press('Enter');
    await page.getByText('Deposit sent').waitFor();
    await screen('Pegs');
    await page.locator('a.peg-grid', { hasText: 'Peg-in' }).click();
    const file = page.locator('.case');
    await file.getByText('Completed').first().waitFor();
    await file.locator('.members').getByText('Approved').first().waitFor();
    expect(await file.locator('.members').getByText('Missing').count()).toBe(0);
    for (const state of ['Processing peg in', 'Waiting approval', 'Minting', 'Completed']) {
      await file.locator('.timeline').getByText(state).first().waitFor();
    }
    const rpcUrl = devnet.hosts[0]?.running()?.rpcUrl ?? '';
    const balance = await rawRpc<string>(rpcUrl, 'eth_getBalance', [devnet.user.account.address, 'latest']);
    expect(BigInt(balance)).toBe(50_000_000_000_000_000n);
    await screen('Overview');
    await page.locator('.devnet-wallet', { hasText: 'Alys account' }).getByText('0.05000000 BTC').waitFor();
  });

  it('draws the trace of the deposit and finds that it conforms to the founding document', async () => {
    const { page } = open;
    await screen('Pegs');
    await page.locator('a.peg-grid', { hasText: 'Peg-in' }).click();
    await page.getByRole('link', { name: 'Sequence diagram' }).click();
    await page.getByText('Conforms').waitFor();
    await page.getByText('ValidatePegInTransaction').first().waitFor();
  });

  it('turns a burn into a confirmed Bitcoin payment', async () => {
    const { page } = open;
    await screen('Overview');
    await page.getByRole('button', { name: 'Burn…' }).click();
    await page.getByLabel('Amount in BTC').fill('0.02');
    await page.getByRole('button', { name: 'Burn', exact: true }).click();
    await page.getByText('Burn sent').waitFor();
    await screen('Pegs');
    const row = page.locator('a.peg-grid', { hasText: 'Peg-out' });
    await row.click();
    const file = page.locator('.case');
    await file.getByText('Completed').first().waitFor();
    await file.getByText('Signed').first().waitFor();
    const copy = file.getByRole('button', { name: 'Copy raw transaction' });
    await copy.waitFor();
    await file.locator('table', { hasText: devnet.user.bitcoin.address.slice(0, 10) }).waitFor();
  });

  it('restarts an actor after showing what that touches, and shows its new generation', async () => {
    const { page } = open;
    await screen('Supervision tree');
    await page.getByRole('button', { name: 'SyncActor', exact: true }).click();
    await page.getByRole('button', { name: 'Restart…' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('A node that is behind does not catch up.').waitFor();
    await dialog.getByLabel('Reason').fill('e2e restart');
    await dialog.getByRole('button', { name: 'Restart', exact: true }).click();
    await page.getByText('SyncActor restarted.').waitFor();
    await page
      .locator('tr', { has: page.getByRole('button', { name: 'SyncActor', exact: true }) })
      .getByText('g2')
      .waitFor();
  });

  it('keeps screen, session and history through a reload', async () => {
    const { page } = open;
    await screen('Pegs');
    await page.locator('a.peg-grid').nth(1).waitFor();
    await page.reload();
    await page.locator('a.peg-grid').nth(1).waitFor();
    expect(new URL(page.url()).hash).toBe('#/pegs');
    await screen('Message flow');
    await page.locator('.trace-row', { hasText: 'Bitcoin peg-in' }).first().waitFor();
  });

  it('halts by a held button, not by a click, and resumes by a reason and a typed confirmation', async () => {
    const { page } = open;
    await screen('Overview');
    const halt = page.getByRole('button', { name: 'Emergency halt' });
    await halt.click();
    await page.getByRole('heading', { name: 'Healthy' }).waitFor();
    await halt.hover();
    await page.mouse.down();
    await page.getByRole('heading', { name: 'Halted' }).waitFor();
    await page.mouse.up();
    await page.locator('.health').getByRole('button', { name: 'Resume…' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Reason').fill('e2e over');
    await dialog.getByLabel('Second confirmation').fill('resume');
    expect(await dialog.getByRole('button', { name: 'Resume', exact: true }).isDisabled()).toBe(true);
    await dialog.getByLabel('Second confirmation').fill('RESUME devnet');
    await dialog.getByRole('button', { name: 'Resume', exact: true }).click();
    await page.getByRole('heading', { name: 'Halted' }).waitFor({ state: 'detached' });
    await screen('Logs & audit');
    await page.getByRole('radio', { name: 'Audit' }).click();
    for (const action of ['emergency halt', 'end halt', 'restart'])
      await page.getByRole('cell', { name: action, exact: true }).waitFor();
    await page.getByText('Hash chain verified').waitFor();
  });

  it('backs the store up and checks it, and has both in the audit log', async () => {
    const { page } = open;
    await screen('Logs & audit');
    await page.getByRole('radio', { name: 'Audit' }).click();
    const dialog = page.getByRole('dialog');
    for (const [button, confirm, said] of [
      ['Back up store…', 'Back up the store', /^Backed up to .*backup-[\dTZ-]+\.db$/],
      ['Check store…', 'Check the store', 'No damage found in the store.'],
    ] as const) {
      await page.getByRole('button', { name: button }).click();
      await dialog.getByLabel('Reason').fill('e2e upkeep');
      await dialog.getByRole('button', { name: confirm, exact: true }).click();
      await page.getByText(said).waitFor();
    }
    for (const action of ['back up store', 'check store'])
      await page.getByRole('cell', { name: action, exact: true }).waitFor();
  });

  it('stops and starts the node', async () => {
    const { page } = open;
    await screen('Overview');
    for (const [button, state] of [
      ['Stop node…', 'Stopped'],
      ['Start node…', 'Healthy'],
    ] as const) {
      await page.getByRole('button', { name: button }).click();
      await page.getByRole('dialog').getByLabel('Reason').fill('e2e');
      await page
        .getByRole('dialog')
        .getByRole('button', { name: button === 'Stop node…' ? 'Stop the node' : 'Start the node' })
        .click();
      await page.getByRole('heading', { name: state }).waitFor();
    }
  });

  it('reaches every action by the command palette and the keyboard', async () => {
    const { page } = open;
    await page.keyboard.press('Control+k');
    await page.getByRole('combobox', { name: 'Search actions' }).fill('chain');
    await page.keyboard.press('Enter');
    await expect.poll(() => new URL(page.url()).hash).toBe('#/chain');
    await page.keyboard.press('4');
    await expect.poll(() => new URL(page.url()).hash).toBe('#/pegs');
  });

  it('says what is wrong, what it costs and what to do: a halt by governance, governance gone, Bitcoin gone', async () => {
    const { page } = open;
    await screen('Overview');
    const health = page.locator('.health');
    devnet.governance.send({ kind: 'emergencyHalt', generation: 1, reason: 'key lost' });
    await health.getByText('Halted by governance: key lost.').waitFor();
    await health.getByText('Only a quorum of governance’s members ends it').waitFor();
    expect(await health.getByRole('button', { name: 'Resume…' }).count()).toBe(0);
    devnet.governance.send({ kind: 'resume', generation: 1, reason: 'key found' });
    await page.getByRole('heading', { name: 'Halted' }).waitFor({ state: 'detached' });
    await devnet.governance.close();
    await health.getByText('Deposits wait for approval and payouts for signatures').waitFor();
    await devnet.bitcoin.close();
    await health.getByText('Bitcoin can’t be reached.').waitFor();
    await health.getByText('Check that the Bitcoin node runs').waitFor();
  });

  it('never made the page complain: no error, no warning, no breach of its content policy', () => {
    expect(open.complaints).toEqual([]);
  });
});
