import { describe, expect, it } from 'vitest';
import { createSigner, guardKeyId } from '../../../node-core/adapters/signer/signer.ts';
import { blsPublicKey, createBlsScheme } from '../../../node-core/domain/consensus/bls.ts';
import { blockSigningRoot, voteSigningRoot } from '../../../node-core/domain/consensus/signing.ts';
import type { GuardStore } from '../../../node-core/ports/signer.ts';
import type { Hex } from '../../../node-core/primitives/hex.ts';
import { slot } from '../../../node-core/primitives/ids.ts';
import { ServiceError } from '../../../node-core/primitives/errors.ts';
import { openSampleStore } from '../../support/store/open-sample-store.ts';
import { rootOf } from '../../support/store/sample-blocks.ts';

const secretKey: Hex = `0x${'00'.repeat(31)}07`;
const networkHash = 'ab'.repeat(32);
const scheme = createBlsScheme();
const verify = (message: Uint8Array, signature: Hex) =>
  scheme.verify(blsPublicKey(secretKey), message, signature as never);
const refused = { code: 'GUARD_REFUSED' };

async function open(folder?: string) {
  const store = await openSampleStore(folder === undefined ? {} : { folder });
  return { ...store, signer: createSigner({ secretKey, networkHash, guard: store.guard }) };
}
const vote = (at: number, id: number, justified: number) => ({
  slot: slot(at),
  root: rootOf(id),
  justifiedRoot: rootOf(justified),
  justifiedSlot: slot(justified),
});

describe('the signer', () => {
  it('signs a block and a vote of one slot, each over its own domain', async () => {
    const { signer } = await open();
    const block = await signer.signBlock({ slot: slot(5), root: rootOf(5) });
    const { clean, signature } = await signer.signVote(vote(5, 5, 4));
    expect(clean).toBe(true);
    expect(verify(blockSigningRoot(networkHash, rootOf(5), slot(5)), block)).toBe(true);
    expect(verify(voteSigningRoot(networkHash, rootOf(5), slot(5), true), signature)).toBe(true);
    expect(await signer.record()).toEqual({
      lastProposedSlot: 5,
      lastVotedSlot: 5,
      lastVotedRoot: rootOf(5),
      lockedRoot: rootOf(4),
      lockedSlot: 4,
    });
  });

  it('signs at most one block and one vote a slot, whoever asks at once (INV-11)', async () => {
    const { signer, guard } = await open();
    const other = createSigner({ secretKey, networkHash, guard });
    const asked = [signer, other, signer, other].flatMap((one, i) => [
      one.signBlock({ slot: slot(9), root: rootOf(i) }),
      one.signVote(vote(9, i, 8)),
    ]);
    const outcomes = await Promise.allSettled(asked);
    for (const kind of [0, 1])
      expect(outcomes.filter(({ status }, i) => i % 2 === kind && status === 'fulfilled')).toHaveLength(1);
  });

  it('refuses the same request again, and every lower slot, also after a restart and a clock that went back (INV-11, HOLE-8)', async () => {
    const first = await open();
    await first.signer.signBlock({ slot: slot(9), root: rootOf(9) });
    await first.signer.signVote(vote(9, 9, 8));
    await first.close();
    const { signer } = await open(first.folder);
    for (const at of [9, 8, 1]) {
      await expect(signer.signBlock({ slot: slot(at), root: rootOf(9) })).rejects.toMatchObject(refused);
      await expect(signer.signVote(vote(at, 9, 8))).rejects.toMatchObject(refused);
    }
    await signer.signBlock({ slot: slot(10), root: rootOf(10) });
  });

  it('never votes below its lock, nor for a second certificate of the locked slot', async () => {
    const { signer } = await open();
    await signer.signVote(vote(10, 10, 8));
    await expect(signer.signVote(vote(11, 11, 7))).rejects.toMatchObject({
      ...refused,
      detail: { rule: 'BELOW_LOCK' },
    });
    await expect(signer.signVote({ ...vote(11, 11, 8), justifiedRoot: rootOf(88) })).rejects.toMatchObject(refused);
    expect((await signer.record()).lastVotedSlot).toBe(10);
  });

  it('calls a vote clean only when it voted in no slot between the certificate and the block', async () => {
    const { signer } = await open();
    expect((await signer.signVote(vote(1, 1, 0))).clean).toBe(true);
    expect((await signer.signVote(vote(2, 2, 1))).clean).toBe(true);
    const third = await signer.signVote(vote(3, 3, 1));
    expect(third.clean).toBe(false);
    expect(verify(voteSigningRoot(networkHash, rootOf(3), slot(3), false), third.signature)).toBe(true);
  });

  it('makes the record durable before the signature exists (INV-12)', async () => {
    const { guard } = await open();
    const steps: string[] = [];
    const watched: GuardStore = {
      ...guard,
      async advance(...change) {
        await guard.advance(...change);
        steps.push('durable');
      },
    };
    const signer = createSigner({ secretKey, networkHash, guard: watched });
    await signer.signBlock({ slot: slot(1), root: rootOf(1) }).then(() => steps.push('signed'));
    expect(steps).toEqual(['durable', 'signed']);
  });

  it('has no signature for a slot whose record was kept before a crash, and goes on with the next', async () => {
    const { guard, signer } = await open();
    const crashing: GuardStore = {
      ...guard,
      async advance(...change) {
        await guard.advance(...change);
        throw new ServiceError('STORE_CLOSED', 'the process is gone');
      },
    };
    const lost = createSigner({ secretKey, networkHash, guard: crashing }).signBlock({
      slot: slot(3),
      root: rootOf(3),
    });
    await expect(lost).rejects.toMatchObject({ code: 'GUARD_NOT_DURABLE' });
    await expect(signer.signBlock({ slot: slot(3), root: rootOf(3) })).rejects.toMatchObject(refused);
    await signer.signBlock({ slot: slot(4), root: rootOf(4) });
  });

  it('signs nothing when the record could not be kept', async () => {
    const { guard } = await open();
    const failing: GuardStore = {
      ...guard,
      advance: () => Promise.reject(new ServiceError('STORE_SYNC_FAILED', 'disk')),
    };
    const signer = createSigner({ secretKey, networkHash, guard: failing });
    await expect(signer.signVote(vote(1, 1, 0))).rejects.toMatchObject({ code: 'GUARD_NOT_DURABLE' });
  });

  it('keeps the records of two networks apart', async () => {
    expect(guardKeyId(secretKey, networkHash)).not.toBe(guardKeyId(secretKey, 'cd'.repeat(32)));
    const { signer, guard } = await open();
    await signer.signBlock({ slot: slot(9), root: rootOf(9) });
    const elsewhere = createSigner({ secretKey, networkHash: 'cd'.repeat(32), guard });
    await elsewhere.signBlock({ slot: slot(1), root: rootOf(1) });
  });

  it('refuses a key that is none', async () => {
    const { guard } = await open();
    expect(() => createSigner({ secretKey: `0x${'00'.repeat(32)}`, networkHash, guard })).toThrow();
  });

  it('refuses more requests than can be meant', async () => {
    const { signer } = await open();
    const outcomes = await Promise.allSettled(
      Array.from({ length: 20 }, (_, i) => signer.signBlock({ slot: slot(i + 1), root: rootOf(i) })),
    );
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(16);
  });
});
