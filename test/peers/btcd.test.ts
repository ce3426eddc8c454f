import { bitcoinContract } from '../conformance/bitcoin/bitcoin-contract.ts';
import { startBtcd } from '../support/bitcoin/spawn-peer.ts';

bitcoinContract('btcd', startBtcd);
