import { createHmac, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { readSecretFile, writePrivateFile } from '../adapters/system/files.ts';
import { generatePeerKey, peerIdOf } from '../adapters/libp2p/peer-key.ts';
import type { NetworkParameters } from '../config/devnet-parameters.ts';
import { type Network, networkSchema } from '../config/network.ts';
import { blsProofOfPossession, blsPublicKey, blsSecretKey } from '../domain/consensus/bls.ts';
import { ServiceError } from '../primitives/errors.ts';
import type { Hex } from '../primitives/hex.ts';
import { keyPairOf } from './governance/signing.ts';

const IDENTITY_FILE = 'devnet.json';
/** The EVM's genesis lies before the first block, whose timestamp must be above it. */
const GENESIS_AGE_MS = 60_000;

const secretHex = z.string().regex(/^[0-9a-f]{64}$/);

/** A devnet's shared parameters and every key of its parties: play money, made at its first start, never the same twice. */
const identitySchema = z.strictObject({
  network: networkSchema,
  nodes: z.array(
    z.strictObject({
      name: z.string(),
      blsSecretKey: z.string().regex(/^0x[0-9a-f]{64}$/),
      peerPrivateKey: z.string(),
    }),
  ),
  members: z.array(z.strictObject({ name: z.string(), bitcoinSecret: secretHex, identitySecret: secretHex })),
  /** Seeds of the user's Bitcoin wallet and of the miner's, and the user's Alys account key. */
  userSeed: secretHex,
  minerSeed: secretHex,
  userEvmSecret: secretHex,
  rpcPassword: secretHex,
});
export type DevnetIdentity = z.infer<typeof identitySchema>;

export interface DevnetShape {
  /** Nodes, each an authority: 1 to 15. */
  readonly nodes: number;
  /** Governance members: 1 to 15. */
  readonly members: number;
  readonly parameters: NetworkParameters;
}

/**
 * The identity in a data folder, made when there is none.
 * @throws ServiceError `DEVNET_FOLDER` when the folder holds something else, or a devnet of another shape.
 */
export async function devnetIdentity(dataDir: string, shape: DevnetShape): Promise<DevnetIdentity> {
  const file = join(dataDir, IDENTITY_FILE);
  if (!existsSync(file)) return makeIdentity(file, shape);
  const parsed = identitySchema.safeParse(readJson(file));
  if (!parsed.success) {
    throw new ServiceError(
      'DEVNET_FOLDER',
      `${file} is not a devnet of this version: move the folder away, or choose another with --data-dir`,
    );
  }
  const { nodes, members } = parsed.data;
  if (nodes.length !== shape.nodes || members.length !== shape.members) {
    throw new ServiceError(
      'DEVNET_FOLDER',
      `the devnet in ${dataDir} has ${nodes.length} nodes and ${members.length} members: start it with --nodes ${nodes.length}, or choose another --data-dir`,
    );
  }
  return parsed.data;
}

function readJson(file: string): unknown {
  try {
    return JSON.parse(readSecretFile(file));
  } catch (error) {
    if (error instanceof ServiceError) throw error;
    return undefined;
  }
}

async function makeIdentity(file: string, shape: DevnetShape): Promise<DevnetIdentity> {
  const seed = randomBytes(32);
  const derive = (label: string): string => createHmac('sha256', seed).update(label).digest('hex');
  const nodes = await Promise.all(
    Array.from({ length: shape.nodes }, async (_, i) => ({
      name: `node-${i + 1}`,
      blsSecretKey: blsSecretKey(Buffer.from(derive(`bls:${i}`), 'hex')),
      peerPrivateKey: await generatePeerKey(),
    })),
  );
  const members = Array.from({ length: shape.members }, (_, i) => ({
    name: `member-${i + 1}`,
    bitcoinSecret: derive(`bitcoin:${i}`),
    identitySecret: derive(`identity:${i}`),
  }));
  const identity: DevnetIdentity = {
    network: await networkOf(shape, nodes, members, derive),
    nodes,
    members,
    userSeed: derive('user'),
    minerSeed: derive('miner'),
    userEvmSecret: derive('user-evm'),
    rpcPassword: derive('rpc'),
  };
  writePrivateFile(file, `${JSON.stringify(identity, null, 2)}\n`);
  return identity;
}

async function networkOf(
  { parameters }: DevnetShape,
  nodes: DevnetIdentity['nodes'],
  members: DevnetIdentity['members'],
  derive: (label: string) => string,
): Promise<Network> {
  const authorities = await Promise.all(
    nodes.map(async ({ name, blsSecretKey: secret, peerPrivateKey }, i) => ({
      name,
      blsPublicKey: blsPublicKey(secret as Hex),
      proofOfPossession: blsProofOfPossession(secret as Hex),
      feeRecipient: `0x${derive(`fees:${i}`).slice(0, 40)}`,
      peerId: await peerIdOf(peerPrivateKey),
    })),
  );
  return networkSchema.parse({
    ...parameters,
    genesisTimeMs: Date.now() - GENESIS_AGE_MS,
    authorities: [{ activationHeight: 0, members: authorities }],
    governance: [
      {
        activationHeight: 0,
        epoch: 0,
        members: members.map(({ name, bitcoinSecret, identitySecret }) => ({
          name,
          bitcoinKey: keyPairOf(bitcoinSecret).publicKey,
          identityKey: keyPairOf(identitySecret).publicKey,
        })),
      },
    ],
  });
}
