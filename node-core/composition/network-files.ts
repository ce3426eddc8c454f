import { readFileSync } from 'node:fs';
import { type BridgeArtefact, parseBridgeArtefact } from '../adapters/embedded-evm/bridge-artefact.ts';
import { gethGenesis } from '../adapters/embedded-evm/genesis.ts';
import { readConfigFile } from '../adapters/system/files.ts';
import { loadNetwork } from '../config/load.ts';
import type { Network } from '../config/network.ts';
import { createBlsScheme } from '../domain/consensus/bls.ts';
import { type Checked, ServiceError } from '../primitives/errors.ts';

const ARTEFACT = new URL('../../assets/contracts/Bridge.json', import.meta.url);

/** @throws ServiceError with one line that names the file, the field and what is allowed. */
export const readNetwork = (file: string): Network =>
  valueOf(loadNetwork({ source: file, text: readConfigFile(file) }, createBlsScheme()));

export const readBridgeArtefact = (): BridgeArtefact => parseBridgeArtefact(JSON.parse(readFileSync(ARTEFACT, 'utf8')));

/** The genesis file, as text, from which a geth of this network begins. @throws ServiceError as `readNetwork`. */
export const gethGenesisText = (networkFile: string): string =>
  `${JSON.stringify(gethGenesis(readNetwork(networkFile), readBridgeArtefact()), null, 2)}\n`;

export function valueOf<T>(checked: Checked<T>): T {
  if (!checked.ok) throw new ServiceError(checked.refusal.code, checked.refusal.reason);
  return checked.value;
}
