import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verifyGovernanceMessage } from '../../../node-core/domain/governance/authority.ts';
import type { GovernanceMessage, SignedGovernanceMessage } from '../../../node-core/domain/governance/message.ts';
import { remember } from '../../../node-core/domain/governance/seen.ts';
import type { NodeMessage } from '../../../node-core/devnet/governance/wire.ts';
import type { ChainStatusReport, GovernanceLinkEvent } from '../../../node-core/ports/governance.ts';
import { blockHeight, blockRoot, epoch } from '../../../node-core/primitives/ids.ts';
import { type Reading, read } from './sources.ts';
import { type World, clientOf, network, networkHash, startWorld } from './world.ts';

type Client = ReturnType<typeof clientOf>;

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.close());

async function connected(use: (client: Client, link: Reading<GovernanceLinkEvent>) => Promise<void>): Promise<void> {
  const client = clientOf(world.governance);
  const link = read(client.link());
  expect(await link.next()).toMatchObject({ kind: 'registered', epoch: 0 });
  try {
    await use(client, link);
  } finally {
    client.close();
  }
}

const isMessage = (event: GovernanceLinkEvent): event is Extract<GovernanceLinkEvent, { kind: 'message' }> =>
  event.kind === 'message';
const nextMessage = async (link: Reading<GovernanceLinkEvent>): Promise<GovernanceMessage> =>
  (await link.find(isMessage)).message;

function judge(
  message: GovernanceMessage,
  over: { epoch?: number; nowMs?: number; seen?: ReturnType<typeof remember> } = {},
) {
  const checked = verifyGovernanceMessage(message as SignedGovernanceMessage, {
    networkHash,
    members: network.governance[0]?.members ?? [],
    epoch: epoch(over.epoch ?? 0),
    nowMs: over.nowMs ?? Date.now(),
    seen: over.seen ?? [],
  });
  return checked.ok ? 'accepted' : checked.refusal.code;
}

describe('the governance link', () => {
  it('registers and answers heartbeats with their round trip', () =>
    connected(async (client, link) => {
      await client.heartbeat();
      const ack = await link.next();
      expect(ack.kind === 'heartbeatAcked' && ack.roundTripMs >= 0).toBe(true);
    }));

  it('tells governance statuses, answers and acknowledgements', () =>
    connected(async (client) => {
      const heard: NodeMessage[] = [];
      const three = new Promise<void>((resolve) => {
        const stop = world.governance.observe((nodeName, message) => {
          expect(nodeName).toBe('node-0');
          if (heard.push(message) === 3) {
            stop();
            resolve();
          }
        });
      });
      const report: ChainStatusReport = {
        requestId: null,
        headHeight: blockHeight(7),
        headRoot: blockRoot(`0x${'01'.repeat(32)}`),
        finalizedHeight: blockHeight(5),
        finalizedRoot: blockRoot(`0x${'02'.repeat(32)}`),
        halted: true,
      };
      await client.reportStatus(report);
      await client.reportStatus({ ...report, requestId: 'r-1', halted: false });
      await client.acknowledge('ab'.repeat(16), false, 'expired');
      await three;
      const { requestId: _, ...status } = report;
      expect(heard).toEqual([
        { kind: 'status', status },
        { kind: 'chainStatusUpdate', requestId: 'r-1', status: { ...status, halted: false } },
        { kind: 'acknowledgement', messageId: 'ab'.repeat(16), applied: false, reason: 'expired' },
      ]);
    }));

  it('ends when governance goes away, refuses requests meanwhile, and opens again', async () => {
    const client = clientOf(world.governance);
    const link = read(client.link());
    await link.next();
    await world.governance.close();
    expect(await link.ended).toMatchObject({ code: 'GOVERNANCE_LINK_LOST', errorClass: 'network' });
    await expect(client.heartbeat()).rejects.toMatchObject({ code: 'GOVERNANCE_LINK_LOST' });
    expect(await read(client.link()).ended).toMatchObject({ code: 'GOVERNANCE_UNREACHABLE', errorClass: 'network' });
    await world.restartGovernance();
    const again = read(client.link());
    expect(await again.next()).toMatchObject({ kind: 'registered' });
    client.close();
  });

  it('ends the first link when a second is opened', async () => {
    const client = clientOf(world.governance);
    const first = read(client.link());
    await first.next();
    const second = read(client.link());
    expect(await first.ended).toMatchObject({ code: 'GOVERNANCE_LINK_LOST' });
    expect(await second.next()).toMatchObject({ kind: 'registered' });
    client.close();
  });

  it('says nothing more after its caller closed it', async () => {
    const client = clientOf(world.governance);
    const link = read(client.link());
    await link.next();
    link.close();
    await expect(client.heartbeat()).rejects.toMatchObject({ code: 'GOVERNANCE_LINK_LOST' });
    const open = await Promise.race([
      link.ended.then(() => false),
      new Promise((resolve) => setImmediate(resolve, true)),
    ]);
    expect(open).toBe(true);
  });

  it('is refused to a node of another network (HOLE-12)', async () => {
    const client = clientOf(world.governance, { networkHash: '00'.repeat(32) });
    expect(await read(client.link()).ended).toMatchObject({ code: 'GOVERNANCE_REFUSED', errorClass: 'service' });
  });

  it('is refused without the bearer token where one is asked for', async () => {
    const governance = await world.restartGovernance({ token: 'a token' });
    expect(await read(clientOf(governance).link()).ended).toMatchObject({ code: 'GOVERNANCE_REFUSED' });
    const client = clientOf(governance, { token: 'a token' });
    expect(await read(client.link()).next()).toMatchObject({ kind: 'registered' });
    client.close();
    await world.restartGovernance();
  });

  it('is never opened without TLS to another machine', () => {
    expect(() => clientOf(world.governance, { address: '192.0.2.1:50051' })).toThrow('must be on this machine');
  });
});

describe('what governance says of itself', () => {
  it('arrives and is authentic, in every kind', () =>
    connected(async (_client, link) => {
      const words = [
        { kind: 'emergencyHalt', generation: 3, reason: 'a key is lost — halt' },
        { kind: 'resume', generation: 3, reason: 'the key is replaced' },
        { kind: 'federationUpdate', update: '{"epoch":1}' },
        { kind: 'configUpdate', config: '{"gasLimit":1}' },
        { kind: 'syncRequest', targetHeight: 12 },
        { kind: 'syncRequest', targetHeight: null },
      ] as const;
      for (const word of words) {
        const { id, recipients } = world.governance.send(word);
        expect(recipients).toBe(1);
        const message = await nextMessage(link);
        expect(message).toMatchObject(word);
        expect((message as SignedGovernanceMessage).authority.messageId).toBe(id);
        expect(judge(message)).toBe('accepted');
      }
    }));

  it('has its questions and errors passed on', () =>
    connected(async (_client, link) => {
      const { id } = world.governance.send({ kind: 'chainStatusRequest' });
      expect(await nextMessage(link)).toEqual({ kind: 'chainStatusRequest', requestId: id });
      world.governance.send({ kind: 'error', code: 'MAINTENANCE', reason: 'in an hour' });
      expect(await nextMessage(link)).toEqual({ kind: 'error', code: 'MAINTENANCE', reason: 'in an hour' });
    }));

  it('has no effect when expired, replayed, of another epoch, unsigned or short of a quorum', () =>
    connected(async (_client, link) => {
      const resume = { kind: 'resume', generation: 1, reason: 'go on' } as const;
      const say = async (options: Parameters<World['governance']['send']>[1]) => {
        world.governance.send(resume, options);
        return nextMessage(link);
      };
      const messageId = '5c'.repeat(16);
      const first = (await say({ messageId })) as SignedGovernanceMessage;
      expect(judge(first)).toBe('accepted');
      const seen = remember([], first, Date.now());
      expect(judge(await say({ messageId }), { seen })).toBe('REPLAYED');
      expect(judge(await say({ expiresAtMs: Date.now() - 1 }))).toBe('EXPIRED');
      expect(judge(await say({ epoch: 1 }))).toBe('WRONG_EPOCH');
      expect(judge(await say({ signers: [] }))).toBe('UNSIGNED');
      expect(judge(await say({ signers: [2] }))).toBe('QUORUM_MISSING');
      const genuine = (await say({})) as Extract<GovernanceMessage, { kind: 'resume' }>;
      expect(judge({ ...genuine, generation: 2 })).toBe('SIGNATURE_INVALID');
    }));
});
