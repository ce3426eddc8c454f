import devnet from '../../assets/networks/devnet.json' with { type: 'json' };
import { type Network, networkSchema } from './network.ts';

/** A network file without what each devnet makes for itself: its age and the keys of its parties. */
export const parametersSchema = networkSchema.omit({ genesisTimeMs: true, authorities: true, governance: true });
export type NetworkParameters = Omit<Network, 'genesisTimeMs' | 'authorities' | 'governance'>;

/** Of every devnet. Throws at load when the asset isn't what the schema asks. */
export const devnetParameters: NetworkParameters = parametersSchema.parse(devnet);
