import { bitcoinContract } from '../conformance/bitcoin/bitcoin-contract.ts';
import { startBitcoind } from '../support/bitcoin/spawn-peer.ts';

bitcoinContract('Bitcoin Core', startBitcoind);
