import type { Connection } from '@libp2p/interface';
import type { Libp2p } from 'libp2p';
import { decodeHello, encodeHello, type Hello } from '../../domain/consensus/encoding.ts';
import { differingFields } from '../../domain/consensus/network-hash.ts';
import { MAX_FRAME_BYTES } from '../../domain/consensus/ssz.ts';
import { converseOn, converseWith, decoded } from './frames.ts';

const HELLO_PROTOCOL = '/alys/hello/1';
const LINGER_MS = 1_000;

/** What comes of a greeting. */
export interface GreetingOutcomes {
  readonly welcome: (connection: Connection) => void;
  /** The peer is of another network. */
  readonly refuse: (connection: Connection, reason: string) => void;
  /** The peer sent something else than a hello. */
  readonly malformed: (connection: Connection) => void;
}

/**
 * Every connection begins with both sides' hello: the network file's hash and those of its fields. The dialling side
 * speaks first. Who is of another network is told which fields differ, and sent away (HOLE-12); so is who stays silent.
 */
export async function greetPeers(
  node: Libp2p,
  ours: Hello,
  timeoutMs: number,
  outcomes: GreetingOutcomes,
): Promise<void> {
  const limits = { timeoutMs, maxBytes: MAX_FRAME_BYTES };
  const greeted = new WeakSet<Connection>();
  const isOurs = (theirs: Hello): boolean => theirs.networkHash === ours.networkHash;
  const welcome = (connection: Connection): void => {
    greeted.add(connection);
    outcomes.welcome(connection);
  };
  const sendAway = (connection: Connection, theirs: Hello): void => {
    const fields = differingFields(ours.fields, theirs.fields);
    const named = fields.length === 0 ? 'it does not say which fields differ' : `${fields.join(', ')} differ`;
    outcomes.refuse(connection, `network file ${theirs.networkHash} instead of ${ours.networkHash}: ${named}`);
    // Time for our hello to arrive, so that the other side can say the same.
    setTimeout(() => connection.abort(new Error('another network')), LINGER_MS).unref();
  };
  const failed = (connection: Connection) => (error: unknown) => {
    if ((error as { code?: string }).code === 'PEER_MALFORMED') outcomes.malformed(connection);
    connection.abort(error instanceof Error ? error : new Error(String(error)));
  };

  await node.handle(
    HELLO_PROTOCOL,
    (stream, connection) =>
      converseOn(stream, limits, async (frames) => {
        const theirs = decoded(decodeHello(await frames.read()));
        // A peer may ask as soon as it has our hello: it is welcome before.
        if (isOurs(theirs)) welcome(connection);
        await frames.write(encodeHello(ours));
        if (!isOurs(theirs)) sendAway(connection, theirs);
      }).catch(failed(connection)),
    { maxInboundStreams: 1, maxOutboundStreams: 1 },
  );
  node.addEventListener('connection:open', ({ detail: connection }) => {
    if (connection.direction === 'outbound') {
      void converseWith(connection, HELLO_PROTOCOL, limits, async (frames) => {
        await frames.write(encodeHello(ours));
        const theirs = decoded(decodeHello(await frames.read()));
        if (isOurs(theirs)) welcome(connection);
        else sendAway(connection, theirs);
      }).catch(failed(connection));
      return;
    }
    const silence = setTimeout(() => {
      if (!greeted.has(connection)) connection.abort(new Error('no hello'));
    }, timeoutMs);
    silence.unref();
  });
}
