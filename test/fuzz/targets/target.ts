import type { FuzzWorld } from '../world/world.ts';
import type { RootedBlock } from '../world/federation.ts';

/** One open surface of the node. */
export interface Target {
  readonly name: string;
  /** Share of all inputs. */
  readonly share: number;
  /** Where inputs must end; each at least once in a long run. */
  readonly stages: readonly string[];
  /** Sends `count` inputs and counts each; nothing of the node may have changed when it resolves. */
  run(world: FuzzWorld, bases: readonly RootedBlock[], count: number): Promise<void>;
}
