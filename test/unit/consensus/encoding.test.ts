import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesToBareHex, bytesToHex, type Hex } from '../../../node-core/primitives/hex.ts';
import type { Checked } from '../../../node-core/primitives/errors.ts';
import {
  type BlocksRequest,
  blockRootOf,
  decodeBlocksRequest,
  decodeHello,
  decodePeerStatus,
  decodeSignedBlock,
  decodeVote,
  encodeBlocksRequest,
  encodeHello,
  encodePeerStatus,
  encodeSignedBlock,
  encodeVote,
  signedBlockSize,
} from '../../../node-core/domain/consensus/encoding.ts';
import { MAX_SIGNED_BLOCK_BYTES } from '../../../node-core/domain/consensus/ssz.ts';
import { MAX_SATS } from '../../../node-core/primitives/units.ts';
import type { PeerStatus, SignedBlock, Vote } from '../../../node-core/domain/consensus/types.ts';

const hex = (min: number, max = min): fc.Arbitrary<Hex> =>
  fc.uint8Array({ minLength: min, maxLength: max }).map((bytes) => bytesToHex(bytes));
const bare = (min: number, max = min): fc.Arbitrary<string> =>
  fc.uint8Array({ minLength: min, maxLength: max }).map((bytes) => bytesToBareHex(bytes));
const count = fc.maxSafeNat();
const uint64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const amountSats = fc.bigInt({ min: 0n, max: 2_100_000_000_000_000n });
const uint32 = fc.integer({ min: 0, max: 0xffff_ffff });
const outpoint = fc.tuple(bare(32), uint32).map(([id, vout]) => `${id}:${vout}`);
const burn = fc.tuple(hex(32), uint32).map(([hash, index]) => `${hash}:${index}`);
const certificate = fc.record({
  blockRoot: hex(32),
  slot: count,
  cleanVoters: fc.integer({ min: 0, max: 0x7fff }),
  otherVoters: fc.integer({ min: 0, max: 0x7fff }),
  signature: hex(96),
});
const withdrawal = fc.record({ index: uint64, validatorIndex: uint64, address: hex(20), amountGwei: uint64 });
const payload = fc.record({
  parentHash: hex(32),
  feeRecipient: hex(20),
  stateRoot: hex(32),
  receiptsRoot: hex(32),
  logsBloom: hex(256),
  prevRandao: hex(32),
  blockNumber: count,
  gasLimit: uint64,
  gasUsed: uint64,
  timestampS: count,
  extraData: hex(0, 32),
  baseFeePerGas: fc.bigInt({ min: 0n, max: 2n ** 256n - 1n }),
  blockHash: hex(32),
  transactions: fc.array(hex(0, 40), { maxLength: 4 }),
  withdrawals: fc.array(withdrawal, { maxLength: 3 }),
  blobGasUsed: uint64,
  excessBlobGas: uint64,
});
const pegIn = fc.record({
  outpoint,
  amountSats,
  recipient: hex(20),
  epoch: count,
  certificate: fc.array(fc.record({ member: fc.nat(255), signature: bare(64) }), { maxLength: 3 }),
});
const transaction = {
  id: bare(32),
  txid: bare(32),
  unsignedTx: bare(0, 90),
  inputs: fc.array(fc.record({ outpoint, amountSats, epoch: count }), { maxLength: 3 }),
  shares: fc.array(fc.record({ burn, outputSats: amountSats, feeShareSats: amountSats }), { maxLength: 3 }),
};
const pegOut = fc.oneof(
  fc.record({ status: fc.constant('Proposed'), ...transaction }),
  fc.record({ status: fc.constant('Replaced'), ...transaction }),
  fc.record({ status: fc.constant('Confirmed'), id: bare(32), txid: bare(32) }),
);
const federationUpdate = fc.record({
  update: fc.string({ unit: 'grapheme', maxLength: 40 }),
  messageId: bare(16),
  epoch: count,
  expiresAtMs: count,
  signatures: fc.array(fc.record({ member: fc.nat(255), signature: bare(64) }), { maxLength: 3 }),
});
const signedBlock = fc.record({
  block: fc.record({
    parentRoot: hex(32),
    slot: count,
    height: count,
    proposer: fc.nat(14),
    payload,
    pegIns: fc.array(pegIn, { maxLength: 3 }),
    pegOuts: fc.array(pegOut, { maxLength: 3 }),
    federationUpdates: fc.array(federationUpdate, { maxLength: 1 }),
    certificate,
  }),
  signature: hex(96),
}) as unknown as fc.Arbitrary<SignedBlock>;
const vote = fc.record({
  blockRoot: hex(32),
  slot: count,
  authority: fc.nat(14),
  clean: fc.boolean(),
  signature: hex(96),
}) as unknown as fc.Arbitrary<Vote>;
const status = fc.record({
  networkHash: bare(32),
  headRoot: hex(32),
  headHeight: count,
  finalizedRoot: hex(32),
  finalizedHeight: count,
  highCertificate: certificate,
  lastSignedSlots: fc.array(count, { maxLength: 15 }),
}) as unknown as fc.Arbitrary<PeerStatus>;
const range = fc.record({ fromHeight: count, toHeight: count }) as unknown as fc.Arbitrary<BlocksRequest>;

const fieldName = fc.stringMatching(/^[a-zA-Z]{1,64}$/);
const hello = fc.record({ networkHash: bare(32), fields: fc.dictionary(fieldName, bare(32), { maxKeys: 5 }) });

interface Codec {
  readonly name: string;
  readonly values: fc.Arbitrary<unknown>;
  readonly encode: (value: never) => Uint8Array;
  readonly decode: (bytes: Uint8Array) => Checked<unknown>;
}
const codecs: readonly Codec[] = [
  { name: 'signed block', values: signedBlock, encode: encodeSignedBlock, decode: decodeSignedBlock },
  { name: 'vote', values: vote, encode: encodeVote, decode: decodeVote },
  { name: 'peer status', values: status, encode: encodePeerStatus, decode: decodePeerStatus },
  { name: 'hello', values: hello, encode: encodeHello, decode: decodeHello },
  { name: 'blocks request', values: range, encode: encodeBlocksRequest, decode: decodeBlocksRequest },
];

describe.each(codecs)('the encoding of a $name', ({ values, encode, decode }) => {
  it('gives back what was encoded', () => {
    fc.assert(
      fc.property(values, (value) => {
        expect(decode(encode(value as never))).toEqual({ ok: true, value });
      }),
    );
  });

  it('is canonical: damaged bytes are refused or encode to themselves', () => {
    // Flipped bits, and small multiples of four where offsets and counts stand; cut or made longer at the end.
    const byte = fc.oneof(
      fc.nat(255),
      fc.nat(8).map((n) => 4 * n),
      fc.constant(0xff),
    );
    const damage = fc.record({
      bytes: fc.array(fc.tuple(fc.nat(), byte), { maxLength: 3 }),
      cut: fc.nat(3),
      add: fc.uint8Array({ maxLength: 3 }),
    });
    fc.assert(
      fc.property(values, damage, (value, { bytes: touched, cut, add }) => {
        const whole = encode(value as never);
        const bytes = Uint8Array.from([...whole.slice(0, whole.length - cut), ...add]);
        for (const [at, byteValue] of touched) bytes[at % bytes.length] = byteValue;
        const decoded = decode(bytes);
        if (decoded.ok) expect(encode(decoded.value as never)).toEqual(bytes);
      }),
      { numRuns: 1000 },
    );
  });

  it('reads any bytes without throwing', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2000 }), (bytes) => {
        const decoded = decode(bytes);
        if (decoded.ok) expect(encode(decoded.value as never)).toEqual(bytes);
      }),
      { numRuns: 300 },
    );
  });
});

describe('a signed block', () => {
  it('knows its size without encoding itself', () => {
    fc.assert(
      fc.property(signedBlock, (signed) => {
        expect(signedBlockSize(signed.block)).toBe(encodeSignedBlock(signed).length);
      }),
    );
  });

  it('has a root that every field of the block changes, and the signature does not', () => {
    const [first] = fc.sample(signedBlock, { numRuns: 1, seed: 7 }) as [SignedBlock];
    const { block } = first;
    const root = blockRootOf(block);
    const others: readonly (typeof block)[] = [
      { ...block, slot: (block.slot ^ 1) as typeof block.slot },
      { ...block, height: (block.height ^ 1) as typeof block.height },
      { ...block, payload: { ...block.payload, gasUsed: block.payload.gasUsed ^ 1n } },
      { ...block, certificate: { ...block.certificate, slot: (block.certificate.slot ^ 1) as typeof block.slot } },
      {
        ...block,
        pegOuts: [...block.pegOuts, { status: 'Confirmed', id: 'ab'.repeat(32), txid: 'cd'.repeat(32) }] as never,
      },
      {
        ...block,
        federationUpdates: [
          { update: '{}', messageId: 'ab'.repeat(16), epoch: 1, expiresAtMs: 2, signatures: [] },
        ] as never,
      },
    ];
    expect(new Set([root, ...others.map(blockRootOf)]).size).toBe(others.length + 1);
  });

  it('is refused above its bound before it is read', () => {
    expect(decodeSignedBlock(new Uint8Array(MAX_SIGNED_BLOCK_BYTES + 1))).toMatchObject({
      refusal: { code: 'OVERSIZE' },
    });
  });
});

describe('values outside the domain are refused', () => {
  const base = {
    blockRoot: `0x${'ab'.repeat(32)}`,
    slot: 5,
    authority: 3,
    clean: true,
    signature: `0x${'cd'.repeat(96)}`,
  };
  const encoded = () => encodeVote(base as unknown as Vote);
  const SLOT_AT = 32;
  const AUTHORITY_AT = 40;
  const CLEAN_AT = 41;
  it('a slot of 2^53', () => {
    const bytes = encoded();
    bytes.set([0, 0, 0, 0, 0, 0, 0x20, 0], SLOT_AT);
    expect(decodeVote(bytes)).toMatchObject({ refusal: { code: 'MALFORMED' } });
  });
  it('the authority 15', () => {
    const bytes = encoded();
    bytes[AUTHORITY_AT] = 15;
    expect(decodeVote(bytes)).toMatchObject({ refusal: { code: 'MALFORMED' } });
  });
  describe('in a block', () => {
    const [sample] = fc.sample(signedBlock, { numRuns: 1, seed: 1 }) as [SignedBlock];
    const decoded = (changes: object) =>
      decodeSignedBlock(encodeSignedBlock({ ...sample, block: { ...sample.block, ...changes } }));
    const amount = (amountSats: bigint) => ({ ...(fc.sample(pegIn, { numRuns: 1, seed: 1 })[0] ?? {}), amountSats });
    it('more sat than there are', () => {
      expect(decoded({ pegIns: [amount(MAX_SATS)] }).ok).toBe(true);
      expect(decoded({ pegIns: [amount(MAX_SATS + 1n)] })).toMatchObject({ refusal: { code: 'MALFORMED' } });
    });

    const id = 'ab'.repeat(32);
    const whole = {
      id,
      txid: id,
      unsignedTx: '00',
      inputs: [{ outpoint: `${id}:0`, amountSats: 1n, epoch: 0 }],
      shares: [{ burn: `0x${id}:0`, outputSats: 1n, feeShareSats: 0n }],
    };
    const none = { unsignedTx: '', inputs: [], shares: [] };
    it.each([
      ['bytes', { ...whole, ...none, unsignedTx: '00' }],
      ['an input', { ...whole, ...none, inputs: whole.inputs }],
      ['a burn', { ...whole, ...none, shares: whole.shares }],
    ])('a confirmed payout with %s of a transaction', (_, content) => {
      const bytes = encodeSignedBlock({
        ...sample,
        block: { ...sample.block, pegOuts: [{ status: 'Proposed', ...content }] as never },
      });
      expect(decodeSignedBlock(bytes).ok).toBe(true);
      const statusAt = Buffer.from(bytes).indexOf(Buffer.from(id, 'hex')) - 1;
      bytes[statusAt] = 2;
      expect(decodeSignedBlock(bytes)).toMatchObject({ refusal: { code: 'MALFORMED' } });
    });
  });

  it('a field of the network file that stands twice', () => {
    const digest = 'ab'.repeat(32);
    const bytes = encodeHello({ networkHash: digest, fields: { aaa: digest, bbb: digest } });
    expect(decodeHello(bytes).ok).toBe(true);
    bytes.set(Buffer.from('aaa'), Buffer.from(bytes).indexOf('bbb'));
    expect(decodeHello(bytes)).toMatchObject({ refusal: { code: 'MALFORMED' } });
  });
  it('a clean that is neither yes nor no', () => {
    const bytes = encoded();
    bytes[CLEAN_AT] = 2;
    expect(decodeVote(bytes).ok).toBe(false);
  });
});
