import { describe, expect, it } from 'vitest';
import { loadLocal, loadNetwork, loadSecrets } from '../../../node-core/config/load.ts';
import { createBlsScheme } from '../../../node-core/domain/consensus/bls.ts';
import { sampleLocal, sampleNetwork, sampleSecrets } from './sample-network.ts';

const scheme = createBlsScheme();
const source = 'file.json';

/** A copy of `base` with the value at `path` replaced; undefined removes it. */
function changed<T>(base: T, path: string, value: unknown): T {
  const copy = structuredClone(base);
  const parts = path.split(/[.[\]]+/).filter((part) => part !== '');
  const last = parts.pop() as string;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  const holder = parts.reduce<any>((at, part) => at[part], copy);
  if (value === undefined) Reflect.deleteProperty(holder, last);
  else holder[last] = value;
  return copy;
}

const network = (value: unknown) => loadNetwork({ source, text: JSON.stringify(value) }, scheme);
const reasonOf = (checked: ReturnType<typeof network>): string => (checked.ok ? 'accepted' : checked.refusal.reason);

describe('a network file', () => {
  it('is accepted when every parameter is sound', () => {
    expect(network(sampleNetwork())).toEqual({ ok: true, value: sampleNetwork() });
  });

  const base = sampleNetwork();
  const [first, second] = base.authorities[0]?.members ?? [];
  it.each<[path: string, value: unknown, reason: RegExp]>([
    ['slotDurationMs', 999, /slotDurationMs: .*>=1000/],
    ['slotDurationMs', 10_001, /slotDurationMs: .*<=10000/],
    ['slotDurationMs', undefined, /slotDurationMs: .*expected number/],
    ['chainId', 0, /chainId: .*>0/],
    ['gasLimit', 0, /gasLimit: .*>0/],
    ['extra', 1, /Unrecognized key: "extra"/],
    ['bitcoin.network', 'liquid', /bitcoin\.network: .*"regtest"\|"signet"\|"testnet"\|"bitcoin"/],
    ['bitcoin.depositConfirmations', 0, /bitcoin\.depositConfirmations: .*>0/],
    ['bitcoin.minDepositSats', '0', /bitcoin\.minDepositSats: above bridge\.dustSats \(546\)/],
    ['bitcoin.minDepositSats', '546', /bitcoin\.minDepositSats: above/],
    ['bitcoin.minDepositSats', 10_000, /bitcoin\.minDepositSats: .*expected string/],
    ['bitcoin.minDepositSats', '2100000000000001', /at most 2100000000000000 sat/],
    ['bitcoin.minDepositSats', '1e5', /a whole number of sat, as decimal text/],
    ['bitcoin.minFeeRateSatsPerVbyte', 1, /bitcoin\.minFeeRateSatsPerVbyte: at least 2/],
    ['bitcoin.maxFeeRateSatsPerVbyte', 1, /bitcoin\.maxFeeRateSatsPerVbyte: 2 .*to 10000/],
    ['bitcoin.maxFeeRateSatsPerVbyte', 10_001, /bitcoin\.maxFeeRateSatsPerVbyte: /],
    ['bridge.dustSats', '0', /bridge\.dustSats: at least 546/],
    ['bridge.minPegOutSats', '546', /bridge\.minPegOutSats: above/],
    ['bridge.maxPegOutSats', '0', /bridge\.maxPegOutSats: at least/],
    ['bridge.address', `0x${'00'.repeat(20)}`, /bridge\.address: .*not the zero address/],
    ['authorities', [], /authorities: .*>=1/],
    ['authorities[0].members', [], /authorities\[0\]\.members: .*>=1/],
    ['authorities[0].members', Array.from({ length: 16 }, () => first), /authorities\[0\]\.members: .*<=15/],
    ['authorities[0].activationHeight', 5, /authorities: the first authorities are active from height 0/],
    [
      'authorities[0].members[1].blsPublicKey',
      first?.blsPublicKey,
      /authorities\[0\]\.members: the BLS key of node-2 stands twice/,
    ],
    [
      'authorities[0].members[1].proofOfPossession',
      first?.proofOfPossession,
      /node-2 doesn't prove that it holds its BLS key/,
    ],
    ['authorities[0].members[1].proofOfPossession', `0x${'00'.repeat(96)}`, /node-2 doesn't prove/],
    [
      'authorities[0].members[1].proofOfPossession',
      '0x',
      /members\[1\]\.proofOfPossession: 0x and 192 lower-case hex digits/,
    ],
    ['authorities[0].members[0].peerId', second?.peerId, /a peerId of its own/],
    ['authorities[0].members[0].name', second?.name, /a name of its own/],
    [
      'authorities[0].members[0].feeRecipient',
      `0x${'00'.repeat(20)}`,
      /members\[0\]\.feeRecipient: .*not the zero address/,
    ],
    ['governance', [], /governance: .*>=1/],
    ['governance[0].activationHeight', 1, /governance\[0\]\.activationHeight: /],
    ['governance[0].epoch', 1, /governance\[0\]\.epoch: epochs count from 0/],
    [
      'governance[0].members[0].bitcoinKey',
      '00'.repeat(32),
      /governance\[0\]\.members\[0\]\.bitcoinKey: an x-only public key/,
    ],
    [
      'governance[0].members[0].bitcoinKey',
      '50929b74c1a04954b78b4b6035e97a5e078a5a0f28ec96d547bfee9ace803ac0',
      /members\[0\]\.bitcoinKey: .*somebody can sign with/,
    ],
    ['governance[0].members[0].identityKey', base.governance[0]?.members[0]?.bitcoinKey, /stands once/],
    ['governance[0].members[0].name', 'member-2', /a name of its own/],
  ])('is refused with %s = %j (HOLE-11)', (path, value, reason) => {
    expect(reasonOf(network(changed(base, path, value)))).toMatch(reason);
  });

  it('must be stricter where real coins are at stake (HOLE-11)', () => {
    const real = changed(changed(base, 'bitcoin.network', 'bitcoin'), 'chainId', 7001);
    expect(network(real).ok).toBe(true);
    expect(reasonOf(network(changed(real, 'chainId', 121_212)))).toMatch(/chainId: .*the devnet's/);
    expect(reasonOf(network(changed(real, 'genesisTimeMs', 0)))).toMatch(/genesisTimeMs/);
    expect(reasonOf(network(changed(real, 'bitcoin.proposerExtraConfirmations', 1)))).toMatch(
      /at least 2 outside regtest/,
    );
    const exampleKey = '79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798';
    expect(reasonOf(network(changed(real, 'governance[0].members[0].bitcoinKey', exampleKey)))).toMatch(/secret key 1/);
    expect(network(changed(base, 'governance[0].members[0].bitcoinKey', exampleKey)).ok).toBe(true);
  });

  it('names the first problem in one line, counts the others and lists them', () => {
    const checked = network(changed(changed(base, 'chainId', 0), 'gasLimit', 'much'));
    expect(checked).toMatchObject({
      ok: false,
      refusal: { code: 'CONFIG_INVALID', detail: { problems: [{ path: 'chainId' }, { path: 'gasLimit' }] } },
    });
    expect(reasonOf(checked)).toMatch(/^file\.json: chainId: [^\n]+ \(and 1 more\)$/);
  });

  it('is refused when it is no JSON', () => {
    expect(reasonOf(loadNetwork({ source, text: 'name = "x"' }, scheme))).toBe('file.json: not JSON');
  });
});

describe("a node's own configuration", () => {
  const local = (value: unknown, on = sampleNetwork()) => loadLocal({ source, text: JSON.stringify(value) }, on);

  it('is accepted when it is sound', () => {
    expect(local(sampleLocal)).toEqual({ ok: true, value: sampleLocal });
  });

  it.each<[string, unknown, RegExp]>([
    ['bitcoin.url', 'ftp://127.0.0.1', /bitcoin\.url: an http or https address/],
    ['bitcoin.url', 'http://alice:hunter2@127.0.0.1', /bitcoin\.url: without user and password/],
    ['bitcoin.pollMs', 0, /bitcoin\.pollMs: .*>=100/],
    ['payoutCapSatsPerDay', '0', /payoutCapSatsPerDay: at least the network's smallest payout, 1000000/],
    [
      'supervision.healthCheck',
      { answerWithinMs: 10_000 },
      /supervision\.healthCheck\.answerWithinMs: less than everyMs/,
    ],
    [
      'supervision.actors',
      { ChainActor: { mailbox: { overflow: 'dropOldest' } } },
      /actors\.ChainActor\.mailbox\.overflow: blockProducer or returnError: ChainActor is told of money or consensus/,
    ],
    ['supervision.actors', { ChainActor: { mailbox: { bound: 0 } } }, /ChainActor\.mailbox\.bound: .*>=100/],
    ['supervision.actors', { ChainActor: { mailbox: { overflow: 'forget' } } }, /ChainActor\.mailbox\.overflow: /],
    ['supervision.actors', { ChainActor: { logic: { kind: 'immediate' } } }, /Unrecognized key: "logic"/],
    ['supervision.actors', { ChainActr: {} }, /supervision\.actors/],
    [
      'supervision.actors',
      { PegIn: { mailbox: { overflow: 'dropOldest' } } },
      /PegIn\.mailbox\.overflow: blockProducer or/,
    ],
    ['supervision.actors', { PegOut: { exceeded: 'escalate' } }, /PegOut\.exceeded: terminate/],
    [
      'supervision.actors',
      { BridgeActor: { service: { kind: 'backoff', initialMs: 2, maxMs: 1, factor: 2, jitter: 0 } } },
      /actors\.BridgeActor\.service\.maxMs: not below initialMs \(2\)/,
    ],
    ['supervision.actors', { SyncActor: { limit: { restarts: -1, windowMs: 1_000 } } }, /limit\.restarts: .*>=0/],
    ['supervision.actors', { SyncActor: { cascading: { kind: 'circuitBreaker', failures: 0 } } }, /failures: .*>=1/],
    ['rpc.port', 65_536, /rpc\.port: .*<=65535/],
    ['rpc.allowedOrigins', ['*'], /rpc\.allowedOrigins\[0\]: one origin as browsers send it/],
    ['rpc.allowedOrigins', ['https://wallet.example/'], /rpc\.allowedOrigins\[0\]: .*no path/],
    ['rpc.allowedOrigins', ['https://Wallet.example'], /rpc\.allowedOrigins\[0\]: /],
    ['rpc.allowedOrigins', ['https://wallet.example:443'], /rpc\.allowedOrigins\[0\]: /],
    ['rpc.allowedOrigins', ['file:///wallet'], /rpc\.allowedOrigins\[0\]: .*http or https/],
    ['rpc.allowedOrigins', 'https://wallet.example', /rpc\.allowedOrigins: /],
    ['rpc.allowedHosts', ['node.example:8545'], /rpc\.allowedHosts\[0\]: .*without a port/],
    ['rpc.allowedHosts', ['*.example'], /rpc\.allowedHosts\[0\]: one host name/],
    ['rpc.allowedHosts', ['https://node.example'], /rpc\.allowedHosts\[0\]: one host name/],
    ['rpc.allowedHosts', ['Node.example'], /rpc\.allowedHosts\[0\]: .*lower case/],
    ['rpc.allowedHost', ['node.example'], /allowedHost/],
    ['network.listen', [], /network\.listen: .*>=1/],
  ])('is refused with %s = %j', (path, value, reason) => {
    const checked = local(changed(sampleLocal, path, value));
    expect(checked.ok ? '' : checked.refusal.reason).toMatch(reason);
    expect(JSON.stringify(checked)).not.toContain('hunter2');
  });

  it('lets only this machine ask the wallet endpoint when it says nothing else', () => {
    const { allowedHosts: _hosts, allowedOrigins: _origins, ...rpc } = sampleLocal.rpc;
    expect(local({ ...sampleLocal, rpc })).toEqual({ ok: true, value: sampleLocal });
  });

  it('may name who else asks it', () => {
    const rpc = {
      ...sampleLocal.rpc,
      allowedOrigins: ['https://wallet.example', 'http://10.0.0.7:3000'],
      allowedHosts: ['node.example', '10.0.0.7', '[fd00::7]'],
    };
    expect(local({ ...sampleLocal, rpc })).toMatchObject({ ok: true, value: { rpc } });
  });

  it('needs mutual TLS outside devnet', () => {
    const checked = local(sampleLocal, changed(sampleNetwork(), 'bitcoin.network', 'signet'));
    expect(checked.ok ? '' : checked.refusal.reason).toMatch(/governance\.tls: /);
  });
});

describe('secrets', () => {
  const secrets = (text: string) => loadSecrets({ source, text });

  it('are accepted when they are sound, without a signing key too', () => {
    for (const value of [sampleSecrets, { ...sampleSecrets, blsSecretKey: null }])
      expect(secrets(JSON.stringify(value))).toEqual({ ok: true, value });
  });

  it.each<[string, unknown, RegExp]>([
    ['blsSecretKey', `0x${'00'.repeat(32)}`, /blsSecretKey: a key of its own/],
    ['blsSecretKey', `0x${'00'.repeat(31)}01`, /blsSecretKey: a key of its own/],
    ['blsSecretKey', 'topsecret', /blsSecretKey: 0x and 64 lower-case hex digits/],
    ['bitcoinRpc.password', '', /bitcoinRpc: /],
    ['governanceToken', '', /governanceToken: /],
    ['peerPrivateKey', '', /peerPrivateKey: /],
  ])('are refused with %s = %j, and never shown (INV-29)', (path, value, reason) => {
    const checked = secrets(JSON.stringify(changed(sampleSecrets, path, value)));
    expect(checked.ok ? '' : checked.refusal.reason).toMatch(reason);
    expect(JSON.stringify(checked)).not.toMatch(/hunter2|topsecret/);
  });

  it('are never quoted when their file is no JSON (INV-29)', () => {
    const checked = secrets('hunter2');
    expect(checked).toMatchObject({ ok: false, refusal: { reason: 'file.json: not JSON' } });
  });
});
