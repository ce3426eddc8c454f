import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type EthRpcServer, startEthRpcServer } from '../../../node-core/adapters/eth-rpc/server.ts';
import { LIMITS } from '../../../node-core/adapters/eth-rpc/limits.ts';
import { DEFAULT_EXECUTION_CONFIG } from '../../../node-core/adapters/embedded-evm/execution-config.ts';
import type { EmbeddedEvm } from '../../../node-core/adapters/embedded-evm/embedded-evm.ts';
import { addressOf, EvmChain, testEvm } from '../../support/evm-chain.ts';
import { QUIET_NODE } from '../../support/quiet-node.ts';
import { SocketWallet } from '../../support/socket-wallet.ts';

/** Loops until its gas is used up: `JUMPDEST PUSH1 0 JUMP`. */
const ENDLESS = { [addressOf(9)]: { code: '0x5b600056' } };
const LOOPING = [{ to: addressOf(9) }, 'latest', ENDLESS];
const HONEST = [{ to: addressOf(8) }, 'latest'];

describe('wallets beside one that floods the node with calls', () => {
  let evm: EmbeddedEvm;
  let server: EthRpcServer;

  beforeEach(async () => {
    const rpc = { ...DEFAULT_EXECUTION_CONFIG.rpc, callTimeoutMs: 60_000 };
    evm = await testEvm({ config: { ...DEFAULT_EXECUTION_CONFIG, rpc } });
    await EvmChain.on(evm);
    server = await startEthRpcServer({
      host: '127.0.0.1',
      port: 0,
      api: evm,
      node: QUIET_NODE,
      submit: async (_, hash) => hash,
    });
  });
  afterEach(() => server.close());

  it('are answered while its calls run, from as many connections as it likes', async () => {
    const floods = await Promise.all(Array.from({ length: 8 }, () => SocketWallet.connect(server.port)));
    let answered = 0;
    for (const flood of floods)
      for (let i = 0; i < 4; i++) void flood.ask('eth_call', ...LOOPING).then(() => answered++);
    const wallet = await SocketWallet.connect(server.port);
    expect(await wallet.ask('eth_call', ...HONEST)).toMatchObject({ result: '0x' });
    expect(await wallet.ask('eth_estimateGas', { to: addressOf(8) })).toMatchObject({ result: '0x5208' });
    expect(answered).toBe(0);
  });

  it('are answered when all places are taken', async () => {
    const flood = await SocketWallet.connect(server.port);
    const other = await SocketWallet.connect(server.port);
    for (const wallet of [flood, other])
      for (let i = 0; i < LIMITS.inWorkOfClient; i++) void wallet.ask('eth_call', ...LOOPING);
    expect(await flood.ask('eth_chainId')).toMatchObject({ error: { code: -32005 } });
    const wallet = await SocketWallet.connect(server.port);
    expect(await wallet.ask('eth_chainId')).toMatchObject({ result: '0x1d97c' });
    expect(await wallet.ask('eth_call', ...HONEST)).toMatchObject({ result: '0x' });
  });

  it('get its time as soon as it is gone', async () => {
    const gone = new AbortController();
    const looping = evm.request('eth_call', LOOPING, { client: {}, signal: gone.signal });
    const wallet = await SocketWallet.connect(server.port);
    // It runs: what is asked for after it was answered.
    expect(await wallet.ask('eth_call', ...HONEST)).toMatchObject({ result: '0x' });
    gone.abort();
    await expect(looping).rejects.toMatchObject({ body: { message: expect.stringMatching(/aborted/) as string } });
  });
});
