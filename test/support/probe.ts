import { Interface } from 'ethers';
import type { EmbeddedEvm } from '../../node-core/adapters/embedded-evm/embedded-evm.ts';
import type { Hex } from '../../node-core/primitives/hex.ts';
import { type EvmAddress, evmAddress } from '../../node-core/primitives/ids.ts';
import { type EvmChain, addressOf } from './evm-chain.ts';
import { fixtureContract } from './solidity/fixtures.ts';

export const PROBE = new Interface(JSON.stringify(fixtureContract('Probe').abi));
export const MORTAL = new Interface(JSON.stringify(fixtureContract('Mortal').abi));
export const probeDeployment = (text: string): string =>
  fixtureContract('Probe').bytecode + PROBE.encodeDeploy([text]).slice(2);

interface CallOptions {
  readonly value?: bigint;
  readonly gasLimit?: bigint;
}

/** The `Probe` contract on a chain, called by account 0, whose nonces it counts. */
export class ProbeContract {
  readonly #chain: EvmChain;
  readonly #evm: EmbeddedEvm;
  readonly address: EvmAddress;
  #nonce: number;

  private constructor(chain: EvmChain, evm: EmbeddedEvm, address: EvmAddress, nonce: number) {
    this.#chain = chain;
    this.#evm = evm;
    this.address = address;
    this.#nonce = nonce;
  }

  /** Mints for account 0 and deploys, in two blocks. */
  static async deploy(chain: EvmChain, evm: EmbeddedEvm): Promise<ProbeContract> {
    await chain.block({ withdrawals: [chain.mint(addressOf(0), 10_000_000_000n)] });
    await chain.send(0, { data: probeDeployment('first'), nonce: 0, gasLimit: 3_000_000n });
    const { blockHash } = await chain.block();
    const [receipt] = (await evm.request('eth_getBlockReceipts', [blockHash])) as {
      contractAddress: Hex;
      status: string;
    }[];
    if (receipt?.status !== '0x1') throw new Error('the probe was not deployed');
    return new ProbeContract(chain, evm, evmAddress(receipt.contractAddress), 1);
  }

  /** Puts a call into the pool. */
  send(name: string, args: readonly unknown[], options: CallOptions = {}): Promise<Hex> {
    return this.#chain.send(0, {
      to: this.address,
      data: PROBE.encodeFunctionData(name, args),
      nonce: this.#nonce++,
      gasLimit: options.gasLimit ?? 2_000_000n,
      value: options.value ?? 0n,
    });
  }

  /** Calls without a transaction; the decoded results. */
  async read(name: string, args: readonly unknown[] = [], at = 'latest'): Promise<readonly unknown[]> {
    const call = { to: this.address, from: addressOf(0), data: PROBE.encodeFunctionData(name, args) };
    return [...PROBE.decodeFunctionResult(name, (await this.#evm.request('eth_call', [call, at])) as string)];
  }
}
