import { supervisionProblems } from './check-supervision.ts';
import type { LocalConfig, Secrets } from './local.ts';
import type { Network } from './network.ts';
import type { ConfigProblem } from './problems.ts';

/** What the schema can't say of a node's own configuration on its network (HOLE-11). */
export function localProblems(local: LocalConfig, network: Network): readonly ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  const { username, password } = new URL(local.bitcoin.url);
  if (username !== '' || password !== '')
    problems.push({ path: 'bitcoin.url', message: 'without user and password: they belong in the secrets file' });
  if (BigInt(local.payoutCapSatsPerDay) < BigInt(network.bridge.minPegOutSats))
    problems.push({
      path: 'payoutCapSatsPerDay',
      message: `at least the network's smallest payout, ${network.bridge.minPegOutSats}`,
    });
  if (local.governance.tls === null && network.bitcoin.network !== 'regtest')
    problems.push({
      path: 'governance.tls',
      message: 'files for mutual TLS: governance is reached without it on a devnet alone',
    });
  return [...problems, ...supervisionProblems(local.supervision)];
}

/** What the schema can't say of a node's secrets (HOLE-11). */
export function secretProblems(secrets: Secrets): readonly ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  if (secrets.blsSecretKey !== null && /^0x0*1?$/.test(secrets.blsSecretKey))
    problems.push({ path: 'blsSecretKey', message: 'a key of its own, neither zero nor one' });
  if (secrets.bitcoinRpc.user === '' || secrets.bitcoinRpc.password === '')
    problems.push({ path: 'bitcoinRpc', message: "the Bitcoin node's user and password, neither empty" });
  if (secrets.governanceToken === '') problems.push({ path: 'governanceToken', message: 'a token, or null for none' });
  return problems;
}
