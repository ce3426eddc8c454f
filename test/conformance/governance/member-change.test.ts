import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  bitcoinNetworkOf,
  federationAddress,
  federationOf,
  threshold,
} from '../../../node-core/domain/federation/address.ts';
import { verifyApproval } from '../../../node-core/domain/federation/approval.ts';
import { verifyMemberSignatures } from '../../../node-core/domain/federation/payout-signing.ts';
import { epoch, evmAddress, outpoint, txid } from '../../../node-core/primitives/ids.ts';
import { sats } from '../../../node-core/primitives/units.ts';
import { membersOf } from '../../unit/federation/members.ts';
import { burn, federationInputs, payout } from './payouts.ts';
import { type Reading, read, take } from './sources.ts';
import { RECIPIENT, type World, clientOf, federation, memberSecrets, networkHash, startWorld } from './world.ts';

const secretHex = (integer: number): string => integer.toString(16).padStart(64, '0');
const candidate = { bitcoinSecret: secretHex(4), identitySecret: secretHex(104) };

/** The first member leaves, a candidate comes, and the others change places. */
const [, second, third, fourth] = membersOf(4);
if (!second || !third || !fourth) throw new Error('four members');
const newMembers = [fourth, third, second];
const newFederation = federationOf(newMembers, threshold(3));
const newAddress = federationAddress(newFederation, bitcoinNetworkOf('regtest'));
const ACTIVATION_HEIGHT = 200;
const update = JSON.stringify({
  activationHeight: ACTIVATION_HEIGHT,
  epoch: 1,
  handover: { fromBitcoinHeight: 0, untilBitcoinHeight: 1_000_000 },
  members: newMembers.map((keys, position) => ({ name: `new-${position}`, ...keys })),
});

let world: World;
let client: ReturnType<typeof clientOf>;
let dataDir: string;

/** Connects again until governance is of this epoch: it follows the chain's final height. */
async function connectIn(wanted: number): Promise<void> {
  for (;;) {
    client = clientOf(world.governance);
    const registered = await read(client.link()).next();
    if (registered.kind === 'registered' && registered.epoch === wanted) return;
    client.close();
  }
}
async function takeAll<T extends { readonly member: number }>(reading: Reading<T>, count: number): Promise<T[]> {
  const items = await take(reading, count);
  reading.close();
  return items.toSorted((a, b) => a.member - b.member);
}

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'governance-'));
  world = await startWorld({ dataDir, members: [...memberSecrets, candidate] });
});
afterAll(async () => {
  client.close();
  await world.close();
  await rm(dataDir, { recursive: true });
});

describe('a member change', () => {
  it('takes effect at its height, and survives a restart', async () => {
    await connectIn(0);
    world.governance.send({ kind: 'federationUpdate', update });
    world.evm.finalizedNumber = ACTIVATION_HEIGHT - 1;
    client.close();
    await world.restartGovernance();
    await connectIn(0);
    client.close();
    world.evm.finalizedNumber = ACTIVATION_HEIGHT;
    await connectIn(1);
  });

  it('has the new members approve deposits to the new address', async () => {
    const amountSats = sats(300_000n);
    const paid = await world.user.deposit(newAddress, amountSats, RECIPIENT);
    world.mine(2);
    const request = {
      outpoint: outpoint(txid(paid.txid), 0),
      amountSats,
      recipient: evmAddress(RECIPIENT),
      epoch: epoch(1),
      bitcoinHeight: world.height() - 1,
    };
    const votes = await takeAll(read(client.requestApproval(request)), 3);
    const certificate = votes.flatMap(({ member, signature }) => (signature ? [{ member, signature }] : []));
    expect(verifyApproval({ ...request, certificate }, newMembers, 2, networkHash).ok).toBe(true);
  });

  it('has the former members pay from the former address (INV-20)', async () => {
    const inputs = await federationInputs(world, 1);
    const request = payout(world, [burn(world)], inputs, { changeAddress: newAddress });
    const answers = await takeAll(read(client.requestSignatures(request)), 3);
    for (const { member, signatures } of answers) {
      expect(signatures).not.toBeNull();
      const answer = { member, signatures: signatures ?? [] };
      expect(verifyMemberSignatures(request.unsignedTx, inputs, () => federation, answer).ok).toBe(true);
    }
  });
});
