import { beforeAll, describe, expect, it } from 'vitest';
import { accept, refuse } from '../../../node-core/primitives/errors.ts';
import {
  authorityIndex,
  blockHeight,
  type Epoch,
  evmAddress,
  outpoint,
  slot,
  txid,
} from '../../../node-core/primitives/ids.ts';
import { type Gwei, sats } from '../../../node-core/primitives/units.ts';
import { signedBlockSize } from '../../../node-core/domain/consensus/encoding.ts';
import { MAX_SIGNED_BLOCK_BYTES } from '../../../node-core/domain/consensus/ssz.ts';
import type {
  AuthoritySet,
  Block,
  CertifiedPegIn,
  ExecutionPayload,
  FederationUpdate,
  PegOutEntry,
  SignedBlock,
} from '../../../node-core/domain/consensus/types.ts';
import { validateBlock, type ValidationContext } from '../../../node-core/domain/consensus/validate.ts';
import { createConsensusWorld, FORGED, NETWORK_HASH, SLOT_MS } from '../../support/consensus-world.ts';

const world = createConsensusWorld(4);
const genesisFacts = world.facts(world.genesis.signed.block, world.genesis.root, 7n);
const deposit = (digits: string, vout: number, amount: bigint): CertifiedPegIn => ({
  outpoint: outpoint(txid(digits.repeat(32)), vout),
  amountSats: sats(amount),
  recipient: evmAddress(`0x${'77'.repeat(20)}`),
  epoch: 0 as Epoch,
  certificate: [],
});
const pegIns = [deposit('aa', 2, 10_000n), deposit('aa', 10, 20_000n), deposit('bb', 0, 30_000n)];
const AT = 41;
const { root, signed } = world.propose(genesisFacts, world.genesis.certificate, AT, { pegIns });

const context: ValidationContext = {
  parent: genesisFacts,
  authorities: world.authorities,
  parentAuthorities: world.authorities,
  slotDurationMs: SLOT_MS,
  gasLimit: 10_000_000n,
  networkHash: NETWORK_HASH,
  genesisRoot: world.genesis.root,
  nowMs: AT * SLOT_MS,
  maxClockSkewMs: 500,
  scheme: world.scheme,
  verifyApproval: () => accept(undefined),
  checkSuccession: () => accept(undefined),
};
const resigned = (block: Block): SignedBlock => world.sign(block);
const withPayload = (changes: Partial<ExecutionPayload>): SignedBlock =>
  resigned({ ...signed.block, payload: { ...signed.block.payload, ...changes } });
const withBlock = (changes: Partial<Block>): SignedBlock => resigned({ ...signed.block, ...changes });
const codeOf = (candidate: SignedBlock, changes: Partial<ValidationContext> = {}): string => {
  const checked = validateBlock(candidate, { ...context, ...changes });
  return checked.ok ? 'valid' : checked.refusal.code;
};
const mints = signed.block.payload.withdrawals;

const payouts = (count: number): PegOutEntry[] =>
  Array.from({ length: count }, (_, i) => {
    const id = txid(i.toString(16).padStart(64, '0'));
    return { status: 'Confirmed', id, txid: id };
  });
const memberChange: FederationUpdate = {
  update: '{}',
  messageId: '00'.repeat(16),
  epoch: 0 as Epoch,
  expiresAtMs: 0,
  signatures: [],
};

describe('a block', () => {
  it('is valid, and its root is given', () => {
    expect(validateBlock(signed, context)).toEqual({ ok: true, value: root });
  });

  it.each<readonly [string, SignedBlock]>([
    ['extra data of 32 bytes', withPayload({ extraData: `0x${'00'.repeat(32)}` })],
    ['a transaction of 128 KiB', withPayload({ transactions: [`0x02${'00'.repeat(131_071)}`] })],
    ['16,384 transactions', withPayload({ transactions: Array.from({ length: 16_384 }, () => '0x02') })],
    ['16 payouts', withBlock({ pegOuts: payouts(16) })],
    ['a member change', withBlock({ federationUpdates: [memberChange] })],
    [
      '16 deposits',
      world.propose(genesisFacts, world.genesis.certificate, AT, {
        pegIns: Array.from({ length: 16 }, (_, i) => deposit('aa', i, 10_000n)),
      }).signed,
    ],
  ])('is valid with %s', (_, candidate) => {
    expect(codeOf(candidate)).toBe('valid');
  });

  const refused: readonly (readonly [string, SignedBlock, string])[] = [
    ['another parent', withBlock({ parentRoot: root }), 'LINKAGE'],
    [
      'a certificate for another block',
      withBlock({ certificate: { ...signed.block.certificate, blockRoot: root } }),
      'LINKAGE',
    ],
    [
      'a certificate for another slot',
      withBlock({ certificate: { ...signed.block.certificate, slot: slot(1) } }),
      'LINKAGE',
    ],
    ['a skipped height', withBlock({ height: blockHeight(2) }), 'LINKAGE'],
    ['an EVM number that is not the height', withPayload({ blockNumber: blockHeight(2) }), 'LINKAGE'],
    [
      'another EVM parent',
      withPayload({ parentHash: `0x${'bb'.repeat(32)}` as ExecutionPayload['parentHash'] }),
      'LINKAGE',
    ],
    ['a timestamp of its own', withPayload({ timestampS: AT * 2 + 1 }), 'LINKAGE'],
    ['a prevRandao of its own', withPayload({ prevRandao: `0x${'bb'.repeat(32)}` }), 'LINKAGE'],
    [
      "another authority than the slot's (INV-15, HOLE-8)",
      withBlock({ proposer: authorityIndex(2) }),
      'NOT_PROPOSERS_TURN',
    ],
    ['fees to somebody else', withPayload({ feeRecipient: evmAddress(`0x${'99'.repeat(20)}`) }), 'FEE_RECIPIENT'],
    ['a blob transaction', withPayload({ transactions: ['0x03aa'] }), 'BLOB_TRANSACTION'],
    ['an empty transaction', withPayload({ transactions: ['0x'] }), 'PAYLOAD'],
    ['blob gas', withPayload({ blobGasUsed: 1n }), 'PAYLOAD'],
    ['excess blob gas', withPayload({ excessBlobGas: 1n }), 'PAYLOAD'],
    ['a transaction above 128 KiB', withPayload({ transactions: [`0x02${'00'.repeat(131_072)}`] }), 'PAYLOAD'],
    ['a blob transaction after another', withPayload({ transactions: ['0x02aa', '0x03aa'] }), 'BLOB_TRANSACTION'],
    ['extra data of 33 bytes', withPayload({ extraData: `0x${'00'.repeat(33)}` }), 'PAYLOAD'],
    ['more gas than the network has', withPayload({ gasLimit: 10_000_001n }), 'PAYLOAD'],
    [
      '17 deposits',
      withBlock({ pegIns: Array.from({ length: 17 }, (_, i) => deposit('aa', i, 10_000n)) }),
      'TOO_LARGE',
    ],
    [
      '17 mints',
      withPayload({ withdrawals: Array.from({ length: 17 }, () => mints[0] as (typeof mints)[number]) }),
      'TOO_LARGE',
    ],
    ['17 payouts', withBlock({ pegOuts: payouts(17) }), 'TOO_LARGE'],
    ['two member changes', withBlock({ federationUpdates: [memberChange, memberChange] }), 'TOO_LARGE'],
    ['16,385 transactions', withPayload({ transactions: Array.from({ length: 16_385 }, () => '0x02') }), 'TOO_LARGE'],
    [
      'more than a frame holds',
      withPayload({ transactions: Array.from({ length: 9 }, () => `0x02${'ff'.repeat(120_000)}` as const) }),
      'TOO_LARGE',
    ],
    ['a mint without a deposit (HOLE-4)', withPayload({ withdrawals: [...mints, ...mints.slice(2)] }), 'MINTS'],
    ['a deposit without a mint', withPayload({ withdrawals: mints.slice(0, 2) }), 'MINTS'],
    [
      'a mint above its deposit (INV-3)',
      withPayload({
        withdrawals: mints.map((mint, i) => (i === 1 ? { ...mint, amountGwei: (mint.amountGwei + 1n) as Gwei } : mint)),
      }),
      'MINTS',
    ],
    [
      'a mint to somebody else',
      withPayload({ withdrawals: mints.map((mint) => ({ ...mint, address: evmAddress(`0x${'99'.repeat(20)}`) })) }),
      'MINTS',
    ],
    [
      'a gap in the count of mints',
      withPayload({ withdrawals: mints.map((mint) => ({ ...mint, index: mint.index + 1n })) }),
      'MINTS',
    ],
    [
      'another validator index',
      withPayload({ withdrawals: mints.map((mint) => ({ ...mint, validatorIndex: 1n })) }),
      'MINTS',
    ],
    ['one payout twice (INV-4)', withBlock({ pegOuts: [...payouts(1), ...payouts(1)] }), 'PEG_OUT_CONFLICT'],
    [
      'a signature of another block',
      { ...signed, block: { ...signed.block, payload: { ...signed.block.payload, gasUsed: 1n } } },
      'BLOCK_SIGNATURE',
    ],
    ['a forged signature', { ...signed, signature: FORGED }, 'BLOCK_SIGNATURE'],
    [
      'a certificate of genesis with voters',
      withBlock({ certificate: { ...signed.block.certificate, cleanVoters: 1 as AuthoritySet } }),
      'CERTIFICATE',
    ],
  ];
  it.each(refused)('is refused with %s', (_, candidate, code) => {
    expect(codeOf(candidate)).toBe(code);
  });

  it('is refused when its deposits come out of order or twice (INV-2)', () => {
    const arranged = (order: readonly CertifiedPegIn[]) =>
      world.propose(genesisFacts, world.genesis.certificate, AT, { pegIns: order }).signed;
    const [a, b, c] = pegIns as [CertifiedPegIn, CertifiedPegIn, CertifiedPegIn];
    expect(codeOf(arranged([a, b, c]))).toBe('valid');
    expect(codeOf(arranged([b, a, c]))).toBe('MINTS');
    expect(codeOf(arranged([a, a]))).toBe('MINTS');
    expect(codeOf(arranged([c, b]))).toBe('MINTS');
  });

  it('is refused before its slot, but for the skew that clocks may have', () => {
    expect(codeOf(signed, { nowMs: AT * SLOT_MS - 500 })).toBe('valid');
    expect(codeOf(signed, { nowMs: AT * SLOT_MS - 501 })).toBe('FUTURE_SLOT');
  });

  it('is refused from the first byte on that no frame holds', () => {
    const filled = (last: number): SignedBlock =>
      withPayload({
        transactions: [...Array<number>(7).fill(131_072), last].map((bytes) => `0x${'02'.repeat(bytes)}` as const),
      });
    const room = MAX_SIGNED_BLOCK_BYTES - signedBlockSize(filled(0).block);
    expect(codeOf(filled(room))).toBe('valid');
    expect(codeOf(filled(room + 1))).toBe('TOO_LARGE');
  });

  it('is refused when governance did not approve a deposit', () => {
    const verifyApproval = ({ outpoint: at }: CertifiedPegIn) =>
      at === pegIns[2]?.outpoint ? refuse('TOO_FEW', 'one signature of two') : accept(undefined);
    expect(codeOf(signed, { verifyApproval })).toBe('APPROVAL');
  });

  it('is refused when the members did not sign for those who follow them', () => {
    const checkSuccession = () => refuse('TOO_FEW', 'one signature of two');
    expect(codeOf(withBlock({ federationUpdates: [memberChange] }), { checkSuccession })).toBe('SUCCESSION');
    expect(codeOf(signed, { checkSuccession })).toBe('valid');
  });

  describe('on a certified parent', () => {
    let child: SignedBlock;
    const parent = world.facts(signed.block, root, 10n);
    const certify = (voters: readonly number[]) => ({
      blockRoot: root,
      slot: slot(AT),
      cleanVoters: voters.reduce((set, voter) => set | (1 << voter), 0) as AuthoritySet,
      otherVoters: 0 as AuthoritySet,
      signature: world.scheme.aggregate(voters.map((voter) => world.vote(voter, root, slot(AT), true).signature)),
    });
    beforeAll(() => {
      child = world.propose(parent, certify([0, 1, 3]), AT + 1).signed;
    });
    const later = { parent, nowMs: (AT + 1) * SLOT_MS };
    it('is valid with a quorum of votes', () => {
      expect(codeOf(child, later)).toBe('valid');
    });
    it('is refused at or below the slot of its parent', () => {
      expect(codeOf(world.propose(parent, certify([0, 1, 3]), AT).signed, later)).toBe('LINKAGE');
      expect(codeOf(world.propose(parent, certify([0, 1, 3]), AT - 1).signed, later)).toBe('LINKAGE');
    });
    it('is refused with fewer', () => {
      expect(codeOf(world.propose(parent, certify([0, 1]), AT + 1).signed, later)).toBe('CERTIFICATE');
    });
  });
});
