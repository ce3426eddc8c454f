import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const protocol = new URL('../../node-core/protocol/', import.meta.url);

/** The names that communication-flows.md gives to messages between and into actors. */
const FOUNDING = [
  'SlotTick',
  'BuildBlockRequest',
  'BlockTemplate',
  'ValidatePegOperations',
  'PegValidationResult',
  'PropagateBlock',
  'PersistBlock',
  'BitcoinTransactionDetected',
  'ValidatePegInTransaction',
  'GovernanceApprovalRequest',
  'ApprovalResponse',
  'GovernanceApproval',
  'PegInOperation',
  'MintTokensRequest',
  'MintResult',
  'PegInComplete',
  'BurnTransaction',
  'BurnEventDetected',
  'CreateBitcoinTransaction',
  'RequestFederationSignatures',
  'SignatureResponse',
  'CollectedSignatures',
  'TransactionConfirmed',
  'SyncRequiredNotification',
  'GetConnectedPeers',
  'PeerList',
  'BlockBatch',
  'ValidatedBlockBatch',
  'PersistBlockBatch',
  'CheckSyncProgress',
  'RequestMoreBlocks',
  'SyncCompleted',
  'GovernanceMessage',
  'GovernanceBlockProposal',
  'FederationConfigUpdate',
  'RequestChainStatus',
  'ChainStatusResponse',
  'GovernanceSyncRequest',
  'EmergencyHaltRequest',
  'UpdateExecutionConfig',
  'ProcessBlock',
  'FinalizeBlock',
  'PegOutOperation',
  'ParallelBlockDownloadRequest',
  'ActorStarted',
  'ActorStopped',
  'HealthCheck',
  'ConfigUpdate',
];

const declared = readdirSync(protocol)
  .filter((file) => file.endsWith('.ts') && file !== 'views.ts')
  .flatMap((file) =>
    [...readFileSync(new URL(file, protocol), 'utf8').matchAll(/readonly type: '([A-Za-z]+)'/g)].map(
      ([, name]) => name ?? '',
    ),
  );
const table = readFileSync(new URL('README.md', protocol), 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('| `'))
  .flatMap((line) => [...(line.split('|')[1] ?? '').matchAll(/`([A-Za-z]+)`/g)].map(([, name]) => name ?? ''));

describe('the messages between the actors', () => {
  it('are the founding document’s, or stand in the table with their reason', () => {
    expect(declared.length).toBeGreaterThan(80);
    expect([...new Set(declared)].filter((name) => !FOUNDING.includes(name) && !table.includes(name))).toEqual([]);
  });

  it('leave nothing in the table that is no message, or that the founding document names', () => {
    expect(table.filter((name) => !declared.includes(name) || FOUNDING.includes(name))).toEqual([]);
  });
});
