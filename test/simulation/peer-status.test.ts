import { describe, expect, it } from 'vitest';
import { blockRootOf } from '../../node-core/domain/consensus/encoding.ts';
import { blockHeight, type BlockRoot, slot } from '../../node-core/primitives/ids.ts';
import type { PeerStatus } from '../../node-core/ports/peers.ts';
import type { ChainMessage } from '../../node-core/protocol/chain.ts';
import { type ChainFederation, NETWORK_HASH } from '../support/chain-federation.ts';
import { alone, give, slotOf } from '../support/lone-node.ts';

const UNKNOWN = `0x${'cd'.repeat(32)}` as BlockRoot;

/** A node that has heard of no certificate for some slots, and whom no peer gives blocks. */
function quiet(): ChainFederation {
  const federation = alone();
  federation.runSlots(6);
  return federation;
}

/** A peer says that it knows a certificate of these voters, for a block that this node lacks. */
function says(federation: ChainFederation, voters: readonly number[], at: number, changes: Partial<PeerStatus> = {}) {
  const status: PeerStatus = {
    networkHash: NETWORK_HASH,
    headRoot: UNKNOWN,
    headHeight: blockHeight(100),
    finalizedRoot: UNKNOWN,
    finalizedHeight: blockHeight(99),
    highCertificate: federation.forgeVotes(voters, UNKNOWN, slot(at)).certificate,
    lastSignedSlots: [],
    ...changes,
  };
  const system = federation.nodes[0]?.system;
  system?.inject(
    system.refOf<ChainMessage>('ChainActor'),
    { type: 'PeerStatusReceived', peer: 'peer-1', status },
    { from: 'Peer' },
  );
  federation.pump.runFor(1);
}
const begunSyncs = ({ nodes: [node] }: ChainFederation): number =>
  (node?.system?.read('oldest').read(100_000).logs ?? []).filter(({ text }) => text === 'behind the best chain').length;

describe('what a peer says is certified', () => {
  it.each([
    ['when a quorum certified it two slots ago', true, [1, 2, 3], 2, {}],
    ['not while gossip may still bring it', false, [1, 2, 3], 1, {}],
    ['not when fewer than a quorum certified it', false, [2, 3], 2, {}],
    ['not when it is of another network', false, [1, 2, 3], 2, { networkHash: '00'.repeat(32) }],
  ] as const)('is fetched %s', (_, fetched, voters, ago, changes) => {
    const federation = quiet();
    says(federation, voters, slotOf(federation) - ago, changes);
    expect(begunSyncs(federation)).toBe(fetched ? 1 : 0);
  });

  it('counts for a block that the node holds: what its parent was waiting for becomes final', () => {
    const federation = alone();
    const first = give(federation);
    const second = give(federation, {}, first);
    const before = federation.view(0)?.finalized.height ?? 0;
    expect(before).toBeLessThan(first.height);
    const { certificate } = federation.forgeVotes([1, 2, 3], blockRootOf(second), second.slot);
    says(federation, [1, 2, 3], second.slot, { highCertificate: certificate });
    expect(federation.view(0)?.finalized.root).toBe(blockRootOf(first));
  });
});
