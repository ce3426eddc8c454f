import type { MethodDefinition } from '@grpc/grpc-js';
import type { GovernancePort } from '../../ports/governance.ts';
import { assert } from '../../primitives/assert.ts';
import { acknowledgementFrame, approvalRequestFrame, signatureRequestFrame, statusFrame } from './convert.ts';
import { linkLost } from './errors.ts';
import { type GovernanceClientOptions, credentialsOf } from './options.ts';
import { loadGovernanceService, type WireFrame } from './service.ts';
import { GovernanceSession } from './session.ts';

/**
 * The governance port over gRPC: at most one link at a time, on which requests are told apart by an id.
 * Opening a second link ends the first. It never connects again of itself.
 * @throws LogicError `GOVERNANCE_TLS_REQUIRED` for an address of another machine without TLS.
 */
export function createGovernanceClient(options: GovernanceClientOptions): GovernancePort & { close(): void } {
  credentialsOf(options);
  const method = loadGovernanceService().Stream as MethodDefinition<WireFrame, WireFrame> | undefined;
  assert(method !== undefined, 'the service has the method Stream');
  let session: GovernanceSession | null = null;

  const send = (frame: WireFrame): Promise<void> =>
    session?.send(frame) ?? Promise.reject(linkLost('there is no link'));

  return {
    link: () => ({
      open(sink) {
        session?.close(linkLost('another link was opened'));
        const opened = new GovernanceSession(options, method, sink);
        session = opened;
        return () => opened.close(null);
      },
    }),
    heartbeat: () => session?.heartbeat() ?? Promise.reject(linkLost('there is no link')),
    requestApproval: (request) => ({
      open(sink) {
        if (session !== null) return session.requestApproval((id) => approvalRequestFrame(id, request), sink);
        queueMicrotask(() => sink.end(linkLost('there is no link')));
        return () => undefined;
      },
    }),
    requestSignatures: (request) => ({
      open(sink) {
        if (session !== null) return session.requestSignatures((id) => signatureRequestFrame(id, request), sink);
        queueMicrotask(() => sink.end(linkLost('there is no link')));
        return () => undefined;
      },
    }),
    reportStatus: (report) => send(statusFrame(report)),
    acknowledge: (messageId, applied, reason) => send(acknowledgementFrame(messageId, applied, reason)),
    close() {
      session?.close(linkLost('the client was closed'));
      session = null;
    },
  };
}
