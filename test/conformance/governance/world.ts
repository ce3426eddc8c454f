import {
  bitcoinNetworkOf,
  federationAddress,
  federationAtEpoch,
} from '../../../node-core/domain/federation/address.ts';
import type { Network } from '../../../node-core/config/network.ts';
import { createGovernanceClient } from '../../../node-core/adapters/governance-grpc/client.ts';
import {
  type GovernanceClientOptions,
  defaultGovernanceLimits,
} from '../../../node-core/adapters/governance-grpc/options.ts';
import { DevnetWallet } from '../../../node-core/devnet/bitcoin/wallet/devnet-wallet.ts';
import { type RegtestServer, startRegtestServer } from '../../../node-core/devnet/bitcoin/server.ts';
import {
  type Governance,
  type GovernanceOptions,
  startGovernance,
} from '../../../node-core/devnet/governance/server.ts';
import { epoch } from '../../../node-core/primitives/ids.ts';
import { sats } from '../../../node-core/primitives/units.ts';
import { membersOf } from '../../unit/federation/members.ts';
import { type WalletRpc, startWalletRpc } from './wallet-rpc.ts';

export const networkHash = '7e'.repeat(32);
export const BRIDGE = `0x${'bb'.repeat(20)}`;
export const RECIPIENT = `0x${'a1'.repeat(20)}`;

/** The members' secrets are the integers of `test/unit/federation/members.ts`. */
const secretHex = (integer: number): string => integer.toString(16).padStart(64, '0');
export const memberSecrets = [0, 1, 2].map((position) => ({
  bitcoinSecret: secretHex(position + 1),
  identitySecret: secretHex(position + 101),
}));

export const network: Network = {
  name: 'devnet',
  chainId: 121_212,
  genesisTimeMs: 0,
  slotDurationMs: 2000,
  gasLimit: 30_000_000,
  authorities: [],
  governance: [
    {
      activationHeight: 0,
      epoch: 0,
      members: membersOf(3).map((keys, position) => ({ name: `member-${position}`, ...keys })),
    },
  ],
  bitcoin: {
    network: 'regtest',
    depositConfirmations: 2,
    proposerExtraConfirmations: 2,
    minDepositSats: '10000',
    startHeight: 0,
    minFeeRateSatsPerVbyte: 2,
    maxFeeRateSatsPerVbyte: 100,
  },
  bridge: { address: BRIDGE, minPegOutSats: '1000000', maxPegOutSats: '1000000000', dustSats: '546' },
};

const present = federationAtEpoch(network.governance, epoch(0));
if (present === null) throw new Error('epoch 0 is in the schedule');
export const { federation } = present;
export const federationAddressText = federationAddress(federation, bitcoinNetworkOf('regtest'));

const CREDENTIALS = { rpcUser: 'members', rpcPassword: 'a password' };

/** A regtest chain with a funded user, a wallet JSON-RPC, and governance in front of them. */
export interface World {
  readonly bitcoin: RegtestServer;
  readonly user: DevnetWallet;
  readonly evm: WalletRpc;
  readonly governance: Governance;
  /** Starts governance again, on the same port, with other options if given. */
  restartGovernance(options?: Partial<GovernanceOptions>): Promise<Governance>;
  mine(blocks: number): void;
  /** The height of Bitcoin's tip. */
  height(): number;
  close(): Promise<void>;
}

export async function startWorld(overrides: Partial<GovernanceOptions> = {}): Promise<World> {
  const bitcoin = await startRegtestServer({ dataDir: null, ...CREDENTIALS });
  const evm = await startWalletRpc();
  const user = new DevnetWallet({ url: bitcoin.url, ...CREDENTIALS, seed: 'user' });
  await user.fund(sats(1_000_000_000n));
  const options: GovernanceOptions = {
    dataDir: null,
    members: memberSecrets,
    networkHash,
    network,
    bitcoinRpc: { url: bitcoin.url, user: CREDENTIALS.rpcUser, password: CREDENTIALS.rpcPassword },
    evmRpcUrls: [evm.url],
    recheckMs: 20,
    giveUpMs: 100,
    ...overrides,
  };
  let governance = await startGovernance(options);
  return {
    bitcoin,
    user,
    evm,
    get governance() {
      return governance;
    },
    async restartGovernance(changed = {}) {
      await governance.close();
      const port = Number(governance.address.split(':')[1]);
      governance = await startGovernance({ ...options, ...changed, port });
      return governance;
    },
    mine: (blocks) => void bitcoin.mine(blocks, user.address),
    height: () => bitcoin.chain.tip.height,
    async close() {
      await governance.close();
      await evm.close();
      await bitcoin.close();
    },
  };
}

export const clientOf = (governance: Governance, overrides: Partial<GovernanceClientOptions> = {}) =>
  createGovernanceClient({
    address: governance.address,
    tls: null,
    token: null,
    nodeName: 'node-0',
    networkHash,
    limits: defaultGovernanceLimits,
    ...overrides,
  });
