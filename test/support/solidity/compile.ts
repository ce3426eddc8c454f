import { createRequire } from 'node:module';

/** What the tests and the assets need of a compiled contract. */
export interface CompiledContract {
  readonly contractName: string;
  readonly abi: readonly Record<string, unknown>[];
  /** Creation code, `0x` hex. */
  readonly bytecode: `0x${string}`;
  /** Code at the contract's address, `0x` hex. */
  readonly runtimeBytecode: `0x${string}`;
  readonly storageLayout: readonly { readonly label: string; readonly slot: string; readonly type: string }[];
  readonly compiler: string;
}

interface SolcOutput {
  readonly errors?: readonly { readonly errorCode: string; readonly formattedMessage: string }[];
  readonly contracts?: Readonly<
    Record<
      string,
      Readonly<
        Record<
          string,
          {
            readonly abi: CompiledContract['abi'];
            readonly evm: {
              readonly bytecode: { readonly object: string };
              readonly deployedBytecode: { readonly object: string };
            };
            readonly storageLayout: { readonly storage: CompiledContract['storageLayout'] };
          }
        >
      >
    >
  >;
}

/**
 * Compiles one source with the pinned `solc` of the lock file. The metadata hash is left out of the code, so that the
 * same source gives the same bytes on every machine.
 * @throws Error with the compiler's own words on the first error, or warning but those with an allowed code.
 */
export function compileSolidity(
  fileName: string,
  source: string,
  allowedWarnings: readonly string[] = [],
): readonly CompiledContract[] {
  const solc = createRequire(import.meta.url)('solc') as { compile(input: string): string; version(): string };
  const input = {
    language: 'Solidity',
    sources: { [fileName]: { content: source } },
    settings: {
      evmVersion: 'cancun',
      optimizer: { enabled: true, runs: 200 },
      metadata: { bytecodeHash: 'none', appendCBOR: false },
      outputSelection: { '*': { '*': ['abi', 'evm.bytecode.object', 'evm.deployedBytecode.object', 'storageLayout'] } },
    },
  };
  const output = JSON.parse(solc.compile(JSON.stringify(input))) as SolcOutput;
  const complaint = output.errors?.find(({ errorCode }) => !allowedWarnings.includes(errorCode));
  if (complaint !== undefined) throw new Error(complaint.formattedMessage);
  return Object.entries(output.contracts?.[fileName] ?? {}).map(([contractName, compiled]) => ({
    contractName,
    abi: compiled.abi,
    bytecode: `0x${compiled.evm.bytecode.object}`,
    runtimeBytecode: `0x${compiled.evm.deployedBytecode.object}`,
    storageLayout: compiled.storageLayout.storage.map(({ label, slot, type }) => ({ label, slot, type })),
    compiler: solc.version(),
  }));
}
