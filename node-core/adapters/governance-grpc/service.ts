import { fileURLToPath } from 'node:url';
import type { ServiceDefinition } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { assert } from '../../primitives/assert.ts';

const PROTO_FILE = fileURLToPath(new URL('../../../proto/governance/v1/governance.proto', import.meta.url));

/** 1 MiB. Source: protocol.md, Chain and consensus; the file's own conventions. */
export const MAX_FRAME_BYTES = 1_048_576;

/** A decoded frame: `kind` names the field that is set; 64-bit integers are decimal text, bytes are Buffers, absent optionals are absent. */
export type WireFrame = Readonly<Record<string, unknown>>;

/** The methods of `governance.v1.GovernanceStream`, from the proto file. */
export function loadGovernanceService(): ServiceDefinition {
  const loaded = loadSync(PROTO_FILE, { longs: String, defaults: true, oneofs: true });
  const service = loaded['governance.v1.GovernanceStream'];
  assert(service !== undefined && !('format' in service), 'the proto file declares GovernanceStream');
  return service;
}
