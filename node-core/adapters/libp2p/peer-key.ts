import { generateKeyPair, privateKeyFromProtobuf, privateKeyToProtobuf } from '@libp2p/crypto/keys';
import { peerIdFromPrivateKey } from '@libp2p/peer-id';
import type { PrivateKey } from '@libp2p/interface';
import type { PeerId } from '../../ports/peers.ts';

/** A new Ed25519 key in libp2p's protobuf form, base64: what the secrets file holds. */
export const generatePeerKey = async (): Promise<string> =>
  Buffer.from(privateKeyToProtobuf(await generateKeyPair('Ed25519'))).toString('base64');

/** @throws Error of libp2p when the text isn't such a key. */
export const peerKeyFrom = (base64: string): PrivateKey => privateKeyFromProtobuf(Buffer.from(base64, 'base64'));

/** The peer id under which the holder of the key is known: what the network file names. */
export const peerIdOf = (base64: string): PeerId => peerIdFromPrivateKey(peerKeyFrom(base64)).toString();
