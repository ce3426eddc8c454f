import { compareServers } from '../conformance/bitcoin-server/compare-servers.ts';
import { startBitcoind } from '../support/bitcoin/spawn-peer.ts';

compareServers('Bitcoin Core', startBitcoind);
