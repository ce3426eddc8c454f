import { federationAtEpoch } from '../../domain/federation/address.ts';
import type { Epoch } from '../../primitives/ids.ts';
import type { MemberSet, StreamActorState } from './state.ts';

/** The member set of an epoch; null for one that this node doesn't know. */
export function membersOf(state: StreamActorState, epoch: Epoch): MemberSet | null {
  const known = state.sets.get(epoch);
  if (known !== undefined) return known;
  const set = federationAtEpoch(state.schedule, epoch);
  if (set !== null) state.sets.set(epoch, set);
  return set;
}
