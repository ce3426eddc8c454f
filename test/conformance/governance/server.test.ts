import { Client, ChannelCredentials, type ClientDuplexStream, type MethodDefinition, status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type WireFrame, loadGovernanceService } from '../../../node-core/adapters/governance-grpc/service.ts';
import { type Governance, startGovernance } from '../../../node-core/devnet/governance/server.ts';
import { hexToBytes } from '../../../node-core/primitives/hex.ts';
import { memberSecrets, network, networkHash } from './world.ts';

const service = loadGovernanceService();
const options = {
  dataDir: null,
  members: memberSecrets,
  networkHash,
  network,
  bitcoinRpc: { url: 'http://127.0.0.1:1', user: '', password: '' },
  evmRpcUrls: [],
};

let governance: Governance;
let client: Client;
beforeAll(async () => {
  governance = await startGovernance(options);
  client = new Client(governance.address, ChannelCredentials.createInsecure());
});
afterAll(async () => {
  client.close();
  await governance.close();
});

const methodOf = (name: string): MethodDefinition<WireFrame, WireFrame> => {
  const method = service[name];
  if (method === undefined) throw new Error(`no method ${name}`);
  return method as MethodDefinition<WireFrame, WireFrame>;
};

function call(name: string): Promise<WireFrame> {
  const { path, requestSerialize, responseDeserialize } = methodOf(name);
  return new Promise((resolve, reject) => {
    client.makeUnaryRequest(path, requestSerialize, responseDeserialize, {}, (error, answer) =>
      answer === undefined ? reject(error ?? new Error('no answer')) : resolve(answer),
    );
  });
}

function openStream(): ClientDuplexStream<WireFrame | Buffer, WireFrame> {
  const { path, requestSerialize, responseDeserialize } = methodOf('Stream');
  const encode = (frame: WireFrame | Buffer): Buffer => (Buffer.isBuffer(frame) ? frame : requestSerialize(frame));
  const stream = client.makeBidiStreamRequest(path, encode, responseDeserialize);
  stream.on('data', () => undefined);
  return stream;
}

/** The status with which governance ends a stream that begins with these frames. */
function endOf(...frames: readonly (WireFrame | Buffer)[]): Promise<status> {
  const stream = openStream();
  const end = new Promise<status>((resolve) =>
    stream.on('error', ({ code }: { code: status } & Error) => resolve(code)),
  );
  for (const frame of frames) stream.write(frame);
  return end;
}
const registration = { registration: { nodeName: 'n', networkHash: hexToBytes(networkHash) } };

describe("the devnet's governance", () => {
  it('tells its health and capabilities', async () => {
    expect(await call('Health')).toEqual({ healthy: true, membersResponsive: 3, members: 3 });
    governance.setResponsive(0, false);
    expect(await call('Health')).toMatchObject({ healthy: true, membersResponsive: 2 });
    governance.setResponsive(1, false);
    expect(await call('Health')).toMatchObject({ healthy: false, membersResponsive: 1 });
    governance.setResponsive(0, true);
    governance.setResponsive(1, true);
    expect(await call('GetCapabilities')).toEqual({
      protocolVersion: '1',
      networkHash: Buffer.from(networkHash, 'hex'),
      epoch: '0',
      members: 3,
      threshold: 2,
      maxFrameBytes: 1_048_576,
    });
  });

  it('reads nothing before a registration', async () => {
    expect(await endOf({ heartbeat: { sequence: 1 } })).toBe(status.FAILED_PRECONDITION);
  });

  it('cuts a node that sends what is not of the protocol', async () => {
    expect(await endOf(registration, {})).toBe(status.INVALID_ARGUMENT);
    expect(await endOf(registration, { approvalRequest: { requestId: 'r' } })).toBe(status.INVALID_ARGUMENT);
    expect(await endOf({ registration: { nodeName: '', networkHash: new Uint8Array(32) } })).toBe(
      status.INVALID_ARGUMENT,
    );
    expect(await endOf(registration, Buffer.alloc(1_048_577))).toBe(status.RESOURCE_EXHAUSTED);
  });

  it('counts only registered nodes as reached', async () => {
    expect(governance.send({ kind: 'chainStatusRequest' }).recipients).toBe(0);
    const stream = openStream();
    stream.on('error', () => undefined);
    const acknowledged = new Promise((resolve) => stream.once('data', resolve));
    stream.write(registration);
    expect(await acknowledged).toMatchObject({ kind: 'registrationAck' });
    expect(governance.send({ kind: 'chainStatusRequest' }).recipients).toBe(1);
    stream.cancel();
  });

  it("does not start without the keys of the network file's members", async () => {
    const [first, second] = memberSecrets;
    if (!first || !second) throw new Error('two members');
    await expect(startGovernance({ ...options, members: [first, second] })).rejects.toThrow('member-2');
    const mixed = { bitcoinSecret: first.bitcoinSecret, identitySecret: second.identitySecret };
    await expect(startGovernance({ ...options, members: [first, second, mixed] })).rejects.toThrow('member-2');
  });

  it('does not take a port that is taken', async () => {
    const port = Number(governance.address.split(':')[1]);
    await expect(startGovernance({ ...options, port })).rejects.toMatchObject({ code: 'PORT_UNAVAILABLE' });
  });
});
