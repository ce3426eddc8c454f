import { describe, expect, it } from 'vitest';
import { bytesToBareHex, hexToBytes } from '../../../node-core/primitives/hex.ts';
import {
  type Draft,
  MINER,
  MINER_KEY,
  type TestServer,
  type Utxo,
  coinbaseOf,
  federation,
  federationWitness,
  outputOf,
  signedByKey,
  startFundedServer,
  withWitnesses,
} from './support.ts';

interface TestedTx {
  readonly txid: string;
  readonly allowed: boolean;
  readonly 'reject-reason'?: string;
}

const test = async (server: TestServer, bytes: Uint8Array): Promise<string | undefined> => {
  const [tested] = await server.rpc<TestedTx[]>('testmempoolaccept', [bytesToBareHex(bytes)]);
  return tested?.allowed === true ? 'allowed' : tested?.['reject-reason'];
};
const send = (server: TestServer, bytes: Uint8Array) => server.ask('sendrawtransaction', bytesToBareHex(bytes));

const FEE = 1_000n;
/** One coin paid to these outputs, the rest to the miner. */
function pay(
  coin: Utxo,
  outputs: readonly { script: Uint8Array; amountSats: bigint }[],
  fields: Partial<Draft> = {},
  fee = FEE,
) {
  const paid = outputs.reduce((sum, output) => sum + output.amountSats, 0n);
  const change = { script: MINER.script, amountSats: coin.amountSats - paid - fee };
  return signedByKey({ inputs: [coin], outputs: [...outputs, change], ...fields }, MINER_KEY);
}

const scripts = {
  p2wpkh: `0014${'11'.repeat(20)}`,
  p2tr: `5120${bytesToBareHex(federation([1], 1).script.subarray(2))}`,
  p2sh: `a914${'11'.repeat(20)}87`,
  p2pkh: `76a914${'11'.repeat(20)}88ac`,
  p2wsh: `0020${'11'.repeat(32)}`,
} as const;

describe('relay policy', () => {
  it.each([
    ['p2wpkh', 294n],
    ['p2tr', 330n],
    ['p2sh', 540n],
    ['p2pkh', 546n],
    ['p2wsh', 330n],
  ] as const)('takes %s outputs from %i sat on, and calls less dust', async (kind, limit) => {
    await using server = await startFundedServer();
    const [coin] = server.coins as [Utxo];
    const script = hexToBytes(scripts[kind]);
    expect(await test(server, pay(coin, [{ script, amountSats: limit }]))).toBe('allowed');
    expect(await test(server, pay(coin, [{ script, amountSats: limit - 1n }]))).toBe('dust');
  });

  it('takes one OP_RETURN of at most 80 bytes', async () => {
    await using server = await startFundedServer();
    const [coin] = server.coins as [Utxo];
    const data = (length: number) =>
      hexToBytes(
        length > 75
          ? `6a4c${length.toString(16)}${'ab'.repeat(length)}`
          : `6a${length.toString(16)}${'ab'.repeat(length)}`,
      );
    const one = { script: data(20), amountSats: 0n };
    expect(await test(server, pay(coin, [one]))).toBe('allowed');
    expect(await test(server, pay(coin, [{ script: data(80), amountSats: 0n }]))).toBe('allowed');
    expect(await test(server, pay(coin, [{ script: data(81), amountSats: 0n }]))).toBe('scriptpubkey');
    expect(await test(server, pay(coin, [one, one]))).toBe('multi-op-return');
  });

  it('takes standard output scripts alone', async () => {
    await using server = await startFundedServer();
    const [coin] = server.coins as [Utxo];
    const reason = (script: string) => test(server, pay(coin, [{ script: hexToBytes(script), amountSats: 10_000n }]));
    expect(await reason('51')).toBe('scriptpubkey');
    expect(await reason(`0015${'11'.repeat(21)}`)).toBe('scriptpubkey');
    expect(await reason(`5220${'11'.repeat(32)}`)).toBe('allowed');
    const key = `21${'02'.repeat(33)}`;
    expect(await reason(`${key}ac`)).toBe('allowed');
    expect(await reason(`51${key}${key}${key}53ae`)).toBe('allowed');
    expect(await reason(`51${key}${key}${key}${key}54ae`)).toBe('scriptpubkey');
  });

  it('takes fees from 1 sat/vB on, and no fee above the caller’s maximum', async () => {
    await using server = await startFundedServer();
    const [coin] = server.coins as [Utxo];
    const draft: Draft = { inputs: [coin], outputs: [{ script: MINER.script, amountSats: coin.amountSats - 110n }] };
    // 109.25 to 110 virtual bytes, by the length of the signature.
    expect(await test(server, signedByKey(draft, MINER_KEY))).toBe('allowed');
    expect(await test(server, pay(coin, [], {}, 100n))).toBe('min relay fee not met');
    expect(await test(server, pay(coin, [], {}, 0n))).toBe('min relay fee not met');
    const lavish = pay(coin, [], {}, 2_000_000n);
    expect(await test(server, lavish)).toBe('max-fee-exceeded');
    expect((await send(server, lavish)).error).toEqual({
      code: -25,
      message: 'Fee exceeds maximum configured by user (e.g. -maxtxfee, maxfeerate)',
    });
    expect(await server.rpc('sendrawtransaction', bytesToBareHex(lavish), 0)).toBe(outputOf(lavish, 0).txid);
  });

  it('takes versions 1 to 3 and what is final', async () => {
    await using server = await startFundedServer();
    const [coin] = server.coins as [Utxo];
    for (const version of [1, 2, 3]) expect(await test(server, pay(coin, [], { version }))).toBe('allowed');
    expect(await test(server, pay(coin, [], { version: 4 }))).toBe('version');
    expect(await test(server, pay(coin, [], { lockTime: 101 }))).toBe('allowed');
    expect(await test(server, pay(coin, [], { lockTime: 102 }))).toBe('non-final');
    expect(await test(server, pay(coin, [], { lockTime: 102, sequence: 0xffff_ffff }))).toBe('allowed');
    expect(await test(server, pay(coin, [], { sequence: 101 }))).toBe('allowed');
    expect(await test(server, pay(coin, [], { sequence: 102 }))).toBe('non-BIP68-final');
  });

  it('refuses more out than in, unknown inputs, immature coinbases and coinbases themselves', async () => {
    await using server = await startFundedServer();
    const [coin] = server.coins as [Utxo];
    expect(await test(server, pay(coin, [], {}, -1n))).toBe('bad-txns-in-belowout');
    const unknown = pay({ ...coin, vout: 5 }, []);
    expect(await test(server, unknown)).toBe('missing-inputs');
    expect((await send(server, unknown)).error).toEqual({ code: -25, message: 'bad-txns-inputs-missingorspent' });
    const young = await send(server, pay(coinbaseOf(server.server, 3), []));
    expect(young.error).toEqual({
      code: -26,
      message: 'bad-txns-premature-spend-of-coinbase, tried to spend coinbase at depth 99',
    });
    const coinbase = server.server.chain.tip.block.transactions[0]?.bytes as Uint8Array;
    expect(await test(server, coinbase)).toBe('coinbase');
  });

  it('refuses wrong signatures in Core’s words', async () => {
    await using server = await startFundedServer();
    const fed = federation([1, 2, 3], 2);
    const [coin] = server.coins as [Utxo];
    const funding = pay(coin, [{ script: fed.script, amountSats: 100_000n }]);
    expect((await send(server, funding)).error).toBeNull();
    const draft: Draft = { inputs: [outputOf(funding, 0)], outputs: [{ script: MINER.script, amountSats: 99_000n }] };
    const witness = federationWitness(draft, 0, fed, [0, 2]);
    const verdict = (items: readonly Uint8Array[]) => test(server, withWitnesses(draft, [items]));
    expect(await verdict(witness)).toBe('allowed');
    expect(await verdict(witness.with(0, new Uint8Array(64)))).toBe(
      'mandatory-script-verify-flag-failed (Invalid Schnorr signature)',
    );
    expect(await verdict(witness.with(0, new Uint8Array(0)))).toBe(
      'mandatory-script-verify-flag-failed (Script evaluated without error but finished with a false/empty top stack element)',
    );
    expect(await verdict([new Uint8Array(0), ...witness])).toBe(
      'mandatory-script-verify-flag-failed (Stack size must be exactly one after execution)',
    );
    expect(await verdict([...witness, Uint8Array.of(0x50)])).toBe('bad-witness-nonstandard');
    const thief = signedByKey({ ...draft, inputs: [coin] }, MINER_KEY);
    expect(await test(server, thief)).toBe('max-fee-exceeded');
  });

  it('answers a known transaction as known', async () => {
    await using server = await startFundedServer();
    const [coin] = server.coins as [Utxo];
    const bytes = pay(coin, []);
    const { txid } = outputOf(bytes, 0);
    expect((await send(server, bytes)).result).toBe(txid);
    expect((await send(server, bytes)).result).toBe(txid);
    expect(await test(server, bytes)).toBe('txn-already-in-mempool');
    server.server.mine(1, MINER.address);
    expect((await send(server, bytes)).error).toEqual({
      code: -27,
      message: 'Transaction outputs already in utxo set',
    });
    expect(await test(server, bytes)).toBe('txn-already-known');
  });

  it('limits chains of waiting transactions to 25', async () => {
    await using server = await startFundedServer();
    let [coin] = server.coins as [Utxo];
    for (let i = 0; i < 25; i++) {
      const bytes = pay(coin, []);
      expect((await send(server, bytes)).error).toBeNull();
      coin = outputOf(bytes, 0);
    }
    expect(await test(server, pay(coin, []))).toBe('too-long-mempool-chain');
  });

  it('keeps version 3 in pairs', async () => {
    await using server = await startFundedServer();
    const [coin] = server.coins as [Utxo];
    const parent = pay(coin, [], { version: 3 });
    await send(server, parent);
    expect(await test(server, pay(outputOf(parent, 0), []))).toBe('TRUC-violation');
    const child = pay(outputOf(parent, 0), [], { version: 3 });
    expect((await send(server, child)).error).toBeNull();
    expect(await test(server, pay(outputOf(child, 0), [], { version: 3 }))).toBe('TRUC-violation');
  });

  it('tests several transactions as one after another', async () => {
    await using server = await startFundedServer();
    const [coin] = server.coins as [Utxo];
    const parent = pay(coin, []);
    const child = pay(outputOf(parent, 0), []);
    const answers = await server.rpc<TestedTx[]>('testmempoolaccept', [bytesToBareHex(parent), bytesToBareHex(child)]);
    expect(answers.map((answer) => answer.allowed)).toEqual([true, true]);
    expect(await server.rpc('getrawmempool')).toEqual([]);
  });
});
