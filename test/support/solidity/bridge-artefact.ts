/**
 * Makes `assets/contracts/Bridge.json` from `Bridge.sol`; with `--check` compares instead of writing.
 *   node test/support/solidity/bridge-artefact.ts [--check]
 */
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { compileSolidity } from './compile.ts';

const folder = fileURLToPath(new URL('../../../assets/contracts/', import.meta.url));

/** The artefact's text. `sha256` is that of the runtime bytecode's bytes. */
export async function bridgeArtefactText(): Promise<string> {
  const source = readFileSync(`${folder}Bridge.sol`, 'utf8');
  const [bridge] = compileSolidity('Bridge.sol', source);
  if (bridge === undefined) throw new Error('Bridge.sol holds no contract');
  const { contractName, compiler, abi, storageLayout, runtimeBytecode } = bridge;
  const sha256 = createHash('sha256')
    .update(Buffer.from(runtimeBytecode.slice(2), 'hex'))
    .digest('hex');
  const artefact = { contractName, source: 'Bridge.sol', compiler, sha256, abi, storageLayout, runtimeBytecode };
  const path = `${folder}Bridge.json`;
  return format(JSON.stringify(artefact), { ...(await resolveConfig(path)), filepath: path });
}

if (import.meta.main) {
  const text = await bridgeArtefactText();
  if (process.argv.includes('--check')) {
    if (readFileSync(`${folder}Bridge.json`, 'utf8') !== text)
      throw new Error('Bridge.json is not what Bridge.sol compiles to');
    console.log('Bridge.json is what Bridge.sol compiles to');
  } else {
    writeFileSync(`${folder}Bridge.json`, text);
    console.log(`wrote ${folder}Bridge.json`);
  }
}
