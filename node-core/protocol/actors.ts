import type { ActorPath } from '../kernel/envelope.ts';
import type { Ref } from '../kernel/ref.ts';
import type { BridgeMessage } from './bridge.ts';
import type { ChainMessage } from './chain.ts';
import type { EngineMessage } from './engine.ts';
import type { NetworkMessage } from './network.ts';
import type { StorageMessage } from './storage.ts';
import type { StreamMessage } from './stream.ts';
import type { SupervisorMessage } from './supervisor.ts';
import type { SyncMessage } from './sync.ts';

/** The actors of a node by their paths, each with the messages that it knows. */
export interface NodeActors {
  readonly SupervisorActor: SupervisorMessage;
  readonly StorageActor: StorageMessage;
  readonly EngineActor: EngineMessage;
  readonly BridgeActor: BridgeMessage;
  readonly ChainActor: ChainMessage;
  readonly NetworkActor: NetworkMessage;
  readonly SyncActor: SyncMessage;
  readonly StreamActor: StreamMessage;
}

/** A handler's context, or the actor system from outside. */
interface Directory {
  refOf(path: ActorPath): Ref<never>;
}

/** The address of one of a node's actors: what it doesn't know can't be sent to it. */
export const actorRef = <Name extends keyof NodeActors>(from: Directory, name: Name): Ref<NodeActors[Name]> =>
  from.refOf(name) as Ref<NodeActors[Name]>;
