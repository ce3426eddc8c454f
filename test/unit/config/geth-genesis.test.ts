import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readBridgeArtefact } from '../../../node-core/composition/network-files.ts';
import { gethGenesis } from '../../../node-core/adapters/embedded-evm/genesis.ts';
import { sampleNetwork } from './sample-network.ts';

const script = fileURLToPath(new URL('../../../electron/geth-genesis.ts', import.meta.url));
const run = (...args: string[]) => promisify(execFile)(process.execPath, [script, ...args]);

describe('the genesis file for geth', () => {
  let folder = '';
  const file = (name: string): string => join(folder, name);

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'alys-genesis-'));
    writeFileSync(file('network.json'), JSON.stringify(sampleNetwork()));
    writeFileSync(file('wrong.json'), JSON.stringify({ ...sampleNetwork(), chainId: 0 }));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('is printed from the network file alone', async () => {
    const { stdout, stderr } = await run(file('network.json'));
    expect(JSON.parse(stdout)).toEqual(JSON.parse(JSON.stringify(gethGenesis(sampleNetwork(), readBridgeArtefact()))));
    expect(stderr).toBe('');
  });

  it.each([
    ['a network that can’t be pegged on', ['wrong.json'], /wrong\.json: chainId: .*>0/],
    ['a file that is not there', ['nothing.json'], /usage:/],
    ['two files', ['network.json', 'network.json'], /usage:/],
  ])('is refused with 2 and the reason for %s', async (_, names, reason) => {
    await expect(run(...names.map(file))).rejects.toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringMatching(reason),
    });
  });
});
