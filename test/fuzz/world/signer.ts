import { createSigner } from '../../../node-core/adapters/signer/signer.ts';
import { blockSigningRoot, voteSigningRoot } from '../../../node-core/domain/consensus/signing.ts';
import {
  afterProposal,
  afterVote,
  EMPTY_GUARD,
  mayPropose,
  mayVote,
} from '../../../node-core/domain/consensus/voting.ts';
import { ServiceError } from '../../../node-core/primitives/errors.ts';
import type { GuardStore, SignerPort } from '../../../node-core/ports/signer.ts';
import type { KeyPair, Keys, SchemeName } from './keys.ts';
import { NETWORK_HASH, OWN_INDEX } from './network.ts';

/** The node's signer: the real one with BLS; with keyed signatures the same rules on a record in memory. */
export function createFuzzSigner(keys: Keys, schemeName: SchemeName, guard: GuardStore): SignerPort {
  if (schemeName === 'bls') {
    const { secretKey } = keys.pairs[OWN_INDEX] as KeyPair;
    return createSigner({ secretKey, networkHash: NETWORK_HASH, guard });
  }
  let record = EMPTY_GUARD;
  return {
    record: () => Promise.resolve(record),
    disarmed: () => Promise.resolve(false),
    rearm: () => Promise.resolve(record),
    async signBlock({ slot, root }) {
      if (!mayPropose(record, slot).ok) throw new ServiceError('GUARD_REFUSED', 'proposed already');
      record = afterProposal(record, slot);
      return keys.sign(OWN_INDEX, blockSigningRoot(NETWORK_HASH, root, slot));
    },
    async signVote({ slot, root, justifiedRoot, justifiedSlot }) {
      const block = { slot, certificate: { blockRoot: justifiedRoot, slot: justifiedSlot } };
      const verdict = mayVote(record, block);
      if (!verdict.ok) throw new ServiceError('GUARD_REFUSED', verdict.refusal.reason);
      record = afterVote(record, root, block);
      const { clean } = verdict.value;
      return { clean, signature: keys.sign(OWN_INDEX, voteSigningRoot(NETWORK_HASH, root, slot, clean)) };
    },
  };
}
