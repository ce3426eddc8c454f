import type { RegtestNode } from '../node.ts';
import type { ServerFaults } from '../faults.ts';
import type { Arguments } from './arguments.ts';
import type { Json } from './render.ts';

/** What the methods work on. */
export interface RpcContext {
  readonly node: RegtestNode;
  readonly faults: ServerFaults;
  /** When the server started, for `uptime`. */
  readonly startedAtMs: number;
  readonly nowMs: () => number;
}

export interface RpcMethod {
  /** The names of the arguments, in order. */
  readonly params: readonly string[];
  /** @throws RpcError, Rejection */
  handle(args: Arguments, context: RpcContext): Json;
}

export type RpcMethods = Readonly<Record<string, RpcMethod>>;
