import { blsPublicKey, blsSign } from '../../domain/consensus/bls.ts';
import { blockSigningRoot, voteSigningRoot } from '../../domain/consensus/signing.ts';
import { afterProposal, afterVote, mayPropose, mayVote } from '../../domain/consensus/voting.ts';
import { type Checked, ServiceError } from '../../primitives/errors.ts';
import type { Hex } from '../../primitives/hex.ts';
import type { BlsPublicKey, BlsSignature } from '../../domain/consensus/types.ts';
import type { GuardRecord, GuardStore, SignerPort } from '../../ports/signer.ts';

export interface SignerOptions {
  /** BLS secret key: `0x` and 64 digits. */
  readonly secretKey: Hex;
  /** Bare hex: a key's records of two networks are apart. */
  readonly networkHash: string;
  readonly guard: GuardStore;
  /** BLS when left out; simulations sign by a stand-in whose forgeries fail as well. */
  readonly signing?: Signing;
}

/** What a secret key does. */
export interface Signing {
  readonly publicKey: (secretKey: Hex) => BlsPublicKey;
  readonly sign: (secretKey: Hex, message: Uint8Array) => BlsSignature;
}

const bls: Signing = { publicKey: blsPublicKey, sign: blsSign };

/** A block and a vote a slot: what waits beyond a few is a fault of the caller. */
const MAX_WAITING = 16;

/** Under which name the guard keeps a key's record. */
export const guardKeyId = (secretKey: Hex, networkHash: string, { publicKey }: Signing = bls): string =>
  `${networkHash}:${publicKey(secretKey)}`;

/**
 * The authority's key behind its guard. For each request, one at a time: the rules of the consensus domain are asked, the
 * record is advanced and synced, and only then the signature is made. A crash in between costs a slot, never a second
 * signature: the same request again is refused as well. A node without a key has no signer.
 * @throws Error of blst for a secret key that is none.
 */
export function createSigner({ secretKey, networkHash, guard, signing = bls }: SignerOptions): SignerPort {
  const keyId = guardKeyId(secretKey, networkHash, signing);
  let last: Promise<unknown> = Promise.resolve();
  let waiting = 0;

  const inTurn = async <T>(work: () => Promise<T>): Promise<T> => {
    if (waiting >= MAX_WAITING) throw new ServiceError('GUARD_REFUSED', 'too many requests wait for the signer');
    waiting += 1;
    const turn = last.then(work);
    last = turn.catch(() => undefined);
    try {
      return await turn;
    } finally {
      waiting -= 1;
    }
  };

  /** Resolves when the record that `advance` makes of the current one is on disk. */
  const commit = async <T>(
    check: (record: GuardRecord) => Checked<T>,
    advance: (record: GuardRecord) => GuardRecord,
  ): Promise<T> => {
    const record = await durable(() => guard.read(keyId));
    const verdict = check(record);
    if (!verdict.ok) throw new ServiceError('GUARD_REFUSED', verdict.refusal.reason, { rule: verdict.refusal.code });
    await durable(() => guard.advance(keyId, record, advance(record)));
    return verdict.value;
  };

  return {
    record: () => inTurn(() => durable(() => guard.read(keyId))),
    disarmed: () => inTurn(() => durable(() => guard.disarmed())),
    rearm: ({ floor, lockedRoot, lockedSlot }) =>
      inTurn(async () => {
        await durable(() => guard.rearm(keyId, floor, { root: lockedRoot, slot: lockedSlot }));
        return durable(() => guard.read(keyId));
      }),
    signBlock: ({ slot, root }) =>
      inTurn(async () => {
        await commit(
          (record) => mayPropose(record, slot),
          (record) => afterProposal(record, slot),
        );
        return signing.sign(secretKey, blockSigningRoot(networkHash, root, slot));
      }),
    signVote: ({ slot, root, justifiedRoot, justifiedSlot }) =>
      inTurn(async () => {
        const block = { slot, certificate: { blockRoot: justifiedRoot, slot: justifiedSlot } };
        const { clean } = await commit(
          (record) => mayVote(record, block),
          (record) => afterVote(record, root, block),
        );
        return { clean, signature: signing.sign(secretKey, voteSigningRoot(networkHash, root, slot, clean)) };
      }),
  };
}

/** Whatever else the guard's store answers, the record may not be on disk. */
async function durable<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const { code, message } = error as { code?: unknown; message?: unknown };
    if (code === 'GUARD_REFUSED') throw error;
    throw new ServiceError(
      'GUARD_NOT_DURABLE',
      `the guard record could not be kept: ${String(message)}`,
      { code },
      { cause: error },
    );
  }
}
