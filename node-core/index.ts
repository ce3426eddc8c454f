/** The only public entry of the node core. */
export { conforms, type Conformance } from './read-model/conformance.ts';
export { ConsoleModel, type ConsoleModelOptions } from './read-model/console-model.ts';
export type {
  ConsoleNode,
  ConsoleSource,
  DevnetControls,
  DevnetWallets,
  Intervention,
  NodeControls,
} from './read-model/console-source.ts';
export { resumePhrase } from './read-model/console-source.ts';
export { foundingFlows } from './read-model/flows.ts';
export type { MachineRegistry } from './read-model/machines.ts';
export { mermaidOf, sequenceOf } from './read-model/sequence.ts';
export type * from './read-model/shapes.ts';
export { AlysError } from './primitives/errors.ts';
export { sats, type Sats } from './primitives/units.ts';
export type { RecordedMessage } from './kernel/record.ts';
export { createDevnet, type Devnet, type DevnetOptions } from './devnet/create-devnet.ts';
export { devnetConsoleSource } from './devnet/console-source.ts';
export { machineRegistry } from './composition/machines.ts';
export type { RunningNode } from './composition/create-node.ts';
export type * from './protocol/views.ts';
export { devnetParameters } from './config/devnet-parameters.ts';
export { pegInMachine } from './domain/pegin/machine.ts';
export { pegOutMachine } from './domain/pegout/machine.ts';
export type { NodePorts } from './ports/node-ports.ts';
export { createFederationNode, type FederationNodeOptions } from './composition/federation-node.ts';
export { gethGenesisText } from './composition/network-files.ts';
