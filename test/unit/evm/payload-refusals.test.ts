import { beforeEach, describe, expect, it } from 'vitest';
import type { EmbeddedEvm } from '../../../node-core/adapters/embedded-evm/embedded-evm.ts';
import type { ExecutionPayload } from '../../../node-core/domain/consensus/types.ts';
import type { PayloadRequest } from '../../../node-core/ports/execution.ts';
import type { Hex } from '../../../node-core/primitives/hex.ts';
import { blockHeight, evmAddress } from '../../../node-core/primitives/ids.ts';
import { wei } from '../../../node-core/primitives/units.ts';
import { EvmChain, addressOf, gwei, rootAt, signed, testEvm, withOwnHash } from '../../support/evm-chain.ts';

describe('a payload', () => {
  let evm: EmbeddedEvm;
  let chain: EvmChain;
  let request: PayloadRequest;
  let valid: ExecutionPayload;

  beforeEach(async () => {
    evm = await testEvm();
    chain = await EvmChain.on(evm);
    await chain.block({ withdrawals: [chain.mint(addressOf(0), 100_000_000n)] });
    await chain.send(0, { to: addressOf(1), value: 1n, nonce: 0 });
    request = chain.request({ withdrawals: [chain.mint(addressOf(2), 5n)] });
    valid = await evm.build(request);
    // Executing a block that isn't the last built one runs all of it.
    await evm.build({ ...request, prevRandao: rootAt(5) });
  });

  const rehashed = (payload: ExecutionPayload): ExecutionPayload => withOwnHash(payload, request.parentBeaconBlockRoot);
  const flipped = (hex: Hex): Hex => `0x${hex.slice(2).replace(/^../, (digits) => (digits === 'aa' ? 'bb' : 'aa'))}`;

  const refused = async (payload: ExecutionPayload, reason: RegExp): Promise<void> => {
    const status = await evm.execute(payload, request.parentBeaconBlockRoot);
    expect(status).toMatchObject({ status: 'INVALID', reason: expect.stringMatching(reason) as string });
    // Nothing is changed: the block as it was made is still valid, and gives what it gave.
    expect(await evm.request('eth_getBlockByHash', [payload.blockHash, false])).toBeNull();
    expect(await evm.execute(valid, request.parentBeaconBlockRoot)).toMatchObject({ status: 'VALID' });
  };

  it.each([
    ['stateRoot', /stateRoot/],
    ['receiptsRoot', /receiptsRoot/],
    ['logsBloom', /logsBloom/],
  ] as const)('with another %s is refused after its execution (INV-18)', async (field, reason) => {
    await refused(rehashed({ ...valid, [field]: flipped(valid[field]) }), reason);
  });

  it.each([
    ['gasUsed one less', { gasUsed: 20_999n }, /gasUsed/],
    ['gasUsed above the limit', { gasUsed: 30_000_001n }, /gasUsed is above/],
    ['a higher base fee', { baseFeePerGas: wei(10_000_000n) }, /baseFeePerGas/],
    ['a gas limit that leaps', { gasLimit: 30_030_000n }, /gasLimit/],
    ['another number', { blockNumber: blockHeight(7) }, /blockNumber/],
    ["its parent's time", { timestampS: 1_700_000_002 }, /timestampS/],
    ['blob gas', { blobGasUsed: 131_072n }, /blobs/],
    ['excess blob gas', { excessBlobGas: 1n }, /blobs/],
    ['33 bytes of extra data', { extraData: `0x${'00'.repeat(33)}` as Hex }, /extraData/],
    ['a missing transaction', { transactions: [] }, /stateRoot|gasUsed|receiptsRoot/],
    ['a transaction that is no transaction', { transactions: ['0x02c0' as Hex] }, /transaction 0/],
    ['an empty transaction', { transactions: ['0x' as Hex] }, /transaction 0 is not hex/],
    ['no withdrawals', { withdrawals: [] }, /stateRoot/],
    [
      'a withdrawal more',
      { withdrawals: [{ index: 1n, validatorIndex: 0n, address: evmAddress(addressOf(3)), amountGwei: gwei(1n) }] },
      /stateRoot/,
    ],
    [
      'a withdrawal above 64 bits',
      { withdrawals: [{ index: 1n, validatorIndex: 0n, address: addressOf(3), amountGwei: gwei(1n << 64n) }] },
      /withdrawal 0/,
    ],
    ['another fee recipient', { feeRecipient: addressOf(7) }, /stateRoot/],
  ] as const)('with %s is refused', async (_, change, reason) => {
    const changed: ExecutionPayload = { ...valid, ...change };
    await refused(/extraData|above 64|33 bytes/.test(reason.source) ? changed : rehash(changed), reason);
  });

  /** Where no header can be made of it, the old hash stands. */
  const rehash = (payload: ExecutionPayload): ExecutionPayload => {
    try {
      return rehashed(payload);
    } catch {
      return { ...payload, blockHash: valid.blockHash };
    }
  };

  it('with another hash than its content is refused', async () => {
    const status = await evm.execute(
      { ...valid, blockHash: rootAt(3) as unknown as ExecutionPayload['blockHash'] },
      request.parentBeaconBlockRoot,
    );
    expect(status).toMatchObject({ status: 'INVALID', reason: `blockHash is not ${valid.blockHash}` });
  });

  it('on another parent Alys root is another block', async () => {
    const status = await evm.execute(valid, rootAt(9));
    expect(status).toMatchObject({ status: 'INVALID', reason: expect.stringContaining('blockHash is not') as string });
  });

  it('with a blob transaction is refused', async () => {
    const [raw] = valid.transactions;
    await refused(rehashed({ ...valid, transactions: [`0x03${(raw as Hex).slice(4)}`] }), /blobs are not part/);
  });

  it('with a transaction of another chain is refused', async () => {
    const foreign = await signed(0, { to: addressOf(1), value: 1n, nonce: 0, chainId: 1 });
    await refused(rehashed({ ...valid, transactions: [foreign] }), /transaction 0/);
  });

  it('with a transaction twice, in the wrong order, or that its sender cannot pay is refused', async () => {
    const [raw] = valid.transactions as [Hex];
    const later = await signed(0, { to: addressOf(1), value: 1n, nonce: 1 });
    const unpaid = await signed(4, { to: addressOf(1), value: 1n, nonce: 0 });
    await refused(rehashed({ ...valid, transactions: [raw, raw] }), /transaction 1.*nonce/);
    await refused(rehashed({ ...valid, transactions: [later, raw] }), /transaction 0.*nonce/);
    await refused(rehashed({ ...valid, transactions: [unpaid] }), /transaction 0.*funds/);
  });

  it('with a transaction under the base fee is refused', async () => {
    const cheap = await signed(0, { to: addressOf(1), nonce: 0, maxFeePerGas: 5n, maxPriorityFeePerGas: 5n });
    await refused(rehashed({ ...valid, transactions: [cheap] }), /transaction 0.*baseFee/);
  });

  it('with a transaction in another encoding is refused', async () => {
    const [raw] = valid.transactions as [Hex];
    await refused(rehashed({ ...valid, transactions: [`${raw}00`] }), /transaction 0/);
  });
});
