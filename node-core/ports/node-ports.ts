import type { BitcoinPort } from './bitcoin.ts';
import type { ExecutionPort } from './execution.ts';
import type { GovernancePort } from './governance.ts';
import type { PeersPort } from './peers.ts';
import type { SignerPort } from './signer.ts';
import type { StorePort } from './store.ts';

/** Every port that the node's actors call, by the name they call it. */
export interface NodePorts {
  readonly bitcoin: BitcoinPort;
  readonly execution: ExecutionPort;
  readonly governance: GovernancePort;
  readonly peers: PeersPort;
  readonly signer: SignerPort;
  readonly store: StorePort;
}
