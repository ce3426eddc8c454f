import { verifyCertificate } from '../../../node-core/domain/consensus/certificate.ts';
import type { BlsSignature, PeerStatus, QuorumCertificate } from '../../../node-core/domain/consensus/types.ts';
import { blockHeight, type BlockRoot, slot } from '../../../node-core/primitives/ids.ts';
import type { ChainMessage } from '../../../node-core/protocol/chain.ts';
import { AUTHORITIES, NETWORK_HASH } from '../world/network.ts';
import type { FuzzWorld } from '../world/world.ts';
import type { Target } from './target.ts';

const BATCH = 64;

/** A certificate above all that the node knows, which no quorum made. */
const CERTIFICATES: readonly ((world: FuzzWorld, root: BlockRoot, at: number) => QuorumCertificate)[] = [
  ({ federation }, root, at) => federation.certificateBy([1, 2], root, slot(at)),
  ({ federation, random }, root, at) => {
    const certificate = federation.certificateBy([1, 2, 3], root, slot(at));
    return { ...certificate, signature: random.flipHex(certificate.signature) as BlsSignature };
  },
  ({ federation }, root, at) => {
    const certificate = federation.certificateBy([1, 2, 3], root, slot(at));
    return { ...certificate, otherVoters: certificate.cleanVoters };
  },
  ({ federation, random }, root, at) => {
    const certificate = federation.certificateBy([1, 2, 3], root, slot(at));
    const stranger = 1 << (AUTHORITIES + random.integer(11));
    return { ...certificate, otherVoters: stranger as QuorumCertificate['otherVoters'] };
  },
  ({ federation }, _root, at) => ({ ...federation.certificate, slot: slot(at) }),
  ({ federation }, root) => ({ ...federation.certificate, blockRoot: root, slot: slot(2 ** 45) }),
  ({ federation }, _root, at) => {
    const genesis = federation.chain[0] as (typeof federation.chain)[number];
    return federation.certificateBy([1, 2, 3], genesis.root, slot(at));
  },
];

/** What peers say of themselves, with certificates that must not make the node believe that it is behind. */
export const statuses: Target = {
  name: 'status',
  share: 0.04,
  stages: [
    'another network',
    'NO_QUORUM',
    'AGGREGATE_SIGNATURE',
    'DOUBLE_VOTER',
    'UNKNOWN_VOTER',
    'GENESIS_CERTIFICATE',
    'nothing new',
  ],
  async run(world, _bases, count) {
    const { random, federation, tally, node } = world;
    for (let i = 0; i < count; i++) {
      const honest = federation.status();
      const make = CERTIFICATES[i % CERTIFICATES.length] as (typeof CERTIFICATES)[number];
      const at = world.slot + 1 + random.integer(1000);
      const other: PeerStatus = {
        ...honest,
        headRoot: random.hex(32) as BlockRoot,
        headHeight: blockHeight(random.integer(2 ** 31)),
        highCertificate: make(world, random.hex(32) as BlockRoot, at),
        lastSignedSlots: [],
      };
      const kind = random.integer(8);
      const status =
        kind === 0
          ? { ...other, networkHash: random.hex(32).slice(2) }
          : kind === 1
            ? { ...honest, headHeight: other.headHeight, headRoot: other.headRoot, finalizedRoot: other.headRoot }
            : other;
      node.system.inject(
        node.system.refOf<ChainMessage>('ChainActor'),
        { type: 'PeerStatusReceived', peer: `peer-${1 + random.integer(AUTHORITIES - 1)}`, status },
        { from: 'Peer:peer-1' },
      );
      tally.count('status', stageOf(world, status), kind > 1);
      if (i % BATCH === BATCH - 1) await world.checkUnchanged('statuses');
    }
    await world.checkUnchanged('statuses');
  },
};

function stageOf({ federation }: FuzzWorld, { networkHash, highCertificate }: PeerStatus): string {
  if (networkHash !== NETWORK_HASH) return 'another network';
  if (highCertificate.slot <= federation.certificate.slot) return 'nothing new';
  const { keys, network, chain } = federation;
  const checked = verifyCertificate(
    highCertificate,
    network.authorities[0]?.members ?? [],
    keys.scheme,
    NETWORK_HASH,
    (chain[0] as (typeof chain)[number]).root,
  );
  return checked.ok ? 'a quorum made it' : checked.refusal.code;
}
