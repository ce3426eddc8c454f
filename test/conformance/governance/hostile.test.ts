import { once } from 'node:events';
import { Server, ServerCredentials, type ServerDuplexStream } from '@grpc/grpc-js';
import { afterEach, describe, expect, it } from 'vitest';
import { createGovernanceClient } from '../../../node-core/adapters/governance-grpc/client.ts';
import { type GovernanceLimits, defaultGovernanceLimits } from '../../../node-core/adapters/governance-grpc/options.ts';
import {
  MAX_FRAME_BYTES,
  type WireFrame,
  loadGovernanceService,
} from '../../../node-core/adapters/governance-grpc/service.ts';
import type { ApprovalRequest } from '../../../node-core/ports/governance.ts';
import { epoch, evmAddress, outpoint, txid } from '../../../node-core/primitives/ids.ts';
import { sats } from '../../../node-core/primitives/units.ts';
import { read, take } from './sources.ts';
import { networkHash } from './world.ts';

/** A server that says on the stream what a test wants, as frames or as raw bytes. */
interface Impostor {
  readonly address: string;
  /** The stream of the node that connected, after its registration was read. */
  stream(): Promise<ServerDuplexStream<WireFrame, WireFrame | Buffer>>;
}

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

async function impostor(): Promise<Impostor> {
  const service = loadGovernanceService();
  const { Stream: method } = service;
  if (method === undefined) throw new Error('the service has the method Stream');
  const server = new Server({ 'grpc.max_send_message_length': -1 });
  const streams: ServerDuplexStream<WireFrame, WireFrame | Buffer>[] = [];
  const arrivals: ((stream: ServerDuplexStream<WireFrame, WireFrame | Buffer>) => void)[] = [];
  const encode = (frame: WireFrame | Buffer): Buffer =>
    Buffer.isBuffer(frame) ? frame : method.responseSerialize(frame);
  server.addService(
    { Stream: { ...method, responseSerialize: encode } },
    {
      Stream(stream: ServerDuplexStream<WireFrame, WireFrame | Buffer>) {
        stream.on('error', () => undefined);
        stream.once('data', () => {
          const arrive = arrivals.shift();
          if (arrive) arrive(stream);
          else streams.push(stream);
        });
      },
    },
  );
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    );
  });
  closers.push(() => server.forceShutdown());
  return {
    address: `127.0.0.1:${port}`,
    stream: () => {
      const [stream] = streams.splice(0, 1);
      return stream ? Promise.resolve(stream) : new Promise((resolve) => arrivals.push(resolve));
    },
  };
}

async function link(limits: Partial<GovernanceLimits> = {}, acknowledged = true) {
  const { address, stream } = await impostor();
  const client = createGovernanceClient({
    address,
    tls: null,
    token: null,
    nodeName: 'node-0',
    networkHash,
    limits: { ...defaultGovernanceLimits, ...limits },
  });
  closers.push(() => client.close());
  const reading = read(client.link());
  const governance = await stream();
  if (acknowledged) {
    governance.write({ registrationAck: { sessionId: 's', epoch: 0 } });
    await reading.next();
  }
  return { client, reading, governance };
}

const request: ApprovalRequest = {
  outpoint: outpoint(txid('ab'.repeat(32)), 0),
  amountSats: sats(10_000n),
  recipient: evmAddress(`0x${'11'.repeat(20)}`),
  epoch: epoch(0),
  bitcoinHeight: 1,
};
const signature = new Uint8Array(64);
const malformed = { kind: 'message', message: { kind: 'error', code: 'GOVERNANCE_MALFORMED' } };

describe('a hostile governance', () => {
  it('has malformed messages put on record, one by one, and without effect', async () => {
    const { reading, governance } = await link();
    const authority = { messageId: new Uint8Array(16), epoch: 0, signatures: [] };
    const frames: WireFrame[] = [
      {},
      { registrationAck: { sessionId: '', epoch: 0 } },
      { registrationAck: { sessionId: 's', epoch: '18446744073709551615' } },
      { emergencyHalt: { generation: 1, reason: 'no authority' } },
      { emergencyHalt: { authority: { ...authority, messageId: new Uint8Array(15) }, generation: 1 } },
      { emergencyHalt: { authority, generation: 1, reason: 'x'.repeat(501) } },
      { emergencyHalt: { authority, generation: '9007199254740993' } },
      { resume: { authority: { ...authority, signatures: [{ member: 15, signature }] }, generation: 1 } },
      { resume: { authority: { ...authority, signatures: [{ member: 0, signature: new Uint8Array(63) }] } } },
      { configUpdate: { authority, config: 'x'.repeat(65_537) } },
      { blockProposal: { authority, signedBlock: new Uint8Array([1, 2, 3]) } },
      { chainStatusRequest: { requestId: 'x'.repeat(65) } },
      { approvalResponse: { requestId: '1', member: 0, approved: true, signature: new Uint8Array(0) } },
      { error: { code: '', reason: '' } },
    ];
    for (const frame of frames) {
      governance.write(frame);
      expect(await reading.next()).toMatchObject(malformed);
    }
    governance.write({ heartbeatAck: { sequence: 99 } });
    governance.write({ chainStatusRequest: { requestId: 'r' } });
    expect(await reading.next()).toMatchObject({ message: { kind: 'chainStatusRequest' } });
  });

  it('loses the link by bytes that are no frame, or a frame that is too large', async () => {
    const garbage = await link();
    garbage.governance.write(Buffer.from('ffffffffffffffff', 'hex'));
    expect(await garbage.reading.ended).toMatchObject({ code: 'GOVERNANCE_MALFORMED', errorClass: 'service' });
    const oversize = await link();
    oversize.governance.write(Buffer.alloc(MAX_FRAME_BYTES + 1));
    expect(await oversize.reading.ended).toMatchObject({ code: 'GOVERNANCE_MALFORMED', errorClass: 'service' });
  });

  it('loses the link by a flood', async () => {
    const { reading, governance } = await link({ unaskedPerSecond: 50 });
    for (let sequence = 0; sequence < 60; sequence++) governance.write({ heartbeatAck: { sequence } });
    expect(await reading.ended).toMatchObject({ code: 'GOVERNANCE_MALFORMED' });
  });

  it('may answer as much as it was asked', async () => {
    const { client, governance } = await link({ unaskedPerSecond: 1 });
    governance.on('data', ({ approvalRequest }: { approvalRequest: { requestId: string } }) => {
      const { requestId } = approvalRequest;
      for (const member of [0, 1, 2]) {
        governance.write({ approvalResponse: { requestId, member, approved: false, reason: 'no' } });
      }
    });
    const readings = Array.from({ length: 20 }, () => read(client.requestApproval(request)));
    for (const votes of readings) expect(await take(votes, 3)).toHaveLength(3);
  });

  it('loses the link by never taking the registration', async () => {
    const { reading } = await link({ registrationTimeoutMs: 50 }, false);
    expect(await reading.ended).toMatchObject({ code: 'GOVERNANCE_UNREACHABLE', errorClass: 'network' });
  });

  it('counts once for each member and request', async () => {
    const { client, governance } = await link();
    const votes = read(client.requestApproval(request));
    const [frame] = (await once(governance, 'data')) as [{ approvalRequest: { requestId: string } }];
    const { requestId } = frame.approvalRequest;
    const vote = (member: number, id = requestId) => ({
      approvalResponse: { requestId: id, member, approved: true, signature },
    });
    for (const answer of [vote(1), vote(1), vote(0, 'another'), vote(2)]) governance.write(answer);
    expect((await take(votes, 2)).map(({ member }) => member)).toEqual([1, 2]);
  });

  it('ends a request by refusing it, and no other', async () => {
    const { client, governance } = await link();
    const first = read(client.requestApproval(request));
    const [frame] = (await once(governance, 'data')) as [{ approvalRequest: { requestId: string } }];
    const second = read(client.requestApproval(request));
    const [other] = (await once(governance, 'data')) as [{ approvalRequest: { requestId: string } }];
    governance.write({ error: { code: 'BUSY', reason: 'later', requestId: frame.approvalRequest.requestId } });
    expect(await first.ended).toMatchObject({ code: 'GOVERNANCE_REFUSED', message: 'BUSY: later' });
    const { requestId } = other.approvalRequest;
    governance.write({ approvalResponse: { requestId, member: 2, approved: false, reason: 'no' } });
    expect(await second.next()).toEqual({ member: 2, approved: false, reason: 'no', signature: null });
  });
});

describe('requests', () => {
  it('end as lost when the link is lost', async () => {
    const { client, governance } = await link();
    const votes = read(client.requestApproval(request));
    await once(governance, 'data');
    governance.end();
    expect(await votes.ended).toMatchObject({ code: 'GOVERNANCE_LINK_LOST', errorClass: 'network' });
    expect(await read(client.requestApproval(request)).ended).toMatchObject({ code: 'GOVERNANCE_LINK_LOST' });
  });

  it('are refused before there is a link', async () => {
    const client = createGovernanceClient({
      address: '127.0.0.1:1',
      tls: null,
      token: null,
      nodeName: 'node-0',
      networkHash,
      limits: defaultGovernanceLimits,
    });
    expect(await read(client.requestApproval(request)).ended).toMatchObject({ code: 'GOVERNANCE_LINK_LOST' });
  });

  it('are bounded in number, and a closed one makes room', async () => {
    const { client } = await link({ openRequests: 1 });
    const first = read(client.requestApproval(request));
    expect(await read(client.requestApproval(request)).ended).toMatchObject({ code: 'GOVERNANCE_REFUSED' });
    first.close();
    const third = read(client.requestApproval(request));
    const state = await Promise.race([third.ended, new Promise((resolve) => setImmediate(resolve, 'open'))]);
    expect(state).toBe('open');
  });

  it('are bounded in size', async () => {
    const { client } = await link();
    await expect(client.acknowledge('00'.repeat(16), false, 'x'.repeat(2_000_000))).resolves.toBeUndefined();
    const huge = {
      payoutId: txid('ab'.repeat(32)),
      txid: txid('ab'.repeat(32)),
      unsignedTx: '00'.repeat(MAX_FRAME_BYTES),
    };
    const signatures = read(
      client.requestSignatures({
        ...huge,
        psbt: '',
        inputs: [],
        shares: [],
        epoch: epoch(0),
        blockRoot: '0x' as never,
        height: 0 as never,
      }),
    );
    expect(await signatures.ended).toMatchObject({ code: 'GOVERNANCE_REFUSED' });
    await expect(client.heartbeat()).resolves.toBeUndefined();
  });
});
