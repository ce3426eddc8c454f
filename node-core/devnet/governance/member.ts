import { Transaction } from '@scure/btc-signer';
import type { Network } from '../../config/network.ts';
import { assert } from '../../primitives/assert.ts';
import { AlysError, type Checked, accept, refuse } from '../../primitives/errors.ts';
import { hexToBytes } from '../../primitives/hex.ts';
import type { BitcoinView } from './bitcoin-view.ts';
import { checkDeposit } from './check-deposit.ts';
import { checkPayout } from './check-payout.ts';
import type { ClaimRefusal, DepositClaim, PayoutClaim } from './claims.ts';
import type { EvmView } from './evm-view.ts';
import type { MemberFederation } from './federation.ts';
import type { EpochSchedule } from './schedule.ts';
import { type KeyPair, approvalDigest, sign } from './signing.ts';
import type { SigningRecord } from './signing-record.ts';

/** A member's answer, or why not, for good or for now. */
export type Answer<T> = Checked<T, ClaimRefusal>;

export interface MemberOptions {
  readonly bitcoinKey: KeyPair;
  readonly identityKey: KeyPair;
  readonly network: Network;
  readonly networkHash: string;
  readonly schedule: EpochSchedule;
  readonly bitcoin: BitcoinView;
  readonly evm: EvmView;
  readonly record: SigningRecord;
}

/** One key holder: believes nothing that it hasn't seen on Bitcoin or on Alys itself. */
export interface Member {
  /** Its place among an epoch's members, which is its name in answers and signatures; null when it isn't one of them. */
  positionIn(epoch: number): number | null;
  /** The identity key's signature under an approval of the deposit. */
  vote(claim: DepositClaim): Promise<Answer<Uint8Array>>;
  /** The Bitcoin key's signatures, one for each input. */
  signPayout(claim: PayoutClaim): Promise<Answer<readonly Uint8Array[]>>;
  /** Signs what governance says of itself. */
  signAnnouncement(digest: Uint8Array): Uint8Array;
}

export function createMember(options: MemberOptions): Member {
  const { bitcoinKey, identityKey, network, networkHash, schedule, bitcoin, evm, record } = options;

  async function vote(claim: DepositClaim): Promise<Answer<Uint8Array>> {
    const checked = await checkDeposit(claim, network.bitcoin, schedule, bitcoin);
    return checked.ok ? accept(sign(approvalDigest({ ...claim, networkHash }), identityKey)) : checked;
  }

  async function signPayout(claim: PayoutClaim): Promise<Answer<readonly Uint8Array[]>> {
    const [anchor] = claim.inputs;
    assert(anchor, 'the link passes no payout without inputs');
    const federation = schedule.find(anchor.epoch);
    if (federation === null) return refuse('FALSE', 'the inputs are of an epoch that never was');
    const checked = await checkPayout(claim, { network, federation, federations: schedule.all(), bitcoin, evm });
    if (!checked.ok) return checked;
    const bound = record.bind({
      payoutId: claim.payoutId,
      anchor: `${anchor.txid}:${anchor.vout}`,
      burns: claim.shares.map(({ burnBlockHash, burnLogIndex }) => `${burnBlockHash}:${burnLogIndex}`),
    });
    if (!bound.ok) return refuse('FALSE', bound.refusal.reason);
    return accept(payoutSighashes(claim, federation).map((sighash) => sign(sighash, bitcoinKey)));
  }

  return {
    positionIn(epoch) {
      const { members } = (schedule.find(epoch) ?? schedule.active()).entry;
      const position = members.findIndex(
        (keys) => keys.identityKey === identityKey.publicKey && keys.bitcoinKey === bitcoinKey.publicKey,
      );
      return position < 0 ? null : position;
    },
    vote: (claim) => orNotYet(vote(claim)),
    signPayout: (claim) => orNotYet(signPayout(claim)),
    signAnnouncement: (digest) => sign(digest, identityKey),
  };
}

/** Of what can't be seen a member doesn't judge. */
async function orNotYet<T>(answer: Promise<Answer<T>>): Promise<Answer<T>> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof AlysError && error.errorClass !== 'logic') return refuse('NOT_YET', error.message);
    throw error;
  }
}

/** BIP-341 script path, SIGHASH_DEFAULT; all inputs are this federation's. */
function payoutSighashes(claim: PayoutClaim, { scriptPubKey, leafScript }: MemberFederation): Uint8Array[] {
  const transaction = Transaction.fromRaw(claim.unsignedTx, { allowUnknownOutputs: true });
  const scripts = claim.inputs.map(() => hexToBytes(scriptPubKey));
  const amounts = claim.inputs.map(({ amountSats }) => amountSats);
  return claim.inputs.map((_, index) =>
    transaction.preimageWitnessV1(index, scripts, 0, amounts, undefined, leafScript, 0xc0),
  );
}
