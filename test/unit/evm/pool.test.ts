import { decodeRlp, encodeRlp, Transaction, type TransactionRequest } from 'ethers';
import { beforeEach, describe, expect, it } from 'vitest';
import type { EmbeddedEvm } from '../../../node-core/adapters/embedded-evm/embedded-evm.ts';
import {
  DEFAULT_EXECUTION_CONFIG,
  type ExecutionConfig,
} from '../../../node-core/adapters/embedded-evm/execution-config.ts';
import type { Hex } from '../../../node-core/primitives/hex.ts';
import { EvmChain, addressOf, rootAt, signed, testEvm } from '../../support/evm-chain.ts';

const withPool = (pool: Partial<ExecutionConfig['pool']>): ExecutionConfig => ({
  ...DEFAULT_EXECUTION_CONFIG,
  pool: { ...DEFAULT_EXECUTION_CONFIG.pool, ...pool },
});
const transfer = (nonce: number, tip = 2_000_000n, more: TransactionRequest = {}): TransactionRequest => ({
  to: addressOf(9),
  value: 1n,
  nonce,
  gasLimit: 21_000n,
  maxPriorityFeePerGas: tip,
  ...more,
});

describe('the transaction pool', () => {
  let evm: EmbeddedEvm;
  let chain: EvmChain;

  const start = async (config = DEFAULT_EXECUTION_CONFIG): Promise<void> => {
    evm = await testEvm({ config });
    chain = await EvmChain.on(evm);
    const mints = [0, 1, 2, 3].map((index) => chain.mint(addressOf(index), 1_000_000n));
    await chain.block({ withdrawals: mints });
  };
  beforeEach(() => start());

  const refusal = async (raw: Promise<Hex>): Promise<string> => {
    const error = (await evm.submitTransaction(await raw).catch((reason: unknown) => reason)) as {
      code?: string;
      detail?: { rpcCode: number; rpcMessage: string };
    };
    expect(error.code).toBe('TRANSACTION_REFUSED');
    expect(error.detail?.rpcCode).toBe(-32000);
    return error.detail?.rpcMessage ?? '';
  };
  const pendingNonce = (index: number): Promise<unknown> =>
    evm.request('eth_getTransactionCount', [addressOf(index), 'pending']);

  it('says that it knows a transaction already', async () => {
    const raw = await signed(0, transfer(0));
    const first = await evm.submitTransaction(raw);
    expect(first).toMatchObject({ to: addressOf(9), alreadyKnown: false });
    expect(await evm.submitTransaction(raw)).toEqual({ ...first, alreadyKnown: true });
  });

  it('keeps a transaction with a gap before it until the gap is filled', async () => {
    await chain.send(0, transfer(1));
    expect(await evm.pendingTransactions(10)).toEqual([]);
    expect(await pendingNonce(0)).toBe('0x0');
    expect((await chain.block()).transactions).toEqual([]);
    await chain.send(0, transfer(0));
    expect(await pendingNonce(0)).toBe('0x2');
    expect((await chain.block()).transactions).toHaveLength(2);
    expect(await evm.pendingTransactions(10)).toEqual([]);
  });

  it('replaces a transaction only for 10 % more of both prices', async () => {
    const first = await chain.send(0, transfer(0, 10_000_000n, { maxFeePerGas: 1_000_000_000n }));
    expect(await refusal(signed(0, transfer(0, 11_000_000n, { maxFeePerGas: 1_099_999_999n })))).toBe(
      'replacement transaction underpriced',
    );
    expect(await refusal(signed(0, transfer(0, 10_999_999n, { maxFeePerGas: 1_100_000_000n })))).toBe(
      'replacement transaction underpriced',
    );
    const second = await chain.send(0, transfer(0, 11_000_000n, { maxFeePerGas: 1_100_000_000n }));
    expect(await evm.request('eth_getTransactionByHash', [first])).toBeNull();
    expect(await evm.request('eth_getTransactionByHash', [second])).toMatchObject({ hash: second, blockHash: null });
    expect((await chain.block()).transactions).toHaveLength(1);
  });

  it.each([
    [
      'a used nonce',
      async () => {
        await chain.send(0, transfer(0));
        await chain.block();
        return signed(0, transfer(0, 3_000_000n));
      },
      /^nonce too low: next nonce 1, tx nonce 0$/,
    ],
    [
      'too low a tip',
      () => signed(0, transfer(0, 999_999n)),
      /^transaction gas price below minimum: gas tip cap 999999, minimum needed 1000000$/,
    ],
    [
      'more than the balance',
      () => signed(0, transfer(0, 2_000_000n, { value: 10n ** 16n })),
      /^insufficient funds for gas \* price \+ value/,
    ],
    [
      'too little gas',
      () => signed(0, transfer(0, 2_000_000n, { gasLimit: 20_999n })),
      /^intrinsic gas too low: gas 20999, minimum needed 21000$/,
    ],
    [
      'more gas than a block has',
      () => signed(0, transfer(0, 2_000_000n, { gasLimit: 30_000_001n, maxFeePerGas: 2_000_000n })),
      /^exceeds block gas limit$/,
    ],
    [
      'more gas than a transaction gets',
      () => signed(0, transfer(0, 2_000_000n, { gasLimit: 8_000_001n, maxFeePerGas: 2_000_000n })),
      /^gas limit too high: gas 8000001, this node gives a transaction at most 8000000$/,
    ],
    [
      'another chain',
      () => signed(0, transfer(0, 2_000_000n, { chainId: 1 })),
      /^invalid chain id for signer: want 121212$/,
    ],
    [
      'too many bytes',
      () => signed(0, transfer(0, 2_000_000n, { data: `0x${'00'.repeat(131_073)}` })),
      /^oversized data/,
    ],
    ['blobs', async () => `0x03${(await signed(0, transfer(0))).slice(4)}` as Hex, /blobs are not part of this chain/],
    ['nothing', async () => '0x' as Hex, /^the transaction can not be decoded$/],
    ['one byte', async () => '0x00' as Hex, /^transaction type not supported$/],
    ['an unknown type', async () => '0x05aabb' as Hex, /^transaction type not supported$/],
    [
      'authorizations',
      () => signed(0, transfer(0, 2_000_000n, { type: 4, authorizationList: [] })),
      /^transaction type not supported$/,
    ],
    ['too few fields', async () => '0x02c0' as Hex, /^the transaction can not be decoded$/],
    ['fewer bytes than it says', async () => '0xf8ff' as Hex, /^the transaction can not be decoded$/],
    ['bytes behind it', async () => `${await signed(0, transfer(0))}00` as Hex, /^the transaction can not be decoded$/],
    [
      'more creation code than there may be',
      () => signed(0, transfer(0, 2_000_000n, { to: null, data: `0x${'00'.repeat(49_153)}` })),
      /^max initcode size exceeded$/,
    ],
    [
      'a signature of nobody',
      async () => {
        const transaction = Transaction.from(await signed(0, transfer(0)));
        const unsigned = decodeRlp(`0x${transaction.unsignedSerialized.slice(4)}`) as string[];
        return `0x02${encodeRlp([...unsigned, '0x', `0x${'ff'.repeat(32)}`, '0x01']).slice(2)}` as Hex;
      },
      /^invalid sender$/,
    ],
    [
      'no protection against replay',
      () =>
        signed(0, {
          type: 0,
          to: addressOf(9),
          nonce: 0,
          gasPrice: 10_000_000n,
          gasLimit: 21_000n,
          chainId: null,
          maxFeePerGas: null,
          maxPriorityFeePerGas: null,
        }),
      /replay-protected/,
    ],
  ] as const)('refuses a transaction with %s', async (_, make, message) => {
    expect(await refusal(Promise.resolve(make()))).toMatch(message);
    expect(await evm.pendingTransactions(10)).toEqual([]);
  });

  it('takes what is just inside its bounds: the least tip, the most gas, the whole balance', async () => {
    await chain.send(0, transfer(0, 1_000_000n));
    await chain.send(1, transfer(0, 2_000_000n, { gasLimit: 8_000_000n, maxFeePerGas: 2_000_000n }));
    const balance = BigInt((await evm.request('eth_getBalance', [addressOf(2), 'latest'])) as string);
    const gas = { gasLimit: 21_000n, maxFeePerGas: 1_000_000_000n };
    const value = balance - gas.gasLimit * gas.maxFeePerGas;
    expect(await refusal(signed(2, transfer(0, 2_000_000n, { ...gas, value: value + 1n })))).toMatch(/^insufficient/);
    await chain.send(2, transfer(0, 2_000_000n, { ...gas, value }));
    expect(await evm.pendingTransactions(10)).toHaveLength(3);
  });

  it('counts what an account has waiting against its balance', async () => {
    const value = 6n * 10n ** 15n;
    await chain.send(0, transfer(0, 2_000_000n, { value }));
    expect(await refusal(signed(0, transfer(1, 2_000_000n, { value })))).toMatch(/^insufficient funds.*queued cost/);
  });

  it('takes a legacy and an access list transaction', async () => {
    await chain.send(0, {
      type: 0,
      to: addressOf(9),
      nonce: 0,
      gasPrice: 20_000_000n,
      maxFeePerGas: null,
      maxPriorityFeePerGas: null,
    });
    await chain.send(0, {
      type: 1,
      to: addressOf(9),
      nonce: 1,
      gasPrice: 20_000_000n,
      accessList: [],
      maxFeePerGas: null,
      maxPriorityFeePerGas: null,
    });
    const payload = await chain.block();
    expect(payload.transactions).toHaveLength(2);
  });

  it('bounds what one account has waiting', async () => {
    await start(withPool({ maxPerAccount: 2 }));
    await chain.send(0, transfer(0));
    await chain.send(0, transfer(1));
    expect(await refusal(signed(0, transfer(2)))).toMatch(/^account limit exceeded/);
  });

  it('makes room for a better transaction when it is full, queued ones first', async () => {
    await start(withPool({ maxTransactions: 2 }));
    await chain.send(0, transfer(0, 5_000_000n));
    const queued = await chain.send(1, transfer(7, 9_000_000n));
    await chain.send(2, transfer(0, 2_000_000n));
    expect(await evm.request('eth_getTransactionByHash', [queued])).toBeNull();
    expect(await refusal(signed(3, transfer(0, 2_000_000n)))).toBe('txpool is full');
    await chain.send(3, transfer(0, 3_000_000n));
    expect(await evm.pendingTransactions(10)).toHaveLength(2);
    expect(await pendingNonce(2)).toBe('0x0');
  });

  it('evicts nothing for a transaction that is refused in the end', async () => {
    await start(withPool({ maxBytes: 1700 }));
    const data = `0x${'01'.repeat(600)}`;
    const kept = [
      await chain.send(0, transfer(0, 2_000_000n, { data, gasLimit: 90_000n })),
      await chain.send(1, transfer(0, 5_000_000n, { data, gasLimit: 90_000n })),
    ];
    const large = `0x${'01'.repeat(1400)}`;
    expect(await refusal(signed(2, transfer(0, 4_000_000n, { data: large, gasLimit: 90_000n })))).toBe(
      'txpool is full',
    );
    for (const hash of kept) expect(await evm.request('eth_getTransactionByHash', [hash])).not.toBeNull();
    // A better one takes the place of both.
    const best = await chain.send(2, transfer(0, 6_000_000n, { data: large, gasLimit: 90_000n }));
    expect(await evm.pendingTransactions(10)).toHaveLength(1);
    expect(await evm.request('eth_getTransactionByHash', [best])).not.toBeNull();
  });

  it('bounds its bytes', async () => {
    await start(withPool({ maxBytes: 1000 }));
    await chain.send(0, transfer(0, 5_000_000n, { data: `0x${'01'.repeat(700)}`, gasLimit: 90_000n }));
    expect(
      await refusal(signed(1, transfer(0, 2_000_000n, { data: `0x${'01'.repeat(700)}`, gasLimit: 90_000n }))),
    ).toBe('txpool is full');
  });

  it('tells other accounts’ transactions the next time when it tells only some', async () => {
    for (const index of [0, 1, 2]) await chain.send(index, transfer(0));
    const all = await evm.pendingTransactions(10);
    const told = [await evm.pendingTransactions(2), await evm.pendingTransactions(2)];
    expect(told[0]).toEqual(all.slice(0, 2));
    expect(told[1]?.[0]).toBe(all[2]);
    expect(await evm.pendingTransactions(10)).toHaveLength(3);
  });

  it('shrinks at once when its bounds do', async () => {
    for (const index of [0, 1, 2]) await chain.send(index, transfer(0, BigInt(index + 2) * 1_000_000n));
    expect(await evm.reconfigure('{"pool":{"maxTransactions":1}}')).toEqual({ applied: true });
    expect(await evm.pendingTransactions(10)).toEqual([await signed(2, transfer(0, 4_000_000n))]);
  });

  it('takes the transactions of an orphaned block back', async () => {
    const fork = chain.head;
    const hash = await chain.send(0, transfer(0));
    const request = chain.request();
    const left = await evm.build(request);
    const empty = await (await testEvm()).genesis();
    expect(left.transactions).toHaveLength(1);
    const other = await testEvm();
    const otherChain = await EvmChain.on(other);
    expect(otherChain.head.blockHash).toBe(empty.blockHash);
    await otherChain.block({ withdrawals: [0, 1, 2, 3].map((index) => otherChain.mint(addressOf(index), 1_000_000n)) });
    const right = await other.build({ ...request, prevRandao: rootAt(9) });
    for (const payload of [left, right]) {
      expect(await evm.execute(payload, request.parentBeaconBlockRoot)).toMatchObject({ status: 'VALID' });
    }
    const choose = (head: Hex): Promise<void> =>
      evm.setForkchoice({ head: head as never, safe: fork.blockHash, finalized: fork.blockHash });
    await choose(left.blockHash);
    expect(await evm.pendingTransactions(10)).toEqual([]);
    await choose(right.blockHash);
    expect(await evm.pendingTransactions(10)).toEqual(left.transactions);
    expect(await evm.request('eth_getTransactionReceipt', [hash])).toBeNull();
  });

  it('drops what another block made impossible', async () => {
    await chain.send(0, transfer(0));
    const replaced = await signed(0, transfer(0, 50_000_000n, { maxFeePerGas: 2_000_000_000n }));
    const other = await testEvm();
    const otherChain = await EvmChain.on(other);
    await otherChain.block({ withdrawals: [0, 1, 2, 3].map((index) => otherChain.mint(addressOf(index), 1_000_000n)) });
    await other.submitTransaction(replaced);
    const request = otherChain.request();
    const payload = await other.build(request);
    await chain.import(payload, request.parentBeaconBlockRoot);
    expect(await evm.pendingTransactions(10)).toEqual([]);
  });

  it('takes new prices while it runs, and refuses wrong settings with reasons and without effect', async () => {
    expect(await evm.reconfigure('{"minTipWei":"5000000","pool":{"priceBumpPercent":20}}')).toEqual({ applied: true });
    expect(await refusal(signed(0, transfer(0, 4_999_999n)))).toMatch(/minimum needed 5000000$/);
    for (const [settings, reason] of [
      ['{', /not JSON/],
      ['[]', /^settings: /],
      ['{"pools":{}}', /pools/],
      ['{"minTipWei":5}', /^minTipWei: /],
      ['{"pool":{"maxTransactions":0}}', /^pool\.maxTransactions: /],
      ['{"minTipWei":"1","rpc":{"maxLogs":-1}}', /^rpc\.maxLogs: /],
      ['{"gasLimitTarget":1}', /^gasLimitTarget: /],
      // A block with a higher limit than the network's is invalid.
      ['{"gasLimitTarget":30000001}', /^gasLimitTarget: at most 30000000, the network's gas limit$/],
      // A block with a longer transaction is invalid.
      ['{"pool":{"maxTransactionBytes":131073}}', /^pool\.maxTransactionBytes: /],
    ] as const) {
      expect(await evm.reconfigure(settings)).toEqual({
        applied: false,
        reasons: [expect.stringMatching(reason) as string],
      });
    }
    expect(await refusal(signed(0, transfer(0, 4_999_999n)))).toMatch(/minimum needed 5000000$/);
  });

  it('moves the gas limit toward a new target by less than a 1024th a block', async () => {
    await evm.reconfigure('{"gasLimitTarget":29950000}');
    const limits: bigint[] = [];
    for (let i = 0; i < 4; i++) limits.push((await chain.block()).gasLimit);
    expect(limits).toEqual([29_970_705n, 29_950_000n, 29_950_000n, 29_950_000n]);
  });
});
