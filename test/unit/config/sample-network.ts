import { schnorr } from '@noble/curves/secp256k1.js';
import { devnetParameters } from '../../../node-core/config/devnet-parameters.ts';
import type { LocalConfig, Secrets } from '../../../node-core/config/local.ts';
import type { Network } from '../../../node-core/config/network.ts';
import { defaultSupervision } from '../../../node-core/config/supervision-settings.ts';
import { blsProofOfPossession, blsPublicKey, blsSecretKey } from '../../../node-core/domain/consensus/bls.ts';
import { bytesToBareHex, bytesToHex } from '../../../node-core/primitives/hex.ts';

const filled = (value: number): Uint8Array => new Uint8Array(32).fill(value);

/** A complete devnet of three authorities and three members, valid in every respect. */
export function sampleNetwork(): Network {
  return {
    ...structuredClone(devnetParameters),
    genesisTimeMs: 1_700_000_000_000,
    authorities: [
      {
        activationHeight: 0,
        members: [1, 2, 3].map((i) => {
          const secret = blsSecretKey(filled(i));
          return {
            name: `node-${i}`,
            blsPublicKey: blsPublicKey(secret),
            proofOfPossession: blsProofOfPossession(secret),
            feeRecipient: bytesToHex(filled(i)).slice(0, 42),
            peerId: `peer-${i}`,
          };
        }),
      },
    ],
    governance: [
      {
        activationHeight: 0,
        epoch: 0,
        members: [1, 2, 3].map((i) => ({
          name: `member-${i}`,
          bitcoinKey: bytesToBareHex(schnorr.getPublicKey(filled(10 + i))),
          identityKey: bytesToBareHex(schnorr.getPublicKey(filled(20 + i))),
        })),
      },
    ],
  };
}

export const sampleLocal: LocalConfig = {
  nodeName: 'node-1',
  bitcoin: { url: 'http://127.0.0.1:18443', pollMs: 500, requestTimeoutMs: 10_000 },
  governance: { address: '127.0.0.1:50051', requestTimeoutMs: 60_000, heartbeatMs: 30_000, tls: null },
  network: { listen: ['/ip4/127.0.0.1/tcp/0'], bootstrap: [] },
  rpc: { host: '127.0.0.1', port: 8545, allowedOrigins: [], allowedHosts: [] },
  execution: { kind: 'embedded' },
  telemetry: { prometheusPort: null, otlpUrl: null },
  supervision: defaultSupervision,
  payoutCapSatsPerDay: '5000000000',
};

export const sampleSecrets: Secrets = {
  blsSecretKey: blsSecretKey(filled(1)),
  peerPrivateKey: 'CAESQA==',
  bitcoinRpc: { user: 'alice', password: 'hunter2' },
  governanceToken: null,
};
