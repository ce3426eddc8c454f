import { startRegtestServer } from '../../../node-core/devnet/bitcoin/server.ts';
import type { StartBitcoinPeer } from '../../support/bitcoin/peer.ts';
import { bitcoinContract } from './bitcoin-contract.ts';

const startDevnet: StartBitcoinPeer = async (miningAddress) => {
  const credentials = { user: 'alys', password: 'conformance' };
  const server = await startRegtestServer({
    dataDir: null,
    rpcUser: credentials.user,
    rpcPassword: credentials.password,
  });
  return {
    ...credentials,
    url: server.url,
    mine: async (blocks) => void server.mine(blocks, miningAddress),
    stop: () => server.close(),
  };
};

bitcoinContract("the devnet's Bitcoin server", startDevnet);
