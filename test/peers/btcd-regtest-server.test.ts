import { compareServers } from '../conformance/bitcoin-server/compare-servers.ts';
import { startBtcd } from '../support/bitcoin/spawn-peer.ts';

compareServers('btcd', startBtcd);
