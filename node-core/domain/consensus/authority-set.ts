import { type AuthorityIndex, authorityIndex } from '../../primitives/ids.ts';
import { MAX_AUTHORITIES, quorum } from './schedule.ts';
import type { AuthoritySet, QuorumCertificate } from './types.ts';

export const NO_AUTHORITIES = 0 as AuthoritySet;

export const withAuthority = (set: AuthoritySet, index: AuthorityIndex): AuthoritySet =>
  (set | (1 << index)) as AuthoritySet;

export const hasAuthority = (set: AuthoritySet, index: AuthorityIndex): boolean => (set & (1 << index)) !== 0;

/** The members in ascending order. */
export const authoritiesIn = (set: AuthoritySet): readonly AuthorityIndex[] =>
  Array.from({ length: MAX_AUTHORITIES }, (_, i) => authorityIndex(i)).filter((i) => hasAuthority(set, i));

export const authorityCount = (set: AuthoritySet): number => authoritiesIn(set).length;

/** Authorities who voted, cleanly or not. */
export const voterCount = (certificate: QuorumCertificate): number =>
  authorityCount((certificate.cleanVoters | certificate.otherVoters) as AuthoritySet);

/** Whether the clean votes alone are a quorum of `authorities`: then the certified block's parent is final. */
export const hasCleanQuorum = (certificate: QuorumCertificate, authorities: number): boolean =>
  authorityCount(certificate.cleanVoters) >= quorum(authorities);
