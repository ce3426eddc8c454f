import type { z } from 'zod';
import type { SignatureScheme } from '../domain/consensus/scheme.ts';
import { accept } from '../primitives/errors.ts';
import { localProblems, secretProblems } from './check-local.ts';
import { networkProblems } from './check-network.ts';
import { type LocalConfig, type Secrets, localSchema, secretSchema } from './local.ts';
import { type Network, networkSchema } from './network.ts';
import { type CheckedConfig, type ConfigProblem, refuseConfig, zodProblems } from './problems.ts';

/** A file's text and the name by which errors speak of it. Reading it is somebody else's work. */
export interface ConfigText {
  readonly source: string;
  readonly text: string;
}

/** A network file that can be pegged on: its shape, then every security parameter. */
export const loadNetwork = (file: ConfigText, scheme: SignatureScheme): CheckedConfig<Network> =>
  load(file, networkSchema, (network) => networkProblems(network, scheme));

export const loadLocal = (file: ConfigText, network: Network): CheckedConfig<LocalConfig> =>
  load(file, localSchema, (local) => localProblems(local, network));

export const loadSecrets = (file: ConfigText): CheckedConfig<Secrets> => load(file, secretSchema, secretProblems);

function load<T>(
  { source, text }: ConfigText,
  schema: z.ZodType<T>,
  problemsOf: (value: T) => readonly ConfigProblem[],
): CheckedConfig<T> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    // The parser's own message quotes the text, which may be a secret.
    return refuseConfig(source, [{ path: '', message: 'not JSON' }]);
  }
  const parsed = schema.safeParse(json);
  const [first, ...others] = parsed.success ? problemsOf(parsed.data) : zodProblems(parsed.error);
  if (first !== undefined) return refuseConfig(source, [first, ...others]);
  return accept((parsed as z.ZodSafeParseSuccess<T>).data);
}
