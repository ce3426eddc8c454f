import type { Connection, Stream } from '@libp2p/interface';
import { lpStream } from '@libp2p/utils';
import { MAX_FRAME_BYTES } from '../../domain/consensus/ssz.ts';
import { AlysError, type Checked, NetworkError } from '../../primitives/errors.ts';

/** One stream's frames: each is its length as a varint and at most 1 MiB. */
export interface Frames {
  read(): Promise<Uint8Array>;
  write(frame: Uint8Array): Promise<void>;
}

/** What a peer sent can't be what its protocol says: counted against it. */
export class MalformedError extends NetworkError {
  constructor(reason: string) {
    super('PEER_MALFORMED', reason);
  }
}

/** @throws MalformedError with the decoder's reason. */
export function decoded<T>(checked: Checked<T>): T {
  if (!checked.ok) throw new MalformedError(checked.refusal.reason);
  return checked.value;
}

/**
 * Talks on a stream until `converse` is done, then closes it; any failure and the time limit abort it.
 * @throws NetworkError `PEER_TIMEOUT`, `PEER_MALFORMED` or `PEER_UNREACHABLE`.
 */
export async function converseOn<T>(
  stream: Stream,
  limits: { readonly timeoutMs: number; readonly maxBytes: number },
  converse: (frames: Frames) => Promise<T>,
): Promise<T> {
  const signal = AbortSignal.timeout(limits.timeoutMs);
  // The reader's buffer is bounded by what the whole conversation may take: a peer that sends more is cut off.
  const framed = lpStream(stream, { maxDataLength: MAX_FRAME_BYTES, maxBufferSize: limits.maxBytes });
  try {
    const result = await converse({
      read: async () => (await framed.read({ signal })).subarray(),
      write: (frame) => framed.write(frame, { signal }),
    });
    await stream.close({ signal });
    return result;
  } catch (error) {
    const failure = networkErrorFrom(error, signal.aborted);
    stream.abort(failure);
    throw failure;
  }
}

/** Opens a stream on a connection and talks on it. Errors as `converseOn`. */
export async function converseWith<T>(
  connection: Connection,
  protocol: string,
  limits: { readonly timeoutMs: number; readonly maxBytes: number },
  converse: (frames: Frames) => Promise<T>,
): Promise<T> {
  const signal = AbortSignal.timeout(limits.timeoutMs);
  const stream = await connection.newStream(protocol, { signal }).catch((error: unknown) => {
    throw networkErrorFrom(error, signal.aborted);
  });
  return converseOn(stream, limits, converse);
}

/** Whether a length was announced, or reached, that no frame has. */
export const isOversize = (error: unknown): boolean => error instanceof Error && OVERSIZE_ERRORS.has(error.name);

const OVERSIZE_ERRORS = new Set([
  'InvalidDataLengthError',
  'InvalidDataLengthLengthError',
  'InvalidMessageLengthError',
  'StreamBufferError',
]);

function networkErrorFrom(error: unknown, timedOut: boolean): AlysError {
  if (error instanceof AlysError) return error;
  const message = error instanceof Error ? error.message : String(error);
  if (isOversize(error)) return new MalformedError(message);
  if (timedOut) return new NetworkError('PEER_TIMEOUT', 'the peer took too long', {}, { cause: error });
  return new NetworkError('PEER_UNREACHABLE', message, {}, { cause: error });
}
