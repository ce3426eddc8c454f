import type { DevnetParameters } from './identity.ts';

/** The embedded devnet's network file, but for what each devnet makes itself. Sources: protocol.md. */
export const devnetParameters: DevnetParameters = {
  name: 'devnet',
  chainId: 121_212,
  slotDurationMs: 2000,
  gasLimit: 30_000_000,
  bitcoin: {
    network: 'regtest',
    depositConfirmations: 2,
    proposerExtraConfirmations: 2,
    minDepositSats: '10000',
    startHeight: 0,
    minFeeRateSatsPerVbyte: 2,
    maxFeeRateSatsPerVbyte: 500,
  },
  bridge: {
    address: '0xbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb',
    minPegOutSats: '1000000',
    maxPegOutSats: '1000000000',
    dustSats: '546',
  },
};
