import { verifyPossession } from '../domain/consensus/possession.ts';
import { checkSchedule } from '../domain/consensus/schedule.ts';
import type { SignatureScheme } from '../domain/consensus/scheme.ts';
import { UNSPENDABLE_INTERNAL_KEY } from '../domain/federation/address.ts';
import { isXOnlyPublicKey } from '../domain/federation/schnorr.ts';
import type { Network } from './network.ts';
import type { ConfigProblem } from './problems.ts';

/** Below 546 sat stock nodes relay no output of some kind. Source: Bitcoin Core, policy.cpp, dust of a P2PKH output at 3 sat/vB. */
const MIN_DUST_SATS = 546n;
/** Source: protocol.md, Burns and payouts, Bumping. */
const MIN_FEE_RATE_SATS_PER_VBYTE = 2;
/** Above this Core itself refuses to send. Source: Bitcoin Core, DEFAULT_MAX_RAW_TX_FEE_RATE, 0.10 BTC/kvB. */
const MAX_FEE_RATE_SATS_PER_VBYTE = 10_000;
/** A proposer waits for two confirmations more than voters ask. Source: protocol.md, What gates what. */
const PROPOSER_EXTRA_CONFIRMATIONS = 2;
/** The public keys of the secret key 1: generators, found in every example. */
const EXAMPLE_KEYS: ReadonlySet<string> = new Set([
  '79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798',
  '0x97f1d3a73197d7942695638c4fa9ac0fc3688c4f9774b905a14e3a3f171bac586c55e83ff97a1aeffb3af00adb22c6bb',
]);
const DEVNET_CHAIN_ID = 121_212;

/**
 * What the schema can't say of a network file: every security parameter, alone and against the others (HOLE-11). Devnets
 * on regtest may be weaker where nothing real is at stake. `scheme` checks the proofs of possession.
 */
export function networkProblems(network: Network, scheme: SignatureScheme): readonly ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  const require = (holds: boolean, path: string, message: string): void => {
    if (!holds) problems.push({ path, message });
  };
  checkAuthorities(network, scheme, require);
  checkGovernance(network, require);
  checkAmounts(network, require);
  if (network.bitcoin.network !== 'regtest') checkRealNetwork(network, require);
  return problems;
}

type Require = (holds: boolean, path: string, message: string) => void;

function checkAuthorities({ authorities }: Network, scheme: SignatureScheme, require: Require): void {
  const schedule = checkSchedule(authorities);
  require(schedule.ok, 'authorities', schedule.ok ? '' : schedule.refusal.reason);
  for (const [i, { members }] of authorities.entries()) {
    const path = `authorities[${i}].members`;
    const proved = verifyPossession(members, scheme);
    require(proved.ok, path, proved.ok ? '' : proved.refusal.reason);
    require(isDistinct(members.map(({ peerId }) => peerId)), path, 'each authority needs a peerId of its own');
    require(isDistinct(members.map(({ name }) => name)), path, 'each authority needs a name of its own');
    for (const [j, { feeRecipient }] of members.entries())
      require(!isZero(
        feeRecipient,
      ), `${path}[${j}].feeRecipient`, 'an account that somebody holds, not the zero address');
  }
}

function checkGovernance({ governance }: Network, require: Require): void {
  require(governance[0]?.activationHeight ===
    0, 'governance[0].activationHeight', 'the first members are active from height 0');
  for (const [i, { activationHeight, epoch, members, handover }] of governance.entries()) {
    const path = `governance[${i}]`;
    const previous = governance[i - 1];
    require(epoch === i, `${path}.epoch`, `epochs count from 0: this one is ${i}`);
    if (previous !== undefined)
      require(activationHeight >
        previous.activationHeight, `${path}.activationHeight`, `above ${previous.activationHeight}, where the one before begins`);
    require((handover === undefined) === (i === 0), `${path}.handover`, i === 0
      ? 'the first members take over from nobody'
      : 'the Bitcoin heights at which the new address takes over');
    if (handover !== undefined)
      require(handover.untilBitcoinHeight >
        Math.max(
          handover.fromBitcoinHeight,
          previous?.handover?.untilBitcoinHeight ?? 0,
        ), `${path}.handover.untilBitcoinHeight`, 'above fromBitcoinHeight and where the handover before ends');
    const keys = members.flatMap(({ bitcoinKey, identityKey }) => [bitcoinKey, identityKey]);
    require(isDistinct(keys), `${path}.members`, 'every Bitcoin key and every identity key stands once');
    require(isDistinct(members.map(({ name }) => name)), `${path}.members`, 'each member needs a name of its own');
    for (const [j, member] of members.entries()) {
      for (const kind of ['bitcoinKey', 'identityKey'] as const) {
        const usable = isXOnlyPublicKey(member[kind]) && member[kind] !== UNSPENDABLE_INTERNAL_KEY;
        require(usable, `${path}.members[${j}].${kind}`, 'an x-only public key of secp256k1 that somebody can sign with');
      }
    }
  }
}

function checkAmounts({ bitcoin, bridge }: Network, require: Require): void {
  const [dust, minDeposit, minPegOut, maxPegOut] = [
    bridge.dustSats,
    bitcoin.minDepositSats,
    bridge.minPegOutSats,
    bridge.maxPegOutSats,
  ].map(BigInt) as [bigint, bigint, bigint, bigint];
  require(dust >= MIN_DUST_SATS, 'bridge.dustSats', `at least ${MIN_DUST_SATS}, or stock nodes don't relay payouts`);
  require(minDeposit > dust, 'bitcoin.minDepositSats', `above bridge.dustSats (${dust})`);
  require(minPegOut > dust, 'bridge.minPegOutSats', `above bridge.dustSats (${dust})`);
  require(maxPegOut >= minPegOut, 'bridge.maxPegOutSats', `at least bridge.minPegOutSats (${minPegOut})`);
  require(!isZero(bridge.address), 'bridge.address', "the bridge contract's address, not the zero address");
  const { minFeeRateSatsPerVbyte: minRate, maxFeeRateSatsPerVbyte: maxRate } = bitcoin;
  require(minRate >=
    MIN_FEE_RATE_SATS_PER_VBYTE, 'bitcoin.minFeeRateSatsPerVbyte', `at least ${MIN_FEE_RATE_SATS_PER_VBYTE}`);
  const ceiling = `${minRate} (bitcoin.minFeeRateSatsPerVbyte) to ${MAX_FEE_RATE_SATS_PER_VBYTE}`;
  require(maxRate >= minRate && maxRate <= MAX_FEE_RATE_SATS_PER_VBYTE, 'bitcoin.maxFeeRateSatsPerVbyte', ceiling);
}

function checkRealNetwork(network: Network, require: Require): void {
  const { bitcoin, chainId, genesisTimeMs, authorities, governance } = network;
  require(chainId !== DEVNET_CHAIN_ID, 'chainId', `a chain id of its own: ${DEVNET_CHAIN_ID} is the devnet's`);
  require(genesisTimeMs > 0, 'genesisTimeMs', 'the Unix time of genesis in ms');
  require(bitcoin.proposerExtraConfirmations >=
    PROPOSER_EXTRA_CONFIRMATIONS, 'bitcoin.proposerExtraConfirmations', `at least ${PROPOSER_EXTRA_CONFIRMATIONS} outside regtest`);
  const keys = [
    ...authorities.flatMap(({ members }) => members.map(({ blsPublicKey }) => blsPublicKey)),
    ...governance.flatMap(({ members }) => members.flatMap(({ bitcoinKey, identityKey }) => [bitcoinKey, identityKey])),
  ];
  require(!keys.some((key) =>
    EXAMPLE_KEYS.has(key),
  ), '', 'a key of it is the one of the secret key 1, which everybody knows');
}

const isDistinct = (values: readonly string[]): boolean => new Set(values).size === values.length;
const isZero = (hex: string): boolean => /^0x0*$/.test(hex);
