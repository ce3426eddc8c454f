import { describe, expect, it } from 'vitest';
import { supportBundle } from '../../../node-core/read-model/support-bundle.ts';
import { record } from './record.ts';

/** Secrets of each kind that a node holds, planted wherever text can stand. */
const secrets = {
  wif: 'cVpF924EspNh8KjYsfhgY96mmxvT6DgdWiTYMtMjuM74hJaU5psW',
  xprv: `tprv${'8ZgxMBicQKsPd7Uf69XL1XwhmjHopUGep8GuEiJDZmbQz6o58LninorQAfcKZWARbtRtfnLcJ5MQ2AtHcQJCCRUcMRvmDUjyEmNUWwx8UbK'.slice(0, 107)}`,
  token: 'Zx9-governance-token',
  password: 'hunter2hunter2',
  url: 'rpcuser:rpcpass',
  key: `0x${'ab'.repeat(32)}`,
};

function bundle(): string {
  return supportBundle({
    nodeName: 'node-1',
    networkName: 'devnet',
    version: '0.1.0',
    publicConfig: { chainId: 121212 },
    atMs: 1_800_000_000_000,
    logs: [
      {
        seq: 1,
        atMs: 1,
        path: 'StreamActor',
        level: 'info',
        text: `connected with token ${secrets.token}, password=${secrets.password}, http://${secrets.url}@127.0.0.1 and ${secrets.wif}`,
        fields: {
          blsSecretKey: secrets.key,
          bearer: secrets.token,
          nested: { reason: secrets.password },
          slot: 7,
          reason: `key ${secrets.wif}`,
        },
        correlationId: 'a',
        line: 1,
      },
    ],
    messages: record([['User', 'EngineActor', 'BurnTransaction']]),
    tree: [],
    audit: [
      {
        sequence: 1,
        atMs: 1,
        actor: 'operator',
        action: 'halt',
        reason: `I used ${secrets.xprv}`,
        detail: secrets.password,
        previousHash: '0',
        hash: '1',
      },
    ],
  });
}

describe('a support bundle', () => {
  it.each(Object.entries(secrets))('never holds a planted %s (INV-29)', (_, secret) => {
    expect(bundle()).not.toContain(secret);
  });

  it('keeps what a helper needs', () => {
    const parsed = JSON.parse(bundle()) as {
      logs: { fields: unknown }[];
      messages: unknown[];
      audit: { hash: string }[];
      version: string;
    };
    expect(parsed.logs[0]?.fields).toEqual({ slot: 7, reason: 'key [removed]' });
    expect(parsed.messages).toHaveLength(1);
    expect(parsed.audit[0]?.hash).toBe('1');
    expect(parsed.version).toBe('0.1.0');
  });
});
