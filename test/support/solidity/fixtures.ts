import { readFileSync } from 'node:fs';
import { type CompiledContract, compileSolidity } from './compile.ts';

/** The compiler's warnings about `selfdestruct` and transient storage, which the tests are for. */
const EXPECTED_WARNINGS = ['5159', '2394'];

let compiled: ReadonlyMap<string, CompiledContract> | undefined;

/** A contract of `contracts/Probe.sol`, compiled once a process. */
export function fixtureContract(name: 'Probe' | 'Mortal'): CompiledContract {
  compiled ??= new Map(
    compileSolidity(
      'Probe.sol',
      readFileSync(new URL('contracts/Probe.sol', import.meta.url), 'utf8'),
      EXPECTED_WARNINGS,
    ).map((each) => [each.contractName, each]),
  );
  const contract = compiled.get(name);
  if (contract === undefined) throw new Error(`Probe.sol has no contract ${name}`);
  return contract;
}
