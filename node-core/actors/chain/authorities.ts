import { authoritySetAt } from '../../domain/consensus/schedule.ts';
import type { BlsPublicKey } from '../../domain/consensus/types.ts';
import type { AuthorityMember } from '../../config/network.ts';
import {
  type AuthorityIndex,
  authorityIndex,
  type BlockHeight,
  type EvmAddress,
  evmAddress,
} from '../../primitives/ids.ts';
import type { ChainActorState } from './state.ts';

type OfNode = Pick<ChainActorState, 'args'>;

/** Who proposes and votes for blocks at `height`. */
export const authoritiesAt = ({ args }: OfNode, height: BlockHeight): readonly AuthorityMember[] =>
  authoritySetAt(args.network.authorities, height);

/** This node's place among the authorities at `height`; null where it has none. */
export function selfAt(
  state: OfNode,
  height: BlockHeight,
): { readonly index: AuthorityIndex; readonly feeRecipient: EvmAddress } | null {
  const { self } = state.args;
  if (self === null) return null;
  const members = authoritiesAt(state, height);
  const index = members.findIndex(({ blsPublicKey }) => blsPublicKey === self.publicKey);
  const member = members[index];
  return member === undefined ? null : { index: authorityIndex(index), feeRecipient: evmAddress(member.feeRecipient) };
}

export const keyAt = (state: OfNode, height: BlockHeight, index: AuthorityIndex): BlsPublicKey | undefined =>
  authoritiesAt(state, height)[index]?.blsPublicKey as BlsPublicKey | undefined;
