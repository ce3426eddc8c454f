import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { GovernanceTls } from '../../../node-core/adapters/governance-grpc/options.ts';
import { type Governance, startGovernance } from '../../../node-core/devnet/governance/server.ts';
import { read } from './sources.ts';
import { clientOf, memberSecrets, network, networkHash } from './world.ts';

const fixture = (name: string): string =>
  readFileSync(new URL(`../../fixtures/governance-tls/${name}.pem`, import.meta.url), 'utf8');
const tlsOf = (name: string, authority = 'ca'): GovernanceTls => ({
  ca: fixture(authority),
  certificate: fixture(name),
  key: fixture(`${name}.key`),
});

let governance: Governance;
beforeAll(async () => {
  governance = await startGovernance({
    dataDir: null,
    members: memberSecrets,
    networkHash,
    network,
    bitcoinRpc: { url: 'http://127.0.0.1:1', user: '', password: '' },
    evmRpcUrls: [],
    tls: tlsOf('governance'),
  });
});
afterAll(() => governance.close());

describe('mutual TLS', () => {
  it('links a node and a governance that know each other', async () => {
    const client = clientOf(governance, { tls: tlsOf('node') });
    expect(await read(client.link()).next()).toMatchObject({ kind: 'registered' });
    client.close();
  });

  it('refuses a node whose certificate nobody signed', async () => {
    const client = clientOf(governance, { tls: tlsOf('stranger') });
    expect(await read(client.link()).ended).toMatchObject({ code: 'GOVERNANCE_UNREACHABLE' });
  });

  it('refuses a governance whose certificate the node’s authority did not sign', async () => {
    const client = clientOf(governance, { tls: tlsOf('node', 'stranger') });
    expect(await read(client.link()).ended).toMatchObject({ code: 'GOVERNANCE_UNREACHABLE' });
  });

  it('refuses a node without TLS', async () => {
    const client = clientOf(governance);
    expect(await read(client.link()).ended).toMatchObject({ errorClass: 'network' });
  });
});
