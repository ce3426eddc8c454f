import { Interface } from 'ethers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Client } from '../../../node-core/adapters/eth-rpc/client.ts';
import { WalletApi } from '../../../node-core/adapters/eth-rpc/wallet-api.ts';
import type { ExecutionPayload } from '../../../node-core/domain/consensus/types.ts';
import type { EthApiPort } from '../../../node-core/ports/eth-api.ts';
import type { ExecutionPort } from '../../../node-core/ports/execution.ts';
import type { Hex } from '../../../node-core/primitives/hex.ts';
import { evmBlockHash } from '../../../node-core/primitives/ids.ts';
import { BRIDGE, BRIDGE_ADDRESS, EvmChain, addressOf, rootAt, signed, withOwnHash } from '../../support/evm-chain.ts';

/** An execution client of `TEST_NETWORK` at block 0. */
export interface StartedClient {
  readonly client: ExecutionPort & EthApiPort;
  stop(): Promise<void>;
}

const bridge = new Interface(JSON.stringify(BRIDGE.abi));
const SAT = 10_000_000_000n;
/** Clients of another process need some of it to fill a payload. */
const BUDGET = { timeBudgetMs: 600 };

/** What every execution client must do behind `ExecutionPort` and `EthApiPort`. */
export function executionContract(name: string, start: () => Promise<StartedClient>): void {
  describe(`${name} as an execution client`, () => {
    let started: StartedClient;
    let client: ExecutionPort & EthApiPort;
    let chain: EvmChain;
    let nonce = 0;

    beforeAll(async () => {
      started = await start();
      client = started.client;
      chain = await EvmChain.on(client);
      await chain.block({ ...BUDGET, withdrawals: [chain.mint(addressOf(0), 5_000_000_000n)] });
    });
    afterAll(() => started.stop());

    const balance = async (address: string): Promise<bigint> =>
      BigInt((await client.request('eth_getBalance', [address, 'latest'])) as string);

    it('has the block 0 of the network', async () => {
      const genesis = await client.genesis();
      expect(genesis.blockNumber).toBe(0);
      expect(genesis.blockHash).toBe('0x7ae71777ae418c8da42cf7d6c6e61381bea7b44ff0f5e62bd4312f44f3e55791');
      expect(await client.request('eth_getBlockByNumber', ['0x0', false])).toMatchObject({ hash: genesis.blockHash });
    });

    it('says which settings are in force, which a change that it takes is then among, and a refused one is not', async () => {
      const before = JSON.parse(await client.settings()) as { readonly rpc: object };
      expect(await client.reconfigure('{"rpc":{"maxLogs":4321}}')).toEqual({ applied: true });
      const after = { ...before, rpc: { ...before.rpc, maxLogs: 4321 } };
      expect(JSON.parse(await client.settings())).toEqual(after);
      expect(await client.reconfigure('{"rpc":{"maxLogs":0}}')).toMatchObject({ applied: false });
      expect(JSON.parse(await client.settings())).toEqual(after);
      // What it says can be given back as it stands.
      expect(await client.reconfigure(JSON.stringify(before))).toEqual({ applied: true });
    });

    it('mints each withdrawal', async () => {
      const to = addressOf(20);
      const { withdrawals } = await chain.block({ ...BUDGET, withdrawals: [chain.mint(to, 1n), chain.mint(to, 2n)] });
      expect(withdrawals).toHaveLength(2);
      expect(await balance(to)).toBe(3n * SAT);
    });

    it('takes a transaction, tells it to others, puts it into a block and forgets it', async () => {
      const raw = await signed(0, { to: addressOf(21), value: 9n, nonce: nonce++ });
      const taken = await client.submitTransaction(raw);
      expect(taken).toMatchObject({ to: addressOf(21), alreadyKnown: false });
      expect(await client.submitTransaction(raw)).toEqual({ ...taken, alreadyKnown: true });
      expect(await client.pendingTransactions(10)).toEqual([raw]);
      expect(await client.pendingTransactions(0)).toEqual([]);
      const payload = await chain.block(BUDGET);
      expect(payload.transactions).toEqual([raw]);
      expect(await balance(addressOf(21))).toBe(9n);
      expect(await client.request('eth_getTransactionReceipt', [taken.evmTxHash])).toMatchObject({
        status: '0x1',
        blockHash: payload.blockHash,
      });
    });

    it.each([
      ['a used nonce', () => signed(0, { to: addressOf(1), nonce: 0 }), /nonce too low/],
      ['no funds', () => signed(9, { to: addressOf(1), nonce: 0 }), /insufficient funds/],
      ['too little gas', () => signed(0, { to: addressOf(1), nonce, gasLimit: 20_000n }), /intrinsic gas too low/],
      ['no tip', () => signed(0, { to: addressOf(1), nonce, maxPriorityFeePerGas: 1n }), /gas price below minimum/],
      ['another chain', () => signed(0, { to: addressOf(1), nonce, chainId: 5 }), /invalid chain id|invalid sender/],
      ['blobs', async (): Promise<Hex> => `0x03${(await signed(0, { nonce })).slice(4)}`, /blobs|not supported/],
    ])('refuses a transaction with %s, with the code wallets know', async (_, make, message) => {
      await expect(client.submitTransaction(await make())).rejects.toMatchObject({
        code: 'TRANSACTION_REFUSED',
        detail: { rpcCode: -32000, rpcMessage: expect.stringMatching(message) as string },
      });
    });

    it('tells the logs of a block in order, with what made them', async () => {
      const data = bridge.encodeFunctionData('requestPegOut', [new TextEncoder().encode('bcrt1qsomewhere')]);
      const value = 1_000_000n * SAT;
      const first = await client.submitTransaction(
        await signed(0, { to: BRIDGE_ADDRESS, data, value, nonce: nonce++ }),
      );
      await client.submitTransaction(await signed(0, { to: BRIDGE_ADDRESS, data, value: 1n, nonce: nonce++ }));
      const last = await client.submitTransaction(await signed(0, { to: BRIDGE_ADDRESS, data, value, nonce: nonce++ }));
      const payload = await chain.block(BUDGET);
      expect(payload.transactions).toHaveLength(3);
      const made = { address: BRIDGE_ADDRESS, contractCreation: false, sender: addressOf(0) };
      expect(await client.logs(payload.blockHash, payload.blockNumber)).toMatchObject([
        { ...made, logIndex: 0, transactionIndex: 0, evmTxHash: first.evmTxHash },
        { ...made, logIndex: 1, transactionIndex: 2, evmTxHash: last.evmTxHash },
      ]);
      expect(await client.logs(chain.blocks[0]?.payload.blockHash as never, payload.blockNumber)).toEqual([]);
    });

    it('refuses a payload whose content is not what its hash says, or whose execution gives another state (INV-18)', async () => {
      const request = chain.request(BUDGET);
      const valid = await client.build(request);
      const wrong: readonly Partial<ExecutionPayload>[] = [
        { stateRoot: rootAt(1) },
        { gasUsed: 1n },
        { timestampS: valid.timestampS + 1 },
        { blockHash: evmBlockHash(rootAt(2)) },
        { transactions: ['0x00'] },
      ];
      for (const change of wrong) {
        const status = await client.execute({ ...valid, ...change }, request.parentBeaconBlockRoot);
        expect(status).toMatchObject({ status: 'INVALID', reason: expect.stringMatching(/./) as string });
      }
      for (const change of [{ stateRoot: rootAt(1) }, { receiptsRoot: rootAt(1) }, { gasUsed: valid.gasUsed + 1n }]) {
        const payload = withOwnHash({ ...valid, ...change }, request.parentBeaconBlockRoot);
        const status = await client.execute(payload, request.parentBeaconBlockRoot);
        expect(status).toMatchObject({ status: 'INVALID', reason: expect.stringMatching(/./) as string });
      }
      expect(await client.execute(valid, rootAt(12345))).toMatchObject({ status: 'INVALID' });
      expect(await client.execute(valid, request.parentBeaconBlockRoot)).toMatchObject({ status: 'VALID' });
    });

    it('executes a block again to the same answer, and says what its base fees burned', async () => {
      await client.submitTransaction(await signed(0, { to: addressOf(22), value: 1n, nonce: nonce++ }));
      const request = chain.request({ ...BUDGET, prevRandao: rootAt(8) });
      const payload = await client.build(request);
      const first = await client.execute(payload, request.parentBeaconBlockRoot);
      expect(first).toMatchObject({ status: 'VALID', burnedFeesWei: payload.baseFeePerGas * 21_000n });
      expect(await client.execute(payload, request.parentBeaconBlockRoot)).toEqual(first);
      await chain.import(payload, request.parentBeaconBlockRoot);
    });

    it('does not know a block whose parent it does not have', async () => {
      const request = chain.request(BUDGET);
      const missing = await client.build({ ...request, prevRandao: rootAt(4) });
      const orphan = { ...missing, parentHash: evmBlockHash(rootAt(5)) };
      // Its hash is wrong too, and either is a reason not to take it.
      expect((await client.execute(orphan, request.parentBeaconBlockRoot)).status).not.toBe('VALID');
      await expect(client.build({ ...request, parentHash: evmBlockHash(rootAt(6)) })).rejects.toMatchObject({
        code: 'UNKNOWN_PARENT',
      });
      const unknown = { head: evmBlockHash(rootAt(7)), safe: chain.head.blockHash, finalized: chain.head.blockHash };
      await expect(client.setForkchoice(unknown)).rejects.toMatchObject({ code: 'UNKNOWN_BLOCK' });
    });

    it('tells of new heads, and follows a reorganisation', async () => {
      const heads: Hex[] = [];
      const stop = client.onHead((hash) => heads.push(hash));
      const base = chain.head;
      const request = chain.request(BUDGET);
      const left = await client.build({ ...request, withdrawals: [chain.mint(addressOf(23), 1n)] });
      const right = await client.build({ ...request, withdrawals: [chain.mint(addressOf(24), 1n)] });
      for (const payload of [left, right]) {
        expect(await client.execute(payload, request.parentBeaconBlockRoot)).toMatchObject({ status: 'VALID' });
      }
      const final = { safe: base.blockHash, finalized: base.blockHash };
      await client.setForkchoice({ head: left.blockHash, ...final });
      expect([await balance(addressOf(23)), await balance(addressOf(24))]).toEqual([SAT, 0n]);
      await client.setForkchoice({ head: right.blockHash, ...final });
      expect([await balance(addressOf(23)), await balance(addressOf(24))]).toEqual([0n, SAT]);
      stop();
      await client.setForkchoice({ head: left.blockHash, ...final });
      expect(heads).toEqual([left.blockHash, right.blockHash]);
      chain = EvmChain.from(client, null, left);
    });

    it.each([
      'admin_nodeInfo',
      'personal_listAccounts',
      'debug_traceBlock',
      'eth_sendTransaction',
      'eth_sendRawTransactionSync',
      'eth_sign',
    ])('does not answer wallets %s', async (method) => {
      const answer = new WalletApi(client).request(method, [], new Client().asker);
      await expect(answer).rejects.toMatchObject({ body: { code: -32601 } });
    });

    it('answers wallets with the codes they know', async () => {
      const probe = client.request('eth_call', [
        { to: BRIDGE_ADDRESS, data: bridge.encodeFunctionData('requestPegOut', ['0x61']) },
        'latest',
      ]);
      await expect(probe).rejects.toMatchObject({ body: { code: 3, message: 'execution reverted' } });
      await expect(client.request('eth_getBalance', ['0x12', 'latest'])).rejects.toMatchObject({
        body: { code: -32602 },
      });
      await expect(client.request('eth_getBalance', [addressOf(0), '0xffffff'])).rejects.toMatchObject({
        body: { code: -32000 },
      });
      expect(await client.request('eth_chainId', [])).toBe('0x1d97c');
      expect(await client.request('eth_getBlockByNumber', ['0xffffff', false])).toBeNull();
    });
  });
}
