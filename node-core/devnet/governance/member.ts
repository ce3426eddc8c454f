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
import { type KeyPair, approvalDigest, sign } from './signing.ts';
import type { SigningRecord } from './signing-record.ts';

/** A member's answer, or why not, for good or for now. */
export type Answer<T> = Checked<T, ClaimRefusal>;

export interface MemberOptions {
  /** Position in the present epoch. */
  readonly position: number;
  readonly bitcoinKey: KeyPair;
  readonly identityKey: KeyPair;
  readonly network: Network;
  readonly networkHash: string;
  /** By schedule; the last is the present one. */
  readonly federations: readonly MemberFederation[];
  readonly bitcoin: BitcoinView;
  readonly evm: EvmView;
  readonly record: SigningRecord;
}

/** One key holder: believes nothing that it hasn't seen on Bitcoin or on Alys itself. */
export interface Member {
  readonly position: number;
  /** The identity key's signature under an approval of the deposit. */
  vote(claim: DepositClaim): Promise<Answer<Uint8Array>>;
  /** The Bitcoin key's signatures, one for each input. */
  signPayout(claim: PayoutClaim): Promise<Answer<readonly Uint8Array[]>>;
  /** Signs what governance says of itself. */
  signAnnouncement(digest: Uint8Array): Uint8Array;
}

export function createMember(options: MemberOptions): Member {
  const { position, bitcoinKey, identityKey, network, networkHash, federations, bitcoin, record } = options;

  async function vote(claim: DepositClaim): Promise<Answer<Uint8Array>> {
    const checked = await checkDeposit(claim, network.bitcoin, federations, bitcoin);
    return checked.ok ? accept(sign(approvalDigest({ ...claim, networkHash }), identityKey)) : checked;
  }

  async function signPayout(claim: PayoutClaim): Promise<Answer<readonly Uint8Array[]>> {
    const held = federationsOf(claim, federations);
    if (held === null) return refuse('FALSE', 'an input is of an epoch that never was');
    // The script names keys by position: a member that moved, or came later, can't sign that input.
    if (held.some(({ entry }) => entry.members[position]?.bitcoinKey !== bitcoinKey.publicKey)) {
      return refuse('FALSE', 'this member holds no key of an input');
    }
    const checked = await checkPayout(claim, options);
    if (!checked.ok) return checked;
    const [anchor] = claim.inputs;
    assert(anchor, 'a checked payout has an input');
    const bound = record.bind({
      payoutId: claim.payoutId,
      anchor: `${anchor.txid}:${anchor.vout}`,
      burns: claim.shares.map(({ burnBlockHash, burnLogIndex }) => `${burnBlockHash}:${burnLogIndex}`),
    });
    if (!bound.ok) return refuse('FALSE', bound.refusal.reason);
    return accept(payoutSighashes(claim, held).map((sighash) => sign(sighash, bitcoinKey)));
  }

  return {
    position,
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

function federationsOf(
  { inputs }: PayoutClaim,
  federations: readonly MemberFederation[],
): readonly MemberFederation[] | null {
  const held = inputs.map(({ epoch }) => federations.find(({ entry }) => entry.epoch === epoch));
  return held.every((federation) => federation !== undefined) ? held : null;
}

/** BIP-341 script path, SIGHASH_DEFAULT. */
function payoutSighashes(claim: PayoutClaim, held: readonly MemberFederation[]): Uint8Array[] {
  const transaction = Transaction.fromRaw(claim.unsignedTx, { allowUnknownOutputs: true });
  const scripts = held.map(({ scriptPubKey }) => hexToBytes(scriptPubKey));
  const amounts = claim.inputs.map(({ amountSats }) => amountSats);
  return held.map(({ leafScript }, index) =>
    transaction.preimageWitnessV1(index, scripts, 0, amounts, undefined, leafScript, 0xc0),
  );
}
