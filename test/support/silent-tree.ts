import { defaultSupervision, type SupervisionSettings } from '../../node-core/config/supervision-settings.ts';
import { rootOf, type TreeArgs } from '../../node-core/composition/supervision-tree.ts';
import { genesisBlock } from '../../node-core/domain/consensus/genesis.ts';
import { createActorSystem } from '../../node-core/kernel/actor-system.ts';
import { answerAfter, SimulationPump } from '../../node-core/kernel/pump/simulation.ts';
import { accept } from '../../node-core/primitives/errors.ts';
import { evmAddress } from '../../node-core/primitives/ids.ts';
import type { NodePorts } from '../../node-core/ports/node-ports.ts';
import type { SupervisorView } from '../../node-core/protocol/views.ts';
import { emptyPayload } from './consensus-world.ts';
import { createKeyedScheme } from './keyed-scheme.ts';
import { sampleLocal, sampleNetwork } from '../unit/config/sample-network.ts';

const NEVER_MS = 1e12;

/** A port that answers nothing. */
const silent: never = new Proxy(
  {},
  {
    get: () => () => Object.assign(answerAfter(NEVER_MS, null), { open: () => () => undefined }),
  },
) as never;

/** The real tree in virtual time, with outside parties that hang. */
export function startTree(
  store: NodePorts['store'] = silent,
  supervision: SupervisionSettings = defaultSupervision,
  execution: NodePorts['execution'] = silent,
) {
  const pump = new SimulationPump({ seed: 1 });
  const ports: NodePorts = {
    bitcoin: silent,
    execution,
    governance: silent,
    peers: silent,
    signer: silent,
    store,
  };
  const system = createActorSystem({ ports, environment: pump.environment, pump });
  const lines = system.read('oldest');
  const network = sampleNetwork();
  const args: TreeArgs = {
    nodeName: 'node-1',
    supervision,
    chain: {
      network,
      networkHash: 'aa',
      scheme: createKeyedScheme(),
      genesis: genesisBlock(emptyPayload()),
      self: null,
      checkApproval: (pegIn) => accept(pegIn),
      buildBudgetMs: 500,
    },
    engine: { bridgeAddress: evmAddress(network.bridge.address) },
    bridge: { network, networkHash: 'aa', local: sampleLocal },
    network: { peerId: 'peer-1', listen: [], names: {}, slotDurationMs: 2_000 },
    stream: { network, networkHash: 'aa', local: sampleLocal },
  };
  system.start(rootOf(supervision), args);
  pump.runFor(0);
  const view = () => system.view('SupervisorActor') as SupervisorView;
  const child = (path: string) => view().children.find((one) => one.path === path);
  const logs: string[] = [];
  const logged = () => {
    for (const { path, level, text } of lines.read(1e6).logs) logs.push(`${level} ${path}: ${text}`);
    return logs;
  };
  return { pump, system, view, child, logged };
}
