import { Transaction } from 'bitcoinjs-lib';
import { describe, expect, it } from 'vitest';
import { bytesToBareHex } from '../../../node-core/primitives/hex.ts';
import { pegOutId, type BurnId } from '../../../node-core/primitives/ids.ts';
import { BridgeWorld, PAYEE, PAYEE_SCRIPT, type WorldOptions } from '../../support/bridge/bridge-world.ts';
import { firstMissing } from '../../support/bridge/conformance.ts';
import { transaction, unreachable } from '../../support/bridge/fake-bitcoin.ts';

const SAT = 10n ** 10n;

function funded(options: WorldOptions = {}, amounts: readonly bigint[] = [50_000_000n]): BridgeWorld {
  const world = new BridgeWorld(options);
  for (const amount of amounts) world.fund(amount);
  return world;
}
const operationOf = (world: BridgeWorld, evmTxHash: string) =>
  world.bridge?.operations.find((operation) => operation.evmTxHash === evmTxHash);
const reaches = (world: BridgeWorld, evmTxHash: string, state: string, withinMs?: number): boolean =>
  world.until(() => operationOf(world, evmTxHash)?.state === state, withinMs);

/** Mines what is in the mempool whenever something is, until the operation is completed. */
function complete(world: BridgeWorld, evmTxHash: string): boolean {
  if (!world.until(() => world.bitcoin.mempool.size > 0)) return false;
  world.bitcoin.mine('mempool');
  world.bitcoin.mineEmpty(2);
  return reaches(world, evmTxHash, 'Completed');
}

/** What Bitcoin has paid to the payee, sat. */
const paid = (world: BridgeWorld): bigint =>
  world.bitcoin.blocks
    .flatMap(({ transactions }) => transactions)
    .flatMap((raw) => Transaction.fromHex(raw).outs)
    .filter(({ script }) => bytesToBareHex(script) === PAYEE_SCRIPT)
    .reduce((sum, { value }) => sum + value, 0n);

describe('a peg-out', () => {
  it('runs flow 3 of the founding document, each step caused by the one before', () => {
    const world = funded();
    const burn = world.chain.burn(PAYEE, 2_000_000n * SAT);
    expect(complete(world, burn)).toBe(true);
    expect(
      firstMissing(world.messages, `tx:${burn}`, [
        ['EngineActor', 'BridgeActor', 'BurnEventDetected'],
        ['BridgeActor', 'BridgeActor', 'CreateBitcoinTransaction'],
        ['BridgeActor', 'StreamActor', 'RequestFederationSignatures'],
        ['StreamActor', 'GovernanceNodes', 'SignatureRequest'],
        ['GovernanceNodes', 'StreamActor', 'SignatureResponse'],
        ['StreamActor', 'BridgeActor', 'CollectedSignatures'],
        ['BridgeActor', 'BitcoinNetwork', 'BroadcastBitcoinTransaction'],
        ['BitcoinNetwork', 'BridgeActor', 'TransactionConfirmed'],
      ]),
    ).toBeNull();
    const operation = operationOf(world, burn);
    expect(paid(world)).toBe(2_000_000n - BigInt(operation?.feeSats ?? 0));
    expect(operation).toMatchObject({ bitcoinAddress: PAYEE, confirmationsRequired: 2, terminal: true });
    expect(world.bridge?.solvency).toMatchObject({ reserveSats: '48000000', supplySats: '48000000', surplusSats: '0' });
  });

  it('closes its payout on the chain when it is deep', () => {
    const world = funded();
    const burn = world.chain.burn(PAYEE, 2_000_000n * SAT);
    expect(complete(world, burn)).toBe(true);
    world.bitcoin.mineEmpty(2);
    const isConfirmed = (): boolean =>
      world.chain.blocks.some(({ final }) => final.pegOuts.some(({ status }) => status === 'Confirmed'));
    expect(world.until(isConfirmed)).toBe(true);
    world.run(10_000);
    expect(world.chain.blocks.flatMap(({ final }) => final.pegOuts).map(({ status }) => status)).toEqual([
      'Proposed',
      'Confirmed',
    ]);
  });

  it('is paid together with others in one transaction, each operation going on by itself', () => {
    const world = funded();
    const burns = [2_000_000n, 3_000_000n, 4_000_000n].map((amount) => world.chain.burn(PAYEE, amount * SAT));
    for (const burn of burns) expect(reaches(world, burn, 'Confirming')).toBe(true);
    world.bitcoin.mine('mempool');
    world.bitcoin.mineEmpty(2);
    for (const burn of burns) expect(reaches(world, burn, 'Completed')).toBe(true);
    expect(new Set(burns.map((burn) => operationOf(world, burn)?.txid)).size).toBe(1);
    const fees = burns.reduce((sum, burn) => sum + BigInt(operationOf(world, burn)?.feeSats ?? 0), 0n);
    expect(paid(world)).toBe(9_000_000n - fees);
  });

  it('is rejected with its reason when its address cannot be paid, and its value stays owed', () => {
    const world = funded();
    const burn = world.chain.burn('1BoatSLRHtKNngkdXEeobR76b53LETtpyT', 2_000_000n * SAT);
    expect(reaches(world, burn, 'Rejected')).toBe(true);
    expect(operationOf(world, burn)?.rejection).toMatch(/no address of this Bitcoin network/);
    expect(world.bridge?.solvency).toMatchObject({ burnsUnpaidSats: '2000000', surplusSats: '0' });
  });

  it('HOLE-6: without coins is a state with its reason, and blocks go on', () => {
    const world = funded();
    const first = world.chain.burn(PAYEE, 2_000_000n * SAT);
    expect(reaches(world, first, 'Confirming')).toBe(true);
    const second = world.chain.burn(PAYEE, 3_000_000n * SAT);
    const height = world.chain.height;
    world.run(10_000);
    expect(world.chain.height).toBeGreaterThan(height + 5);
    expect(operationOf(world, second)).toMatchObject({
      state: 'ProcessingPegOut',
      blocker: expect.stringMatching(/can be spent now/),
    });
    world.bitcoin.mine('mempool');
    world.bitcoin.mineEmpty(5);
    expect(complete(world, second)).toBe(true);
  });

  it('HOLE-7: keeps signatures as they come: after a restart the missing one is enough', () => {
    const world = funded();
    world.governance.manners.splice(0, 3, 'agrees', 'silent', 'silent');
    const burn = world.chain.burn(PAYEE, 2_000_000n * SAT);
    expect(world.until(() => operationOf(world, burn)?.members[0]?.answer === 'signed')).toBe(true);
    world.restart();
    world.governance.manners.splice(0, 3, 'silent', 'silent', 'agrees');
    expect(complete(world, burn)).toBe(true);
    expect(world.bitcoin.broadcasts.length).toBeGreaterThan(0);
  });

  it('discards a forged signature, and needs no more than a threshold', () => {
    const world = funded();
    world.governance.manners[0] = 'forges';
    const burn = world.chain.burn(PAYEE, 2_000_000n * SAT);
    expect(complete(world, burn)).toBe(true);
    expect(operationOf(world, burn)?.members.map(({ answer }) => answer)).toEqual(['waiting', 'signed', 'signed']);
  });

  it('is broadcast again after a time-out that came when Bitcoin had it already', () => {
    const world = funded();
    world.bitcoin.broadcastFailure = unreachable;
    const burn = world.chain.burn(PAYEE, 2_000_000n * SAT);
    expect(world.until(() => world.bitcoin.broadcasts.length > 1)).toBe(true);
    expect(operationOf(world, burn)).toMatchObject({
      state: 'Broadcasting',
      blocker: expect.stringMatching(/BITCOIN_UNREACHABLE/),
    });
    world.bitcoin.broadcastFailure = null;
    expect(complete(world, burn)).toBe(true);
    expect(new Set(world.bitcoin.broadcasts).size).toBe(1);
  });

  it('is broadcast again when the mempool has lost it', () => {
    const world = funded();
    const burn = world.chain.burn(PAYEE, 2_000_000n * SAT);
    expect(reaches(world, burn, 'Confirming')).toBe(true);
    world.bitcoin.mempool.clear();
    expect(world.until(() => world.bitcoin.mempool.size > 0)).toBe(true);
  });

  it('is completed although another node broadcast it', () => {
    const world = funded();
    world.bitcoin.broadcastFailure = unreachable;
    const burn = world.chain.burn(PAYEE, 2_000_000n * SAT);
    expect(world.until(() => world.bitcoin.mempool.size > 0)).toBe(true);
    world.bitcoin.mine('mempool');
    world.bitcoin.mineEmpty(2);
    expect(reaches(world, burn, 'Completed')).toBe(true);
  });

  it('is completed by a node that learns of it when Bitcoin has paid it long ago, without another block', () => {
    const world = funded();
    const burn = world.chain.burn(PAYEE, 2_000_000n * SAT);
    expect(complete(world, burn)).toBe(true);
    world.store.operations.clear();
    world.store.values.clear();
    world.restart();
    expect(operationOf(world, burn)).toBeUndefined();
    expect(reaches(world, burn, 'Completed')).toBe(true);
    expect(paid(world)).toBe(2_000_000n - BigInt(operationOf(world, burn)?.feeSats ?? 0));
  });

  it('goes back when Bitcoin reorganizes its payout out, and pays once when it is taken again', () => {
    const world = funded();
    const burn = world.chain.burn(PAYEE, 2_000_000n * SAT);
    expect(reaches(world, burn, 'Confirming')).toBe(true);
    world.bitcoin.mine('mempool');
    world.run(1000);
    expect(operationOf(world, burn)).toMatchObject({ state: 'Confirming', confirmations: 1 });
    world.bitcoin.reorganize(1);
    expect(world.until(() => world.bitcoin.mempool.size > 0)).toBe(true);
    expect(operationOf(world, burn)?.bitcoinHeight).toBeNull();
    world.bitcoin.mine('mempool');
    world.bitcoin.mineEmpty(2);
    expect(reaches(world, burn, 'Completed')).toBe(true);
    expect(paid(world)).toBe(2_000_000n - BigInt(operationOf(world, burn)?.feeSats ?? 0));
  });

  it('comes back from Completed when a deep reorganisation takes its payout, and pays once (INV-4)', () => {
    const world = funded();
    const burn = world.chain.burn(PAYEE, 2_000_000n * SAT);
    expect(complete(world, burn)).toBe(true);
    world.run(5000);
    world.bitcoin.reorganize(4);
    expect(reaches(world, burn, 'Confirming')).toBe(true);
    expect(world.bridge?.frozen?.reason).toMatch(/reorganized/);
    expect(world.until(() => world.bitcoin.mempool.size > 0)).toBe(true);
    world.bitcoin.mine('mempool');
    world.bitcoin.mineEmpty(2);
    expect(reaches(world, burn, 'Completed')).toBe(true);
    expect(paid(world)).toBe(2_000_000n - BigInt(operationOf(world, burn)?.feeSats ?? 0));
    expect(world.bridge?.solvency).toMatchObject({ surplusSats: '0' });
  });
});

describe('a proposer uses of what is final only what the chain itself shows', () => {
  const entries = (world: BridgeWorld, status: string) =>
    world.chain.blocks.flatMap(({ final }) => final.pegOuts).filter((entry) => entry.status === status);

  it('burns', () => {
    const world = funded();
    world.chain.proven = world.chain.height;
    const burn = world.chain.burn(PAYEE, 2_000_000n * SAT);
    world.run(10_000);
    expect(entries(world, 'Proposed')).toEqual([]);
    world.chain.proven = null;
    expect(complete(world, burn)).toBe(true);
  });

  it('coins', () => {
    const world = funded({}, [10_000_000n, 10_000_000n]);
    const first = world.chain.burn(PAYEE, 9_000_000n * SAT);
    expect(reaches(world, first, 'Confirming')).toBe(true);
    const second = world.chain.burn(PAYEE, 10_500_000n * SAT);
    world.run(5_000);
    world.chain.proven = world.chain.height;
    world.fund(10_000_000n);
    world.run(10_000);
    expect(entries(world, 'Proposed')).toHaveLength(1);
    world.chain.proven = null;
    expect(reaches(world, second, 'Confirming')).toBe(true);
  });

  it('payouts', () => {
    const world = funded();
    const before = world.chain.height;
    const burn = world.chain.burn(PAYEE, 2_000_000n * SAT);
    expect(world.until(() => entries(world, 'Proposed').length > 0)).toBe(true);
    world.chain.proven = before;
    expect(complete(world, burn)).toBe(true);
    world.bitcoin.mineEmpty(2);
    world.run(10_000);
    expect(entries(world, 'Confirmed')).toEqual([]);
    world.chain.proven = null;
    expect(world.until(() => entries(world, 'Confirmed').length > 0)).toBe(true);
  });
});

it('a peg-out is found though its block was missed, the wish to hear of it again too, and no final block comes any more', () => {
  const world = funded();
  world.chain.silent = true;
  const burn = world.chain.burn(PAYEE, 2_000_000n * SAT);
  world.run(10_000);
  world.chain.silent = false;
  world.chain.deaf = 1;
  const { height } = world.chain;
  expect(world.until(() => world.chain.height > height)).toBe(true);
  world.chain.halted = true;
  expect(world.until(() => operationOf(world, burn) !== undefined)).toBe(true);
  expect(world.chain.deaf).toBe(0);
  expect(world.bridge?.solvency).toMatchObject({ atBlockHeight: world.chain.height });
});

it('nothing is proposed or voted for while final blocks are missing in the books', () => {
  const world = funded();
  world.chain.silent = true;
  world.run(3_000);
  const { outpoint } = world.deposit(3_000_000n);
  world.bitcoin.mineEmpty(5);
  world.run(20_000);
  expect(world.chain.queued.has(outpoint), 'it is approved').toBe(true);
  expect(world.chain.mints.has(outpoint)).toBe(false);
  const [pegIn] = world.chain.queued.values();
  world.chain.forcedPegIns = pegIn === undefined ? [] : [pegIn];
  world.run(3_000);
  expect(world.chain.refusals).toContain('final blocks are missing in the books of this node');
  world.chain.silent = false;
  expect(world.until(() => world.chain.mints.has(outpoint))).toBe(true);
});

describe('a fee bump', () => {
  const stuck = (): { world: BridgeWorld; burn: string; first: string } => {
    const world = funded({ timing: { bumpAfterBlocks: 3 } });
    const burn = world.chain.burn(PAYEE, 2_000_000n * SAT);
    expect(reaches(world, burn, 'Confirming')).toBe(true);
    const first = operationOf(world, burn)?.txid ?? '';
    world.bitcoin.feeRate = 40;
    world.bitcoin.mineEmpty(4);
    const isReplaced = (): boolean => world.bitcoin.mempool.size === 2;
    expect(world.until(isReplaced)).toBe(true);
    return { world, burn, first };
  };

  it('is proposed when blocks have become dearer, is signed anew, and pays the burn once', () => {
    const { world, burn, first } = stuck();
    const second = operationOf(world, burn)?.txid ?? '';
    expect(second).not.toBe(first);
    expect(world.governance.signatureRequests.map(({ txid, payoutId }) => [txid, payoutId])).toEqual([
      [first, first],
      [second, first],
    ]);
    world.bitcoin.mempool.delete(first);
    world.bitcoin.mine('mempool');
    world.bitcoin.mineEmpty(2);
    expect(reaches(world, burn, 'Completed')).toBe(true);
    expect(world.bridge?.solvency).toMatchObject({ surplusSats: '0', burnsUnpaidSats: '0' });
    expect(world.bridge?.frozen).toBeNull();
  });

  it('HOLE-14: loses to the first version when that is mined, and the burn is paid once', () => {
    const { world, burn, first } = stuck();
    for (const id of world.bitcoin.mempool.keys()) if (id !== first) world.bitcoin.mempool.delete(id);
    world.bitcoin.mine('mempool');
    world.bitcoin.mineEmpty(2);
    expect(reaches(world, burn, 'Completed')).toBe(true);
    expect(operationOf(world, burn)?.txid).toBe(first);
    world.run(20_000);
    expect(world.bridge?.solvency).toMatchObject({ surplusSats: '0', burnsUnpaidSats: '0' });
  });
});

describe('what freezes signing', () => {
  it('a spend of the federation that no final block knows', () => {
    const world = funded({}, [50_000_000n, 20_000_000n]);
    const [, second = ''] = [...world.chain.mints.keys()];
    const [id = ''] = second.split(':');
    world.bitcoin.mine([transaction([{ script: PAYEE_SCRIPT, value: 20_000_000n }], [{ txid: id, vout: 0 }])]);
    world.run(1000);
    expect(world.bridge?.frozen?.reason).toMatch(/no final block knows/);
    const burn = world.chain.burn(PAYEE, 2_000_000n * SAT);
    world.run(20_000);
    expect(operationOf(world, burn)).toMatchObject({
      state: 'ProcessingPegOut',
      blocker: expect.stringMatching(/frozen/),
    });
    expect(world.governance.signatureRequests).toEqual([]);
  });

  it('a mint in a final block that Bitcoin does not back', () => {
    const world = funded();
    const [pegIn] = [...world.chain.mints.values()];
    if (pegIn === undefined) throw new Error('no mint');
    world.chain.ignoreVotes = true;
    world.chain.forcedPegIns = [{ ...pegIn, outpoint: `${'99'.repeat(32)}:0` as typeof pegIn.outpoint }];
    world.run(3000);
    expect(world.chain.refusals.length).toBeGreaterThan(0);
    expect(world.bridge?.frozen?.reason).toMatch(/no deposit/);
    expect(world.logs.some(({ level, text }) => level === 'error' && text.includes('disagree'))).toBe(true);
  });

  it('a reserve that is a sat short, until an operator has resolved it (INV-1)', () => {
    const world = funded();
    world.chain.ignoreVotes = true;
    const burn = world.chain.burn(PAYEE, 2_000_000n * SAT);
    expect(world.until(() => world.chain.blocks.some(({ burns }) => burns.length > 0))).toBe(true);
    // A final block claims a sat of minted supply that no deposit backs.
    const { append } = world.chain;
    world.chain.append = (...args) => {
      const final = append.apply(world.chain, args);
      return { ...final, mintedTotalSats: (final.mintedTotalSats + 1n) as typeof final.mintedTotalSats };
    };
    world.run(20_000);
    expect(world.bridge?.frozen?.reason).toMatch(/1 sat short/);
    expect(world.governance.signatureRequests).toEqual([]);
    expect(operationOf(world, burn)?.state).not.toBe('Confirming');
    world.chain.append = append;
    world.run(5000);
    expect(world.bridge?.solvency).toMatchObject({ surplusSats: '0' });
    expect(world.bridge?.frozen).not.toBeNull();
    world.tell('BridgeActor', { type: 'ResolveFreeze', reason: 'topped up' } as never);
    world.run(1000);
    expect(world.bridge?.frozen).toBeNull();
    expect(complete(world, burn)).toBe(true);
  });
});

describe("this node's payout cap", () => {
  it('fails closed: what is above it waits in sight, and is neither proposed, voted for nor asked to be signed (INV-10)', () => {
    const world = funded({ capSats: '2500000' }, [50_000_000n, 20_000_000n]);
    const first = world.chain.burn(PAYEE, 2_000_000n * SAT);
    expect(reaches(world, first, 'Confirming')).toBe(true);
    const second = world.chain.burn(PAYEE, 1_000_000n * SAT);
    world.run(10_000);
    expect(operationOf(world, second)).toMatchObject({
      state: 'ProcessingPegOut',
      blocker: expect.stringMatching(/cap/),
    });
    expect(world.governance.signatureRequests).toHaveLength(1);
  });
});

describe('a block of another authority', () => {
  it('HOLE-5: is not voted for when its payout gives part of a burn to miners', () => {
    const world = funded();
    const burn = world.chain.burn(PAYEE, 2_000_000n * SAT);
    expect(world.until(() => operationOf(world, burn) !== undefined)).toBe(true);
    const offered = (): boolean => world.messages.some(({ type }) => type === 'PegOutOperation');
    expect(
      world.until(() => offered() || world.story(`tx:${burn}`).some((line) => line.includes('PegOutOperation'))),
    ).toBe(true);
    const offer = world.messages.find(({ type }) => type === 'PegOutOperation');
    const message = world.system.payload(offer?.seq ?? 0) as unknown as { entry: { shares: { outputSats: bigint }[] } };
    const { entry } = message;
    world.chain.forcedPegOuts = [
      { ...entry, shares: entry.shares.map((share) => ({ ...share, outputSats: share.outputSats - 1n })) } as never,
    ];
    world.run(3000);
    expect(world.chain.refusals.some((reason) => reason.includes("isn't its burn less its share"))).toBe(true);
  });
});

it('names operations by their burn', () => {
  const world = funded();
  world.chain.burn(PAYEE, 2_000_000n * SAT);
  expect(world.until(() => world.bridge?.operations.some(({ kind }) => kind === 'pegOut') === true)).toBe(true);
  const [{ burns: [found] = [] } = { burns: [] }] = world.chain.blocks.filter(({ burns }) => burns.length > 0);
  expect(world.operation(pegOutId((found?.id ?? '') as BurnId))).toBeDefined();
});
