import { type Checked, accept, refuse } from '../../primitives/errors.ts';
import type { BlockRoot } from '../../primitives/ids.ts';
import { authoritiesIn, authorityCount } from './authority-set.ts';
import { genesisCertificate } from './genesis.ts';
import { quorum } from './schedule.ts';
import type { SignatureScheme } from './scheme.ts';
import { voteSigningRoot } from './signing.ts';
import type { AuthoritySet, BlsPublicKey, QuorumCertificate } from './types.ts';

/** What of an authority the consensus needs. The network file's members have it. */
export interface Authority {
  readonly blsPublicKey: string;
}

export type CertificateCode =
  'GENESIS_CERTIFICATE' | 'UNKNOWN_VOTER' | 'DOUBLE_VOTER' | 'NO_QUORUM' | 'AGGREGATE_SIGNATURE';

/**
 * Checks that `certificate` is a quorum's: distinct authorities, each in one of the two sets, and their aggregate.
 * `authorities` are those of the certified block's height. The genesis root has one certificate, which nobody signs.
 */
export function verifyCertificate(
  certificate: QuorumCertificate,
  authorities: readonly Authority[],
  scheme: SignatureScheme,
  networkHash: string,
  genesisRoot: BlockRoot,
): Checked<QuorumCertificate, CertificateCode> {
  const { blockRoot, slot, cleanVoters, otherVoters, signature } = certificate;
  if (slot === 0 || blockRoot === genesisRoot) {
    const genesis = genesisCertificate(genesisRoot);
    const same =
      slot === 0 &&
      blockRoot === genesisRoot &&
      cleanVoters === 0 &&
      otherVoters === 0 &&
      signature === genesis.signature;
    return same ? accept(certificate) : refuse('GENESIS_CERTIFICATE', 'not the certificate of genesis');
  }
  const voters = (cleanVoters | otherVoters) as AuthoritySet;
  if (voters >= 1 << authorities.length) return refuse('UNKNOWN_VOTER', 'a voter is no authority', { voters });
  if ((cleanVoters & otherVoters) !== 0) return refuse('DOUBLE_VOTER', 'an authority is in both sets of voters');
  const needed = quorum(authorities.length);
  if (authorityCount(voters) < needed)
    return refuse('NO_QUORUM', `${authorityCount(voters)} votes of ${needed}`, { voters, needed });

  const groupOf = (set: AuthoritySet, clean: boolean) => ({
    publicKeys: authorities
      .filter((_, i) => (set & (1 << i)) !== 0)
      .map((authority) => authority.blsPublicKey as BlsPublicKey),
    message: voteSigningRoot(networkHash, blockRoot, slot, clean),
  });
  const groups = [groupOf(cleanVoters, true), groupOf(otherVoters, false)].filter(
    ({ publicKeys }) => publicKeys.length > 0,
  );
  if (!scheme.verifyAggregate(groups, signature))
    return refuse('AGGREGATE_SIGNATURE', `the aggregate of ${authoritiesIn(voters).join(', ')} doesn't verify`);
  return accept(certificate);
}
