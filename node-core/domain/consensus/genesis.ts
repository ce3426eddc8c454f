import type { Hex } from '../../primitives/hex.ts';
import { authorityIndex, blockHeight, type BlockRoot, blockRoot, slot } from '../../primitives/ids.ts';
import { NO_AUTHORITIES } from './authority-set.ts';
import type { BlsSignature, ExecutionPayload, QuorumCertificate, SignedBlock } from './types.ts';

const zeroBytes = (count: number): Hex => `0x${'00'.repeat(count)}`;
/** Stands where genesis has no parent. */
const NO_PARENT = blockRoot(zeroBytes(32));
/** Stands where nobody signs. No point of the curve is encoded so, and no scheme accepts it. */
const NO_SIGNATURE = zeroBytes(96) as BlsSignature;

/** What certifies the genesis block: it is agreed on beforehand, by the network file's hash. */
export const genesisCertificate = (root: BlockRoot): QuorumCertificate => ({
  blockRoot: root,
  slot: slot(0),
  cleanVoters: NO_AUTHORITIES,
  otherVoters: NO_AUTHORITIES,
  signature: NO_SIGNATURE,
});

/** Height 0 at slot 0, around the execution client's genesis. The proposer is 0 and nobody signs. */
export const genesisBlock = (payload: ExecutionPayload): SignedBlock => ({
  block: {
    parentRoot: NO_PARENT,
    slot: slot(0),
    height: blockHeight(0),
    proposer: authorityIndex(0),
    payload,
    pegIns: [],
    pegOuts: [],
    federationUpdates: [],
    certificate: genesisCertificate(NO_PARENT),
  },
  signature: NO_SIGNATURE,
});
