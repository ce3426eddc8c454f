import { Contract, ContractFactory, JsonRpcProvider, WebSocketProvider, isError } from 'ethers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type Abi,
  BaseError,
  ContractFunctionRevertedError,
  createPublicClient,
  createWalletClient,
  defineChain,
  http,
  webSocket,
} from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import type { EmbeddedEvm } from '../../../node-core/adapters/embedded-evm/embedded-evm.ts';
import { type EthRpcServer, startEthRpcServer } from '../../../node-core/adapters/eth-rpc/server.ts';
import { EvmChain, TEST_NETWORK, addressOf, testEvm, wallet } from '../../support/evm-chain.ts';
import { QUIET_NODE } from '../../support/quiet-node.ts';
import { fixtureContract } from '../../support/solidity/fixtures.ts';

const probe = fixtureContract('Probe');

describe('the endpoint of a node that makes blocks', () => {
  let evm: EmbeddedEvm;
  let chain: EvmChain;
  let server: EthRpcServer;
  let making: Promise<unknown>;
  const closing: (() => unknown)[] = [];

  beforeEach(async () => {
    evm = await testEvm();
    chain = await EvmChain.on(evm);
    making = Promise.resolve();
    await chain.block({ withdrawals: [chain.mint(addressOf(0), 1_000_000_000n)] });
    server = await startEthRpcServer({
      host: '127.0.0.1',
      port: 0,
      api: evm,
      node: QUIET_NODE,
      submit: async (raw) => {
        const { evmTxHash } = await evm.submitTransaction(raw);
        making = making.then(() => chain.block());
        return evmTxHash;
      },
    });
  });
  afterEach(async () => {
    for (const close of closing.splice(0)) await close();
    await making;
    await server.close();
  });

  it('serves a script of ethers: deploy, call, watch logs, wait for receipts, subscribe', async () => {
    // Blocks are made at once here, which is faster than ethers lets its cache get old.
    const provider = new JsonRpcProvider(server.url, undefined, { pollingInterval: 50, cacheTimeout: -1 });
    closing.push(() => {
      provider.destroy();
    });
    expect((await provider.getNetwork()).chainId).toBe(121212n);
    const signer = wallet(0).connect(provider);
    const factory = new ContractFactory(probe.abi as never, probe.bytecode, signer);
    const deployed = await factory.deploy('hello');
    await deployed.waitForDeployment();
    const contract = new Contract(await deployed.getAddress(), probe.abi as never, signer);
    expect(await contract['text']?.()).toBe('hello');

    const socket = new WebSocketProvider(server.url.replace('http', 'ws'));
    closing.push(() => socket.destroy());
    const heads: number[] = [];
    await socket.on('block', (number: number) => heads.push(number));
    const listening = new Contract(contract.target, probe.abi as never, socket);
    const noted = new Promise<unknown[]>((resolve) => {
      void listening.on('Noted', (...args: unknown[]) => {
        resolve(args);
      });
    });
    // The subscription is open when the server has answered it; another request of the same socket is answered later.
    await socket.getBlockNumber();

    const transaction = await contract['note']?.(7n, 'seven');
    const receipt = await transaction.wait();
    expect(receipt.status).toBe(1);
    const [who, key, text] = await noted;
    expect([String(who).toLowerCase(), key, text]).toEqual([addressOf(0), 7n, 'seven']);
    expect(heads).toContain(receipt.blockNumber);

    const found = await contract.queryFilter('Noted', 0, 'latest');
    expect(found).toHaveLength(1);
    expect(await provider.getTransactionCount(signer.address)).toBe(2);
    expect((await provider.getTransaction(transaction.hash))?.blockNumber).toBe(receipt.blockNumber);
    expect((await provider.getBlock('latest'))?.transactions).toEqual([transaction.hash]);
    const fees = await provider.getFeeData();
    expect(fees.maxFeePerGas).toBeGreaterThan(0n);

    const refused = await contract['failWithError']?.staticCall().catch((error: unknown) => error);
    expect(isError(refused, 'CALL_EXCEPTION') && refused.revert).toMatchObject({ name: 'Refused', args: [42n] });
    const told = await contract['failWithText']?.staticCall().catch((error: unknown) => error);
    expect(isError(told, 'CALL_EXCEPTION') && told.reason).toBe('not today');
    const nonce = await provider.send('eth_getTransactionCount', [signer.address, 'latest']);
    const stale = await signer
      .sendTransaction({ to: addressOf(1), nonce: Number(nonce) - 1 })
      .catch((error: unknown) => error);
    expect(isError(stale, 'NONCE_EXPIRED')).toBe(true);
  });

  it('serves a script of viem: deploy, call, watch logs, wait for receipts, subscribe', async () => {
    const alys = defineChain({
      id: TEST_NETWORK.chainId,
      name: 'Alys',
      nativeCurrency: { name: 'Bitcoin', symbol: 'BTC', decimals: 18 },
      rpcUrls: { default: { http: [server.url], webSocket: [server.url.replace('http', 'ws')] } },
    });
    const account = privateKeyToAccount(`0x${'0'.repeat(63)}1`);
    const reader = createPublicClient({
      chain: alys,
      transport: http(undefined, { batch: true }),
      pollingInterval: 50,
    });
    const writer = createWalletClient({ account, chain: alys, transport: http() });
    const abi = probe.abi as unknown as Abi;

    expect(await reader.getChainId()).toBe(121212);
    const deployment = await writer.deployContract({ abi, bytecode: probe.bytecode, args: ['hello'] });
    const { contractAddress } = await reader.waitForTransactionReceipt({ hash: deployment });
    if (!contractAddress) throw new Error('the receipt names no contract');
    const [text, balance, block] = await Promise.all([
      reader.readContract({ address: contractAddress, abi, functionName: 'text' }),
      reader.getBalance({ address: account.address }),
      reader.getBlock({ includeTransactions: true }),
    ]);
    expect(text).toBe('hello');
    expect(balance).toBeGreaterThan(0n);
    expect(block.transactions.map(({ hash }) => hash)).toEqual([deployment]);

    const subscriber = createPublicClient({ chain: alys, transport: webSocket() });
    const head = new Promise<bigint>((resolve, reject) => {
      closing.push(
        subscriber.watchBlocks({
          onBlock: ({ number }) => {
            resolve(number);
          },
          onError: reject,
        }),
      );
    });
    const event = new Promise<unknown>((resolve, reject) => {
      const onLogs = (logs: readonly unknown[]): void => {
        resolve((logs[0] as { args: unknown }).args);
      };
      closing.push(
        subscriber.watchContractEvent({ address: contractAddress, abi, eventName: 'Noted', onLogs, onError: reject }),
      );
    });
    await subscriber.getBlockNumber();
    await subscriber.getBlockNumber();

    const gas = await reader.estimateContractGas({
      address: contractAddress,
      abi,
      functionName: 'note',
      args: [7n, 'seven'],
      account,
    });
    const { request } = await reader.simulateContract({
      address: contractAddress,
      abi,
      functionName: 'note',
      args: [7n, 'seven'],
      account,
    });
    const hash = await writer.writeContract(request);
    const receipt = await reader.waitForTransactionReceipt({ hash });
    expect(receipt.status).toBe('success');
    expect(gas).toBeGreaterThanOrEqual(receipt.gasUsed);
    expect(gas * 1000n).toBeLessThan(receipt.gasUsed * 1100n);
    expect(await head).toBe(receipt.blockNumber);
    expect(await event).toMatchObject({ who: account.address, key: 7n, text: 'seven' });
    expect(await reader.getLogs({ address: contractAddress, fromBlock: 0n })).toHaveLength(1);
    expect((await reader.getFeeHistory({ blockCount: 3, rewardPercentiles: [25, 75] })).reward).toHaveLength(3);
    expect(await reader.getTransaction({ hash })).toMatchObject({ hash, from: account.address.toLowerCase() });

    const failure = await reader
      .simulateContract({ address: contractAddress, abi, functionName: 'failWithError', account })
      .catch((error: unknown) => error);
    const reverted =
      failure instanceof BaseError ? failure.walk((error) => error instanceof ContractFunctionRevertedError) : null;
    expect(reverted instanceof ContractFunctionRevertedError && reverted.data).toMatchObject({
      errorName: 'Refused',
      args: [42n],
    });
  });
});
