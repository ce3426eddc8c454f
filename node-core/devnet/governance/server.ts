import { mkdirSync } from 'node:fs';
import { type Metadata, Server, ServerCredentials, type handleUnaryCall, status } from '@grpc/grpc-js';
import type { GovernanceTls } from '../../adapters/governance-grpc/options.ts';
import { MAX_FRAME_BYTES, loadGovernanceService } from '../../adapters/governance-grpc/service.ts';
import type { Network } from '../../config/network.ts';
import { assert } from '../../primitives/assert.ts';
import { NetworkError } from '../../primitives/errors.ts';
import { hexToBytes } from '../../primitives/hex.ts';
import { type GovernanceWord, type WordOptions, frameOf } from './announce.ts';
import { bitcoinView } from './bitcoin-view.ts';
import { evmView } from './evm-view.ts';

import { createMember } from './member.ts';
import { NodeSession, type NodeStream } from './session.ts';
import { openSchedule } from './schedule.ts';
import { type KeyPair, keyPairOf } from './signing.ts';
import { openSigningRecord } from './signing-record.ts';
import type { NodeMessage, WireFrame } from './wire.ts';

export interface GovernanceOptions {
  /** Where each member keeps what it has signed for; null keeps it in memory. */
  readonly dataDir: string | null;
  /** Default: any free port. */
  readonly port?: number;
  /**
   * Secret keys, 64 hex digits each, of all members of the network file's last governance entry; more are candidates,
   * who become members by a federation update.
   */
  readonly members: readonly { readonly bitcoinSecret: string; readonly identitySecret: string }[];
  /** SHA-256 of the network file's RFC 8785 form, 64 bare hex digits. */
  readonly networkHash: string;
  readonly network: Network;
  readonly bitcoinRpc: { readonly url: string; readonly user: string; readonly password: string };
  /** Wallet JSON-RPC of nodes. Read at each use: nodes that start later may be added. */
  readonly evmRpcUrls: readonly string[];
  /** What nodes must send as bearer token; default none. */
  readonly token?: string;
  /** Mutual TLS; default none. */
  readonly tls?: GovernanceTls;
  /** A request that isn't true yet is checked again at this interval (default 500 ms) for this long (default 45 s). */
  readonly recheckMs?: number;
  readonly giveUpMs?: number;
}

export interface Governance {
  /** `127.0.0.1:PORT` */
  readonly address: string;
  /** An unresponsive member answers nothing until it is responsive again. `member` counts in `options.members`. */
  setResponsive(member: number, responsive: boolean): void;
  /**
   * Says something to all registered nodes. The id is that which an answer or acknowledgement names.
   * A federation update said without departures is governance's own too, from its activation height on.
   */
  send(word: GovernanceWord, options?: WordOptions): { readonly id: string; readonly recipients: number };
  /** Calls back with everything that registered nodes say; returns the function that ends it. */
  observe(listener: (nodeName: string, message: NodeMessage) => void): () => void;
  close(): Promise<void>;
}

const PROTOCOL_VERSION = '1';
const MAX_NODES = 64;

/**
 * Starts the federation's governance for a devnet: one gRPC endpoint on the loopback address in front of members that
 * each check and sign for themselves.
 * @throws LogicError when the secrets aren't those of the network file's members; NetworkError `PORT_UNAVAILABLE`
 */
export async function startGovernance(options: GovernanceOptions): Promise<Governance> {
  const { network, networkHash, dataDir, recheckMs = 500, giveUpMs = 45_000 } = options;
  const keys = options.members.map(({ bitcoinSecret, identitySecret }) => ({
    bitcoinKey: keyPairOf(bitcoinSecret),
    identityKey: keyPairOf(identitySecret),
  }));
  requireAllKeys(network, keys);
  if (dataDir !== null) mkdirSync(dataDir, { recursive: true });
  const records = keys.map((_, index) => openSigningRecord(dataDir, index));
  const bitcoin = bitcoinView({ url: options.bitcoinRpc.url, credentials: options.bitcoinRpc });
  const evmOf = (index: number) => evmView(options.evmRpcUrls, network.bridge.address, index);
  const schedule = openSchedule(network, dataDir, () => evmOf(0).finalHeight());
  const members = keys.map((pairs, index) => {
    const record = records[index];
    assert(record, 'every member has a record');
    return createMember({ ...pairs, network, networkHash, schedule, bitcoin, evm: evmOf(index), record });
  });

  const silent = new Set<number>();
  const sessions = new Set<NodeSession>();
  const listeners = new Set<(nodeName: string, message: NodeMessage) => void>();
  const responsive = () => members.filter((_, index) => !silent.has(index));
  const epoch = () => schedule.active().entry.epoch;
  const isAllowed = (metadata: Metadata): boolean =>
    options.token === undefined || metadata.get('authorization').includes(`Bearer ${options.token}`);

  function stream(call: NodeStream): void {
    if (!isAllowed(call.metadata)) {
      call.emit('error', { code: status.UNAUTHENTICATED, details: 'a bearer token is needed' });
      return;
    }
    if (sessions.size >= MAX_NODES) {
      call.emit('error', { code: status.RESOURCE_EXHAUSTED, details: 'too many nodes' });
      return;
    }
    const heard = (nodeName: string, message: NodeMessage) => {
      for (const listener of listeners) listener(nodeName, message);
    };
    const session = new NodeSession(call, { networkHash, epoch, recheckMs, giveUpMs, responsive, heard });
    sessions.add(session);
    call.once('close', () => sessions.delete(session));
  }

  const unary =
    (answer: () => WireFrame): handleUnaryCall<WireFrame, WireFrame> =>
    (call, callback) =>
      isAllowed(call.metadata)
        ? callback(null, answer())
        : callback({ code: status.UNAUTHENTICATED, details: 'a bearer token is needed' });

  const server = new Server({ 'grpc.max_receive_message_length': MAX_FRAME_BYTES });
  server.addService(loadGovernanceService(), {
    Stream: stream,
    Health: unary(() => {
      const { entry, threshold } = schedule.active();
      const answering = responsive().filter((member) => member.positionIn(entry.epoch) !== null).length;
      return { healthy: answering >= threshold, membersResponsive: answering, members: entry.members.length };
    }),
    GetCapabilities: unary(() => ({
      protocolVersion: PROTOCOL_VERSION,
      networkHash: hexToBytes(networkHash),
      epoch: epoch(),
      members: schedule.active().entry.members.length,
      threshold: schedule.active().threshold,
      maxFrameBytes: MAX_FRAME_BYTES,
    })),
  });
  const port = await listen(server, options).catch((error: unknown) => {
    schedule.close();
    for (const record of records) record.close();
    throw error;
  });

  return {
    address: `127.0.0.1:${port}`,
    setResponsive(member, isResponsive) {
      if (isResponsive) silent.delete(member);
      else silent.add(member);
    },
    send(word, wordOptions = {}) {
      const { frame, id } = frameOf(word, wordOptions, {
        networkHash,
        epoch: epoch(),
        threshold: schedule.active().threshold,
        members: responsive(),
      });
      if (word.kind === 'federationUpdate' && Object.keys(wordOptions).length === 0) schedule.adopt(word.update);
      const reached = [...sessions].filter(({ registered }) => registered);
      for (const session of reached) session.send(frame);
      return { id, recipients: reached.length };
    },
    observe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close() {
      for (const session of sessions) session.close();
      server.forceShutdown();
      schedule.close();
      for (const record of records) record.close();
      return Promise.resolve();
    },
  };
}

/** @throws LogicError when a member of the network file's last entry has no keys here: it would never answer. */
function requireAllKeys(
  network: Network,
  keys: readonly { readonly bitcoinKey: KeyPair; readonly identityKey: KeyPair }[],
): void {
  for (const { name, bitcoinKey, identityKey } of network.governance.at(-1)?.members ?? []) {
    const held = keys.some(
      (pairs) => pairs.bitcoinKey.publicKey === bitcoinKey && pairs.identityKey.publicKey === identityKey,
    );
    assert(held, `the secret keys of ${name} are given`);
  }
}

function listen(server: Server, { port = 0, tls }: GovernanceOptions): Promise<number> {
  const credentials =
    tls === undefined
      ? ServerCredentials.createInsecure()
      : ServerCredentials.createSsl(
          Buffer.from(tls.ca),
          [{ private_key: Buffer.from(tls.key), cert_chain: Buffer.from(tls.certificate) }],
          true,
        );
  return new Promise((resolve, reject) => {
    server.bindAsync(`127.0.0.1:${port}`, credentials, (cause, bound) => {
      if (cause === null) resolve(bound);
      else reject(new NetworkError('PORT_UNAVAILABLE', `can't listen on 127.0.0.1:${port}`, { port }, { cause }));
    });
  });
}
