import { AbiCoder, id, zeroPadValue } from 'ethers';
import { describe, expect, it } from 'vitest';
import { type BurnLog, decodeBurns, REQUEST_PEG_OUT_TOPIC } from '../../../node-core/domain/pegout/burns.ts';
import type { Hex } from '../../../node-core/primitives/hex.ts';
import { blockHeight, evmAddress, evmBlockHash, evmTxHash } from '../../../node-core/primitives/ids.ts';
import { PAYEE } from '../../support/bridge/bridge-world.ts';

const bridgeAddress = evmAddress('0xbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb');
const sender = evmAddress(`0x${'5e'.repeat(20)}`);
const source = { bridgeAddress, blockHash: evmBlockHash(`0x${'b1'.repeat(32)}`), height: blockHeight(7) };
const coder = AbiCoder.defaultAbiCoder();
const data = (destination: string | Uint8Array, amount: bigint): Hex =>
  coder.encode(
    ['bytes', 'uint256'],
    [typeof destination === 'string' ? new TextEncoder().encode(destination) : destination, amount],
  ) as Hex;

const log = (change: Partial<BurnLog> = {}): BurnLog => ({
  address: bridgeAddress,
  topics: [REQUEST_PEG_OUT_TOPIC, zeroPadValue(sender, 32) as Hex],
  data: data(PAYEE, 10n ** 16n),
  logIndex: 3,
  evmTxHash: evmTxHash(`0x${'7e'.repeat(32)}`),
  contractCreation: false,
  ...change,
});

describe('a burn', () => {
  it("has the topic of the bridge contract's event", () => {
    expect(REQUEST_PEG_OUT_TOPIC).toBe(id('RequestPegOut(address,bytes,uint256)'));
  });

  it("is read from the bridge's own log", () => {
    expect(decodeBurns([log()], source)).toEqual([
      {
        id: `${source.blockHash}:3`,
        blockHash: source.blockHash,
        height: 7,
        logIndex: 3,
        evmTxHash: `0x${'7e'.repeat(32)}`,
        sender,
        destination: PAYEE,
        amountWei: 10n ** 16n,
      },
    ]);
  });

  it("HOLE-2: counts when another contract called the bridge: the log is the bridge's, whoever sent the transaction", () => {
    const contract = evmAddress(`0x${'c0'.repeat(20)}`);
    const [burn] = decodeBurns([log({ topics: [REQUEST_PEG_OUT_TOPIC, zeroPadValue(contract, 32) as Hex] })], source);
    expect(burn).toMatchObject({ sender: contract });
  });

  it('comes in log order, several of one transaction apart', () => {
    const burns = decodeBurns([log({ logIndex: 9 }), log({ logIndex: 2 })], source);
    expect(burns.map(({ id: burn }) => burn)).toEqual([`${source.blockHash}:2`, `${source.blockHash}:9`]);
  });

  it('shows bytes that are no UTF-8 as such, and is not lost', () => {
    const [burn] = decodeBurns([log({ data: data(Uint8Array.of(0x62, 0xff, 0xfe), 5n) })], source);
    expect(burn?.destination).toBe('b\u{fffd}\u{fffd}');
  });

  it.each<[string, Partial<BurnLog>]>([
    ["HOLE-1: another contract's log", { address: evmAddress(`0x${'c0'.repeat(20)}`) }],
    ['HOLE-1: a log of a contract creation', { contractCreation: true }],
    ['another event', { topics: [id('Transfer(address,address,uint256)') as Hex, zeroPadValue(sender, 32) as Hex] }],
    ['no indexed sender', { topics: [REQUEST_PEG_OUT_TOPIC] }],
    ['a topic too many', { topics: [REQUEST_PEG_OUT_TOPIC, zeroPadValue(sender, 32) as Hex, `0x${'00'.repeat(32)}`] }],
    ['a sender that is no address', { topics: [REQUEST_PEG_OUT_TOPIC, `0x${'ff'.repeat(32)}`] }],
    ['data that do not decode', { data: '0x1234' }],
    ['data that point outside themselves', { data: `0x${'f'.repeat(128)}` }],
    ['an over-long address', { data: data('b'.repeat(2000), 1n) }],
  ])('is not %s (INV-5)', (_, change) => {
    expect(decodeBurns([log(change)], source)).toEqual([]);
  });
});
