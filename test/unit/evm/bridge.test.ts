import { readFileSync } from 'node:fs';
import { Interface, id } from 'ethers';
import { beforeEach, describe, expect, it } from 'vitest';
import { parseBridgeArtefact } from '../../../node-core/adapters/embedded-evm/bridge-artefact.ts';
import type { EmbeddedEvm } from '../../../node-core/adapters/embedded-evm/embedded-evm.ts';
import type { ExecutionPayload } from '../../../node-core/domain/consensus/types.ts';
import { fixtureContract } from '../../support/solidity/fixtures.ts';
import { bridgeArtefactText } from '../../support/solidity/bridge-artefact.ts';
import { BRIDGE, BRIDGE_ADDRESS, EvmChain, addressOf, testEvm } from '../../support/evm-chain.ts';

const SAT = 10_000_000_000n;
const MIN = 1_000_000n * SAT;
const MAX = 1_000_000_000n * SAT;
const DEAD = '0x000000000000000000000000000000000000dead';
const abi = new Interface(JSON.stringify(BRIDGE.abi));
const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const request = (destination: Uint8Array): string => abi.encodeFunctionData('requestPegOut', [destination]);

describe('the bridge contract', () => {
  let evm: EmbeddedEvm;
  let chain: EvmChain;
  let nonce = 0;

  beforeEach(async () => {
    evm = await testEvm();
    chain = await EvmChain.on(evm);
    nonce = 0;
    await chain.block({ withdrawals: [chain.mint(addressOf(0), 10_000_000_000n)] });
  });

  const burn = async (value: bigint, destination: Uint8Array): Promise<ExecutionPayload> => {
    await chain.send(0, { to: BRIDGE_ADDRESS, value, nonce: nonce++, data: request(destination) });
    return chain.block();
  };
  const receipt = async (payload: ExecutionPayload): Promise<{ status: string }> => {
    const [first] = (await evm.request('eth_getBlockReceipts', [payload.blockHash])) as { status: string }[];
    return first as { status: string };
  };

  it('is what its source compiles to, and its artefact is what its hash names', async () => {
    const stored = readFileSync(new URL('../../../assets/contracts/Bridge.json', import.meta.url), 'utf8');
    expect(stored).toBe(await bridgeArtefactText());
    const changed = { ...(JSON.parse(stored) as object), runtimeBytecode: `${BRIDGE.runtimeBytecode.slice(0, -2)}00` };
    expect(() => parseBridgeArtefact(changed)).toThrow('not the one that its hash names');
  });

  it('has the selector and the topic of the protocol', () => {
    expect(abi.getFunction('requestPegOut')?.selector).toBe('0x9911dc74');
    expect(abi.getEvent('RequestPegOut')?.topicHash).toBe(
      '0xaa1c6070bc915de33c0fbc36ecf77b1e4fc1ebce832b2da62b6fe25f5a7dd5b0',
    );
    expect(id('RequestPegOut(address,bytes,uint256)')).toBe(abi.getEvent('RequestPegOut')?.topicHash);
  });

  it('holds the limits of the network file in its storage from block 0 on', async () => {
    expect(BigInt((await evm.request('eth_getStorageAt', [BRIDGE_ADDRESS, '0x0', 'earliest'])) as string)).toBe(MIN);
    expect(BigInt((await evm.request('eth_getStorageAt', [BRIDGE_ADDRESS, '0x1', 'earliest'])) as string)).toBe(MAX);
    expect(await evm.request('eth_getCode', [BRIDGE_ADDRESS, 'earliest'])).toBe(BRIDGE.runtimeBytecode);
  });

  it('burns the value and says for whom', async () => {
    const payload = await burn(MIN, text('bcrt1qdestination'));
    const logs = await evm.logs(payload.blockHash, payload.blockNumber);
    expect(logs).toHaveLength(1);
    const log = logs[0];
    expect(log).toMatchObject({
      address: BRIDGE_ADDRESS,
      logIndex: 0,
      transactionIndex: 0,
      contractCreation: false,
      sender: addressOf(0),
    });
    const decoded = abi.parseLog({ topics: [...(log?.topics ?? [])], data: log?.data ?? '' });
    expect(decoded?.args['_evmAddress'].toLowerCase()).toBe(addressOf(0));
    expect(Buffer.from(decoded?.args['_bitcoinAddress'].slice(2), 'hex').toString()).toBe('bcrt1qdestination');
    expect(decoded?.args['_value']).toBe(MIN);
    expect(BigInt((await evm.request('eth_getBalance', [DEAD, 'latest'])) as string)).toBe(MIN);
    expect(BigInt((await evm.request('eth_getBalance', [BRIDGE_ADDRESS, 'latest'])) as string)).toBe(0n);
  });

  it.each([
    ['the smallest', MIN, 1],
    ['the largest', MAX, 90],
  ])('takes %s amount and destination', async (_, value, length) => {
    expect(await receipt(await burn(value, new Uint8Array(length).fill(0x61)))).toMatchObject({ status: '0x1' });
  });

  it.each([
    ['BelowMinimum', MIN - SAT, text('bcrt1q')],
    ['AboveMaximum', MAX + SAT, text('bcrt1q')],
    ['NotWholeSats', MIN + 1n, text('bcrt1q')],
    ['EmptyDestination', MIN, text('')],
    ['DestinationTooLong', MIN, new Uint8Array(91).fill(0x61)],
  ])('refuses with %s and burns nothing', async (error, value, destination) => {
    const call = {
      from: addressOf(0),
      to: BRIDGE_ADDRESS,
      value: `0x${value.toString(16)}`,
      data: request(destination),
    };
    const refusal = await evm.request('eth_call', [call, 'latest']).catch((reason: unknown) => reason);
    const { body } = refusal as { body: { code: number; data: string } };
    expect(body.code).toBe(3);
    expect(abi.parseError(body.data)?.name).toBe(error);
    const payload = await burn(value, destination);
    expect(await receipt(payload)).toMatchObject({ status: '0x0' });
    expect(await evm.logs(payload.blockHash, payload.blockNumber)).toEqual([]);
    expect(await evm.request('eth_getBalance', [DEAD, 'latest'])).toBe('0x0');
  });

  it('takes no value without a request', async () => {
    await chain.send(0, { to: BRIDGE_ADDRESS, value: MIN, nonce: 0 });
    expect(await receipt(await chain.block())).toMatchObject({ status: '0x0' });
  });

  it('can be called through another contract, which then is the burner (HOLE-2)', async () => {
    const probe = fixtureContract('Probe');
    const probeAbi = new Interface(JSON.stringify(probe.abi));
    const deployment = probe.bytecode + probeAbi.encodeDeploy(['x']).slice(2);
    await chain.send(0, { data: deployment, nonce: nonce++, gasLimit: 3_000_000n });
    const [deployed] = (await evm.request('eth_getBlockReceipts', [(await chain.block()).blockHash])) as {
      contractAddress: string;
    }[];
    const through = deployed?.contractAddress as string;
    const data = probeAbi.encodeFunctionData('burnThrough', [BRIDGE_ADDRESS, text('bcrt1qthrough')]);
    await chain.send(0, { to: through, value: MIN, data, nonce: nonce++, gasLimit: 300_000n });
    const payload = await chain.block();
    const [log] = await evm.logs(payload.blockHash, payload.blockNumber);
    expect(log).toMatchObject({ address: BRIDGE_ADDRESS, sender: addressOf(0), contractCreation: false });
    expect(log?.topics[1]).toBe(`0x${through.slice(2).padStart(64, '0')}`);
  });
});
