import { type ServiceError as GrpcError, status } from '@grpc/grpc-js';
import { type AlysError, NetworkError, ServiceError } from '../../primitives/errors.ts';

export const linkLost = (reason: string): NetworkError => new NetworkError('GOVERNANCE_LINK_LOST', reason);

/** Answers that connecting again doesn't change. */
const REFUSALS: ReadonlySet<status> = new Set([
  status.UNAUTHENTICATED,
  status.PERMISSION_DENIED,
  status.FAILED_PRECONDITION,
  status.INVALID_ARGUMENT,
  status.UNIMPLEMENTED,
]);

/** How a stream ended, as the port's errors. grpc-js reports a frame above the bound as RESOURCE_EXHAUSTED, an undecodable one as INTERNAL. */
export function errorOfStatus(error: GrpcError, registered: boolean): AlysError {
  const detail = { grpcStatus: status[error.code] ?? error.code };
  if (REFUSALS.has(error.code)) return new ServiceError('GOVERNANCE_REFUSED', error.details, detail);
  if (error.code === status.RESOURCE_EXHAUSTED || error.code === status.INTERNAL) {
    return new ServiceError('GOVERNANCE_MALFORMED', error.details, detail);
  }
  return new NetworkError(registered ? 'GOVERNANCE_LINK_LOST' : 'GOVERNANCE_UNREACHABLE', error.details, detail);
}
