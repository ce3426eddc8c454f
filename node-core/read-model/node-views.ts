import type { ActorSystem } from '../kernel/system.ts';
import type {
  BridgeView,
  ChainView,
  EngineView,
  NetworkView,
  StreamView,
  SupervisorView,
  SyncView,
} from '../protocol/views.ts';

/** What the actors of a running node show, each undefined until its actor runs. */
export interface NodeViews {
  readonly supervisor: SupervisorView | undefined;
  readonly chain: ChainView | undefined;
  readonly bridge: BridgeView | undefined;
  readonly network: NetworkView | undefined;
  readonly stream: StreamView | undefined;
  readonly sync: SyncView | undefined;
  readonly engine: EngineView | undefined;
}

export const NO_VIEWS: NodeViews = {
  supervisor: undefined,
  chain: undefined,
  bridge: undefined,
  network: undefined,
  stream: undefined,
  sync: undefined,
  engine: undefined,
};

/** The kernel knows no domain: this is where a path gets its view's type back. */
export function readViews(system: ActorSystem): NodeViews {
  return {
    supervisor: system.view('SupervisorActor') as SupervisorView | undefined,
    chain: system.view('ChainActor') as ChainView | undefined,
    bridge: system.view('BridgeActor') as BridgeView | undefined,
    network: system.view('NetworkActor') as NetworkView | undefined,
    stream: system.view('StreamActor') as StreamView | undefined,
    sync: system.view('SyncActor') as SyncView | undefined,
    engine: system.view('EngineActor') as EngineView | undefined,
  };
}
