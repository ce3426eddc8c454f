import { describe, expect, it } from 'vitest';
import { hexToBytes } from '../../../node-core/primitives/hex.ts';
import { authorityIndex, slot } from '../../../node-core/primitives/ids.ts';
import { hasCleanQuorum } from '../../../node-core/domain/consensus/authority-set.ts';
import {
  blsProofOfPossession,
  blsPublicKey,
  blsSecretKey,
  blsSign,
  createBlsScheme,
} from '../../../node-core/domain/consensus/bls.ts';
import { verifyCertificate } from '../../../node-core/domain/consensus/certificate.ts';
import { genesisCertificate } from '../../../node-core/domain/consensus/genesis.ts';
import { verifyPossession } from '../../../node-core/domain/consensus/possession.ts';
import type { SignatureScheme } from '../../../node-core/domain/consensus/scheme.ts';
import { blockSigningRoot, voteSigningRoot } from '../../../node-core/domain/consensus/signing.ts';
import type { AuthoritySet, QuorumCertificate, Vote } from '../../../node-core/domain/consensus/types.ts';
import {
  addVote,
  certificateOf,
  COLLECTED_SLOTS,
  EMPTY_COLLECTOR,
  type VoteCollector,
} from '../../../node-core/domain/consensus/votes.ts';
import { NETWORK_HASH } from '../../support/consensus-world.ts';
import { createKeyedScheme } from '../../support/keyed-scheme.ts';

const ROOT = `0x${'ab'.repeat(32)}` as Vote['blockRoot'];
const RIVAL = `0x${'cd'.repeat(32)}` as Vote['blockRoot'];
const GENESIS = `0x${'01'.repeat(32)}` as Vote['blockRoot'];
const SLOT = slot(100);
const COUNT = 4;

interface Signers {
  readonly scheme: SignatureScheme;
  readonly authorities: readonly {
    readonly name: string;
    readonly blsPublicKey: string;
    readonly proofOfPossession: string;
  }[];
  readonly vote: (authority: number, clean?: boolean, root?: Vote['blockRoot'], at?: number) => Vote;
}
const makeVote =
  (sign: (authority: number, message: Uint8Array) => Vote['signature']): Signers['vote'] =>
  (authority, clean = true, root = ROOT, at = SLOT) => ({
    blockRoot: root,
    slot: slot(at),
    authority: authorityIndex(authority),
    clean,
    signature: sign(authority, voteSigningRoot(NETWORK_HASH, root, slot(at), clean)),
  });

function blsSigners(): Signers {
  const secrets = Array.from({ length: COUNT }, (_, i) => blsSecretKey(new Uint8Array(32).fill(i + 1)));
  return {
    scheme: createBlsScheme(),
    authorities: secrets.map((secret, i) => ({
      name: `a${i}`,
      blsPublicKey: blsPublicKey(secret),
      proofOfPossession: blsProofOfPossession(secret),
    })),
    vote: makeVote((authority, message) => blsSign(secrets[authority] ?? '0x', message)),
  };
}
function keyedSigners(): Signers {
  const scheme = createKeyedScheme();
  const pairs = Array.from({ length: COUNT }, (_, i) => scheme.keyPair(i));
  return {
    scheme,
    authorities: pairs.map(({ publicKey, secretKey }, i) => ({
      name: `a${i}`,
      blsPublicKey: publicKey,
      proofOfPossession: scheme.proofOfPossession(secretKey),
    })),
    vote: makeVote((authority, message) => scheme.sign(pairs[authority]?.secretKey ?? '0x', message)),
  };
}

describe.each([
  ['BLS', blsSigners],
  ['the keyed stand-in', keyedSigners],
])('certificates with %s', (_, signers) => {
  const { scheme, authorities, vote } = signers();
  const context = { sets: [authorities], authorities, scheme, networkHash: NETWORK_HASH, currentSlot: SLOT };
  const verify = (certificate: QuorumCertificate) =>
    verifyCertificate(certificate, authorities, scheme, NETWORK_HASH, GENESIS);
  const collect = (votes: readonly Vote[]) => {
    let collector: VoteCollector = EMPTY_COLLECTOR;
    const certificates: QuorumCertificate[] = [];
    for (const one of votes) {
      const added = addVote(collector, one, context);
      if (!added.ok) throw new Error(added.refusal.reason);
      ({ collector } = added.value);
      if (added.value.certificate !== null) certificates.push(added.value.certificate);
    }
    return { collector, certificates };
  };

  it('makes one from a quorum of either kind of vote, that verifies', () => {
    const { certificates } = collect([vote(3), vote(1, false), vote(0)]);
    expect(certificates).toMatchObject([{ blockRoot: ROOT, slot: SLOT, cleanVoters: 0b1001, otherVoters: 0b0010 }]);
    expect(verify(certificates[0] as QuorumCertificate).ok).toBe(true);
    expect(hasCleanQuorum(certificates[0] as QuorumCertificate, COUNT)).toBe(false);
  });

  it('makes another when a late vote completes the clean quorum', () => {
    const { certificates } = collect([vote(3), vote(1, false), vote(0), vote(2)]);
    expect(certificates).toHaveLength(2);
    expect(certificates[1]).toMatchObject({ cleanVoters: 0b1101, otherVoters: 0b0010 });
    expect(hasCleanQuorum(certificates[1] as QuorumCertificate, COUNT)).toBe(true);
    expect(verify(certificates[1] as QuorumCertificate).ok).toBe(true);
  });

  it('makes no other one when a late vote completes nothing', () => {
    expect(collect([vote(3), vote(1), vote(0), vote(2, false)]).certificates).toHaveLength(1);
    expect(collect([vote(3, false), vote(1, false), vote(0, false), vote(2)]).certificates).toHaveLength(1);
  });

  it('finds the certificate of a block that arrives after its votes', () => {
    const { collector, certificates } = collect([vote(3), vote(1), vote(0)]);
    expect(certificateOf(collector, { root: ROOT, slot: SLOT }, context)).toEqual(certificates[0]);
    expect(certificateOf(collector, { root: RIVAL, slot: SLOT }, context)).toBeNull();
    expect(certificateOf(EMPTY_COLLECTOR, { root: ROOT, slot: SLOT }, context)).toBeNull();
  });

  const [good] = collect([vote(0), vote(1), vote(2, false)]).certificates as [QuorumCertificate];
  const refused: readonly (readonly [string, QuorumCertificate, string])[] = [
    ['too few voters', { ...good, cleanVoters: 0b01 as AuthoritySet }, 'NO_QUORUM'],
    ['a voter who is no authority', { ...good, otherVoters: 0b10100 as AuthoritySet }, 'UNKNOWN_VOTER'],
    [
      'a voter who is no authority alone',
      { ...good, cleanVoters: 0b10000 as AuthoritySet, otherVoters: 0 as AuthoritySet },
      'UNKNOWN_VOTER',
    ],
    ['a voter in both sets', { ...good, otherVoters: 0b0110 as AuthoritySet }, 'DOUBLE_VOTER'],
    ['a voter who did not sign', { ...good, cleanVoters: 0b1011 as AuthoritySet }, 'AGGREGATE_SIGNATURE'],
    [
      'an unclean vote taken for a clean one',
      { ...good, cleanVoters: 0b0111 as AuthoritySet, otherVoters: 0 as AuthoritySet },
      'AGGREGATE_SIGNATURE',
    ],
    ['another root', { ...good, blockRoot: RIVAL }, 'AGGREGATE_SIGNATURE'],
    ['another slot', { ...good, slot: slot(101) }, 'AGGREGATE_SIGNATURE'],
    ['a signature of zeros', { ...good, signature: genesisCertificate(GENESIS).signature }, 'AGGREGATE_SIGNATURE'],
    ['the root of genesis at a slot', { ...good, blockRoot: GENESIS }, 'GENESIS_CERTIFICATE'],
    ['genesis at a slot', { ...genesisCertificate(GENESIS), slot: SLOT }, 'GENESIS_CERTIFICATE'],
    ['slot 0 for another root', { ...genesisCertificate(ROOT) }, 'GENESIS_CERTIFICATE'],
    [
      'genesis with a clean voter',
      { ...genesisCertificate(GENESIS), cleanVoters: 1 as AuthoritySet },
      'GENESIS_CERTIFICATE',
    ],
    [
      'genesis with another voter',
      { ...genesisCertificate(GENESIS), otherVoters: 1 as AuthoritySet },
      'GENESIS_CERTIFICATE',
    ],
    ['genesis with a signature', { ...genesisCertificate(GENESIS), signature: good.signature }, 'GENESIS_CERTIFICATE'],
  ];
  it.each(refused)('refuses %s', (_name, certificate, code) => {
    expect(verify(certificate)).toMatchObject({ ok: false, refusal: { code } });
  });
  it('accepts the certificate of genesis, which nobody signs', () => {
    expect(verify(genesisCertificate(GENESIS)).ok).toBe(true);
  });
  it('refuses a certificate of another network', () => {
    const other = verifyCertificate(good, authorities, scheme, '00'.repeat(32), GENESIS);
    expect(other).toMatchObject({ refusal: { code: 'AGGREGATE_SIGNATURE' } });
  });

  it('keeps a second, different vote as evidence and counts it nowhere', () => {
    const { collector } = collect([vote(0), vote(1)]);
    const second = addVote(collector, vote(1, true, RIVAL), context);
    expect(second).toMatchObject({
      ok: true,
      value: {
        certificate: null,
        evidence: { kind: 'vote', slot: SLOT, authority: 1, firstRoot: ROOT, secondRoot: RIVAL },
      },
    });
    if (!second.ok) return;
    const third = addVote(second.value.collector, vote(1, false), context);
    expect(third).toMatchObject({ refusal: { code: 'DUPLICATE_VOTE' } });
    const completing = addVote(second.value.collector, vote(2), context);
    expect(completing).toMatchObject({ value: { certificate: { cleanVoters: 0b0111 } } });
  });
  it('counts a vote for a block that it does not know in the set that the block turns out to be of', () => {
    // Authority 1 has left: those after it moved down by one.
    const later = authorities.filter((_, i) => i !== 1);
    const sets = { ...context, sets: [authorities, later] };
    const moved = (one: Vote, to: number): Vote => ({ ...one, authority: authorityIndex(to) });
    let collector: VoteCollector = EMPTY_COLLECTOR;
    for (const one of [vote(0), moved(vote(2), 1), moved(vote(3), 2), vote(1)]) {
      const added = addVote(collector, one, sets);
      if (!added.ok) throw new Error(added.refusal.reason);
      expect(added.value).toMatchObject({ certificate: null, evidence: null });
      ({ collector } = added.value);
    }
    // The same vote under its other index is no second one.
    expect(addVote(collector, vote(2), sets)).toMatchObject({ refusal: { code: 'DUPLICATE_VOTE' } });
    const of = (set: typeof authorities) =>
      certificateOf(collector, { root: ROOT, slot: SLOT }, { authorities: set, scheme });
    expect(of(authorities)).toMatchObject({ cleanVoters: 0b1111 });
    expect(of(later)).toMatchObject({ cleanVoters: 0b0111 });
    for (const set of [authorities, later])
      expect(verifyCertificate(of(set) as QuorumCertificate, set, scheme, NETWORK_HASH, GENESIS).ok).toBe(true);
    expect(addVote(collector, moved(vote(3, false), 2), sets)).toMatchObject({ value: { evidence: { kind: 'vote' } } });
  });
  it('holds a clean and an unclean vote for one block against their author', () => {
    const { collector } = collect([vote(0)]);
    expect(addVote(collector, vote(0, false), context)).toMatchObject({ value: { evidence: { authority: 0 } } });
  });
  it('refuses a vote that repeats, is forged, by a stranger or far from now', () => {
    const { collector } = collect([vote(0)]);
    const codeOf = (one: Vote): string => {
      const added = addVote(collector, one, context);
      return added.ok ? 'accepted' : added.refusal.code;
    };
    expect(codeOf(vote(0))).toBe('DUPLICATE_VOTE');
    expect(codeOf({ ...vote(1), authority: authorityIndex(2) })).toBe('VOTE_SIGNATURE');
    expect(codeOf({ ...vote(1), clean: false })).toBe('VOTE_SIGNATURE');
    expect(codeOf({ ...vote(1), authority: authorityIndex(9) })).toBe('UNKNOWN_AUTHORITY');
    expect(codeOf(vote(1, true, ROOT, SLOT + 2))).toBe('SLOT_OUT_OF_RANGE');
    expect(codeOf(vote(1, true, ROOT, SLOT - COLLECTED_SLOTS))).toBe('SLOT_OUT_OF_RANGE');
    expect(codeOf(vote(1, true, ROOT, SLOT + 1))).toBe('accepted');
  });
  it('holds a bounded number of slots', () => {
    let collector: VoteCollector = EMPTY_COLLECTOR;
    for (let at = 1; at <= 3 * COLLECTED_SLOTS; at++) {
      const added = addVote(collector, vote(0, true, ROOT, at), { ...context, currentSlot: slot(at) });
      if (added.ok) ({ collector } = added.value);
    }
    expect(Object.keys(collector.slots)).toHaveLength(COLLECTED_SLOTS);
  });

  it('accepts authorities who prove their keys, and refuses a borrowed proof and a key that stands twice', () => {
    expect(verifyPossession(authorities, scheme).ok).toBe(true);
    const [first, second] = authorities as unknown as [Signers['authorities'][number], Signers['authorities'][number]];
    const borrowed = { ...first, proofOfPossession: second.proofOfPossession };
    expect(verifyPossession([borrowed], scheme)).toMatchObject({ refusal: { code: 'PROOF_OF_POSSESSION' } });
    expect(verifyPossession([first, first], scheme)).toMatchObject({ refusal: { code: 'DUPLICATE_KEY' } });
  });
});

describe('BLS', () => {
  const secret = blsSecretKey(new Uint8Array(32).fill(9));
  const scheme = createBlsScheme();
  it('keeps blocks, votes and networks apart under one key', () => {
    const message = blockSigningRoot(NETWORK_HASH, ROOT, SLOT);
    const signature = blsSign(secret, message);
    expect(scheme.verify(blsPublicKey(secret), message, signature)).toBe(true);
    expect(scheme.verify(blsPublicKey(secret), voteSigningRoot(NETWORK_HASH, ROOT, SLOT, true), signature)).toBe(false);
    expect(scheme.verify(blsPublicKey(secret), blockSigningRoot('00'.repeat(32), ROOT, SLOT), signature)).toBe(false);
  });
  it('says no, and never throws, for bytes that are no points', () => {
    const message = new Uint8Array(32);
    const key = blsPublicKey(secret);
    const infinity = `0xc0${'00'.repeat(95)}` as Vote['signature'];
    for (const signature of [infinity, `0x${'ff'.repeat(96)}`, `0x${'00'.repeat(96)}`, '0x'] as Vote['signature'][]) {
      expect(scheme.verify(key, message, signature)).toBe(false);
      expect(scheme.verifyAggregate([{ publicKeys: [key], message }], signature)).toBe(false);
    }
    const infinityKey = `0xc0${'00'.repeat(47)}` as typeof key;
    expect(scheme.verify(infinityKey, message, infinity)).toBe(false);
    expect(scheme.verifyAggregate([], infinity)).toBe(false);
    expect(scheme.verifyAggregate([{ publicKeys: [], message }], infinity)).toBe(false);
  });
  it('derives the public key that the IETF draft gives for the secret key 1', () => {
    // The generator of G1, compressed.
    expect(blsPublicKey(`0x${'00'.repeat(31)}01`)).toBe(
      '0x97f1d3a73197d7942695638c4fa9ac0fc3688c4f9774b905a14e3a3f171bac586c55e83ff97a1aeffb3af00adb22c6bb',
    );
    expect(hexToBytes(secret)).toHaveLength(32);
  });
});
