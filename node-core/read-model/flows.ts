/**
 * The founding document's flows as data, in its names and its order. `reply` marks its dashed arrows.
 * Source: communication-flows.md, sections 1 to 5.
 */
export interface Arrow {
  readonly from: string;
  readonly to: string;
  readonly type: string;
  readonly reply?: true;
}

/** What a flow is made of: an arrow, branches in any order, one of several branches, or one or more rounds. */
export type FlowStep =
  | Arrow
  | { readonly par: Arrow; readonly atLeast: number }
  | { readonly alt: readonly { readonly name: string; readonly steps: readonly Arrow[] }[] }
  | { readonly loop: { readonly each: Arrow; readonly more: Arrow; readonly done: Arrow } };

export interface FoundingFlow {
  /** The scenario's name. */
  readonly name: string;
  readonly title: string;
  readonly steps: readonly FlowStep[];
}

const arrow = (from: string, to: string, type: string): Arrow => ({ from, to, type });
const reply = (from: string, to: string, type: string): Arrow => ({ from, to, type, reply: true });

export const blockProduction: FoundingFlow = {
  name: 'block-production',
  title: 'Block production',
  steps: [
    arrow('AuraTimer', 'ChainActor', 'SlotTick'),
    arrow('ChainActor', 'EngineActor', 'BuildBlockRequest'),
    reply('EngineActor', 'ChainActor', 'BlockTemplate'),
    arrow('ChainActor', 'BridgeActor', 'ValidatePegOperations'),
    reply('BridgeActor', 'ChainActor', 'PegValidationResult'),
    arrow('ChainActor', 'NetworkActor', 'PropagateBlock'),
    arrow('ChainActor', 'StorageActor', 'PersistBlock'),
  ],
};

export const pegIn: FoundingFlow = {
  name: 'peg-in',
  title: 'Bitcoin peg-in',
  steps: [
    arrow('BitcoinNetwork', 'BridgeActor', 'BitcoinTransactionDetected'),
    arrow('BridgeActor', 'BridgeActor', 'ValidatePegInTransaction'),
    arrow('BridgeActor', 'StreamActor', 'GovernanceApprovalRequest'),
    arrow('StreamActor', 'GovernanceNodes', 'RequestFederationApproval'),
    reply('GovernanceNodes', 'StreamActor', 'ApprovalResponse'),
    reply('StreamActor', 'BridgeActor', 'GovernanceApproval'),
    arrow('BridgeActor', 'ChainActor', 'PegInOperation'),
    arrow('ChainActor', 'EngineActor', 'MintTokensRequest'),
    reply('EngineActor', 'ChainActor', 'MintResult'),
    arrow('ChainActor', 'BridgeActor', 'PegInComplete'),
  ],
};

export const pegOut: FoundingFlow = {
  name: 'peg-out',
  title: 'Ethereum peg-out',
  steps: [
    arrow('User', 'EngineActor', 'BurnTransaction'),
    arrow('EngineActor', 'BridgeActor', 'BurnEventDetected'),
    arrow('BridgeActor', 'BridgeActor', 'CreateBitcoinTransaction'),
    arrow('BridgeActor', 'StreamActor', 'RequestFederationSignatures'),
    arrow('StreamActor', 'GovernanceNodes', 'SignatureRequest'),
    reply('GovernanceNodes', 'StreamActor', 'SignatureResponse'),
    reply('StreamActor', 'BridgeActor', 'CollectedSignatures'),
    arrow('BridgeActor', 'BitcoinNetwork', 'BroadcastBitcoinTransaction'),
    reply('BitcoinNetwork', 'BridgeActor', 'TransactionConfirmed'),
  ],
};

export const syncRecovery: FoundingFlow = {
  name: 'sync-recovery',
  title: 'Blockchain sync recovery',
  steps: [
    arrow('ChainActor', 'SyncActor', 'SyncRequiredNotification'),
    arrow('SyncActor', 'NetworkActor', 'GetConnectedPeers'),
    reply('NetworkActor', 'SyncActor', 'PeerList'),
    { par: arrow('SyncActor', 'Peer', 'RequestBlocks'), atLeast: 1 },
    { par: reply('Peer', 'SyncActor', 'BlockBatch'), atLeast: 1 },
    arrow('SyncActor', 'ChainActor', 'ValidatedBlockBatch'),
    arrow('ChainActor', 'StorageActor', 'PersistBlockBatch'),
    {
      loop: {
        each: arrow('SyncActor', 'SyncActor', 'CheckSyncProgress'),
        more: arrow('SyncActor', 'NetworkActor', 'RequestMoreBlocks'),
        done: arrow('SyncActor', 'ChainActor', 'SyncCompleted'),
      },
    },
  ],
};

export const governanceRouting: FoundingFlow = {
  name: 'governance-routing',
  title: 'Governance message routing',
  steps: [
    arrow('GovernanceNodes', 'StreamActor', 'GovernanceMessage'),
    {
      alt: [
        { name: 'BlockProposal', steps: [arrow('StreamActor', 'ChainActor', 'GovernanceBlockProposal')] },
        { name: 'FederationUpdate', steps: [arrow('StreamActor', 'BridgeActor', 'FederationConfigUpdate')] },
        {
          name: 'ChainStatus',
          steps: [
            arrow('StreamActor', 'ChainActor', 'RequestChainStatus'),
            reply('ChainActor', 'StreamActor', 'ChainStatusResponse'),
            arrow('StreamActor', 'GovernanceNodes', 'ChainStatusUpdate'),
          ],
        },
        { name: 'SyncRequest', steps: [arrow('StreamActor', 'SyncActor', 'GovernanceSyncRequest')] },
        { name: 'EmergencyHalt', steps: [arrow('StreamActor', 'ChainActor', 'EmergencyHaltRequest')] },
        { name: 'ConfigUpdate', steps: [arrow('StreamActor', 'EngineActor', 'UpdateExecutionConfig')] },
      ],
    },
  ],
};

export const foundingFlows: readonly FoundingFlow[] = [blockProduction, pegIn, pegOut, syncRecovery, governanceRouting];
