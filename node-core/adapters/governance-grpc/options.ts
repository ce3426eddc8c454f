import { type ChannelOptions, ChannelCredentials } from '@grpc/grpc-js';
import { LogicError } from '../../primitives/errors.ts';
import { MAX_FRAME_BYTES } from './service.ts';

export interface GovernanceLimits {
  /** Requests that wait for members at once; one more is refused. */
  readonly openRequests: number;
  /** Frames that governance hasn't taken yet; one more is refused. */
  readonly queuedFrames: number;
  /** Frames that answer no request, in a second; above it the link is cut. */
  readonly unaskedPerSecond: number;
  /** From opening a link to governance's acknowledgement of the registration. */
  readonly registrationTimeoutMs: number;
}

/** `openRequests` is what may wait. Source: protocol.md, Governance link. */
export const defaultGovernanceLimits: GovernanceLimits = {
  openRequests: 1000,
  queuedFrames: 1000,
  unaskedPerSecond: 200,
  registrationTimeoutMs: 10_000,
};

/** Mutual TLS: PEM texts. */
export interface GovernanceTls {
  readonly ca: string;
  readonly certificate: string;
  readonly key: string;
}

export interface GovernanceClientOptions {
  /** `host:port` */
  readonly address: string;
  /** Null on a devnet alone: then `address` must be this machine's own. */
  readonly tls: GovernanceTls | null;
  /** Sent as a bearer token. */
  readonly token: string | null;
  readonly nodeName: string;
  /** SHA-256 of the network file's RFC 8785 form, 64 bare hex digits. */
  readonly networkHash: string;
  readonly limits: GovernanceLimits;
}

const LOOPBACK = /^(?:127\.0\.0\.1|localhost|\[::1\]):\d{1,5}$/;

/** @throws LogicError `GOVERNANCE_TLS_REQUIRED` for a link without TLS to another machine. */
export function credentialsOf({ address, tls }: GovernanceClientOptions): ChannelCredentials {
  if (tls === null) {
    if (LOOPBACK.test(address)) return ChannelCredentials.createInsecure();
    throw new LogicError('GOVERNANCE_TLS_REQUIRED', 'without TLS governance must be on this machine', { address });
  }
  return ChannelCredentials.createSsl(Buffer.from(tls.ca), Buffer.from(tls.key), Buffer.from(tls.certificate));
}

export const channelOptions: ChannelOptions = {
  'grpc.max_receive_message_length': MAX_FRAME_BYTES,
  // When to connect again is StreamActor's decision alone: no retries, no connection shared with an earlier link's back-off.
  'grpc.enable_retries': 0,
  'grpc.use_local_subchannel_pool': 1,
  'grpc.service_config_disable_resolution': 1,
  'grpc.enable_http_proxy': 0,
  // A half-open connection is found out without waiting for a request.
  'grpc.keepalive_time_ms': 20_000,
  'grpc.keepalive_timeout_ms': 10_000,
};
