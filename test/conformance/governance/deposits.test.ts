import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verifyApproval } from '../../../node-core/domain/federation/approval.ts';
import type { DepositForm } from '../../../node-core/devnet/bitcoin/wallet/devnet-wallet.ts';
import type { ApprovalRequest, ApprovalVote } from '../../../node-core/ports/governance.ts';
import { epoch, evmAddress, outpoint, txid } from '../../../node-core/primitives/ids.ts';
import { sats } from '../../../node-core/primitives/units.ts';
import { type Reading, read, take } from './sources.ts';
import { RECIPIENT, type World, clientOf, federationAddressText, network, networkHash, startWorld } from './world.ts';

let world: World;
let client: ReturnType<typeof clientOf>;
beforeAll(async () => {
  world = await startWorld();
  client = clientOf(world.governance);
  await read(client.link()).next();
});
afterAll(async () => {
  client.close();
  await world.close();
});

const DEPOSIT_SATS = sats(250_000n);

/** A deposit of the user's, mined with two confirmations, as the node would put it before the members. */
async function deposit(amountSats = DEPOSIT_SATS, form: DepositForm = 'raw'): Promise<ApprovalRequest> {
  const paid = await world.user.deposit(federationAddressText, amountSats, RECIPIENT, { form });
  world.mine(2);
  return {
    outpoint: outpoint(txid(paid.txid), 0),
    amountSats,
    recipient: evmAddress(RECIPIENT),
    epoch: epoch(0),
    bitcoinHeight: world.height() - 1,
  };
}

async function votes(request: ApprovalRequest): Promise<readonly ApprovalVote[]> {
  const reading = read(client.requestApproval(request));
  const answers = await take(reading, 3);
  reading.close();
  return answers.toSorted((a, b) => a.member - b.member);
}
const reasons = async (request: ApprovalRequest) => {
  const answers = await votes(request);
  expect(answers.map(({ member, approved, signature }) => [member, approved, signature])).toEqual(
    [0, 1, 2].map((member) => [member, false, null]),
  );
  return new Set(answers.map(({ reason }) => reason));
};

describe('members approve a deposit', () => {
  it.each(['raw', 'hex', '0x-hex'] as const)(
    'that names its account as %s, each with a valid signature',
    async (form) => {
      const request = await deposit(DEPOSIT_SATS, form);
      const answers = await votes(request);
      const certificate = answers.flatMap(({ member, signature }) => (signature ? [{ member, signature }] : []));
      expect(certificate).toHaveLength(3);
      const members = network.governance[0]?.members ?? [];
      expect(verifyApproval({ ...request, certificate }, members, 2, networkHash).ok).toBe(true);
    },
  );

  it('with the same answer each time', async () => {
    const request = await deposit();
    expect(await votes(request)).toEqual(await votes(request));
  });

  it('once it is deep enough, without being asked again', async () => {
    await world.restartGovernance({ giveUpMs: 30_000 });
    const patient = clientOf(world.governance);
    await read(patient.link()).next();
    const request = await deposit();
    world.bitcoin.node.invalidate(world.bitcoin.chain.tip);
    const reading: Reading<ApprovalVote> = read(patient.requestApproval(request));
    world.mine(1);
    expect((await take(reading, 3)).every(({ approved }) => approved)).toBe(true);
    patient.close();
    await world.restartGovernance();
    client = clientOf(world.governance);
    await read(client.link()).next();
  });

  it('while others stay silent', async () => {
    world.governance.setResponsive(1, false);
    const reading = read(client.requestApproval(await deposit()));
    expect((await take(reading, 2)).map(({ member }) => member).toSorted()).toEqual([0, 2]);
    world.governance.setResponsive(1, true);
    reading.close();
  });
});

describe('members refuse a deposit', () => {
  it('that is not there', async () => {
    const request = await deposit();
    const nowhere = { ...request, outpoint: outpoint(txid('5d'.repeat(32)), 0) };
    expect(await reasons(nowhere)).toEqual(new Set(['the transaction is not in the block at that height']));
    const elsewhere = { ...request, bitcoinHeight: request.bitcoinHeight - 1 };
    expect(await reasons(elsewhere)).toEqual(new Set(['the transaction is not in the block at that height']));
    const tooHigh = { ...request, bitcoinHeight: world.height() + 1 };
    expect(await reasons(tooHigh)).toEqual(new Set(['the transaction is not in the block at that height']));
  });

  it('that is another output, amount, account or epoch', async () => {
    const request = await deposit();
    const id = txid(request.outpoint.slice(0, 64));
    for (const vout of [1, 2, 9]) {
      expect(await reasons({ ...request, outpoint: outpoint(id, vout) })).toEqual(
        new Set(['the output does not pay the federation']),
      );
    }
    expect(await reasons({ ...request, amountSats: sats(250_001n) })).toEqual(new Set(['the output is of 250000 sat']));
    expect(await reasons({ ...request, recipient: evmAddress(`0x${'a2'.repeat(20)}`) })).toEqual(
      new Set(['the transaction names another account']),
    );
    expect(await reasons({ ...request, epoch: epoch(1) })).toEqual(new Set(['an epoch to come']));
  });

  it('below the minimum', async () => {
    expect(await reasons(await deposit(sats(9_999n)))).toEqual(new Set(['the deposit is below the minimum']));
  });

  it('that names no account', async () => {
    const paid = await world.user.pay({ outputs: [{ address: federationAddressText, amountSats: DEPOSIT_SATS }] });
    world.mine(2);
    const request: ApprovalRequest = {
      outpoint: outpoint(txid(paid.txid), 0),
      amountSats: DEPOSIT_SATS,
      recipient: evmAddress(RECIPIENT),
      epoch: epoch(0),
      bitcoinHeight: world.height() - 1,
    };
    expect(await reasons(request)).toEqual(new Set(['the transaction names 0 accounts']));
  });

  it('too young, when it stays so', async () => {
    const request = await deposit();
    world.bitcoin.node.invalidate(world.bitcoin.chain.tip);
    expect(await reasons(request)).toEqual(new Set(['1 confirmations of the 2 needed']));
  });
});
