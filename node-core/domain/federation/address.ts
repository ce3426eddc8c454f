import { initEccLib, networks, opcodes, payments, script, type Network as BitcoinNetwork } from 'bitcoinjs-lib';
import * as ecc from 'tiny-secp256k1';
import { assert } from '../../primitives/assert.ts';
import { bytesToBareHex, hexToBytes } from '../../primitives/hex.ts';
import type { BlockHeight, Epoch } from '../../primitives/ids.ts';
import { isXOnlyPublicKey } from './schnorr.ts';

// bitcoinjs-lib brings no curve of its own; Taproot outputs and addresses work only after this call, anywhere in the node.
initEccLib(ecc);

/**
 * The point with no known discrete logarithm: with it as internal key an output can be spent by script alone.
 * Source: BIP-341, Constructing and spending Taproot outputs.
 */
export const UNSPENDABLE_INTERNAL_KEY = '50929b74c1a04954b78b4b6035e97a5e078a5a0f28ec96d547bfee9ace803ac0';

/** 1 to 15 members. Source: config/network.ts. Up to 16 the threshold is a one-byte opcode. */
export const MAX_MEMBERS = 15;

/** A governance member's two keys, x-only, 64 bare lower-case hex digits each. */
export interface FederationMember {
  readonly bitcoinKey: string;
  readonly identityKey: string;
}

/** A federation's Taproot output. Everything but `threshold` is bare hex; plain data. */
export interface Federation {
  readonly threshold: number;
  /** x-only, in configured order. */
  readonly bitcoinKeys: readonly string[];
  /** `<k0> OP_CHECKSIG <k1> OP_CHECKSIGADD … <t> OP_GREATERTHANOREQUAL` */
  readonly leafScript: string;
  readonly tapleafHash: string;
  readonly outputKey: string;
  /** `5120` and the output key. */
  readonly scriptPubKey: string;
  /** 33 bytes: leaf version with the output key's parity, internal key. */
  readonly controlBlock: string;
}

/** One entry of the network file's governance schedule. */
export interface GovernanceScheduleEntry<Member extends FederationMember = FederationMember> {
  readonly activationHeight: number;
  readonly epoch: number;
  readonly members: readonly Member[];
  /** Absent for the first members alone. */
  readonly handover?: Handover | undefined;
}

/**
 * When the members' address takes over from those before, by Bitcoin heights that a block of the chain or the network
 * file names: so every node sorts the same deposits the same way, whenever it scans them.
 */
export interface Handover {
  /** What pays this set's address counts from here on. */
  readonly fromBitcoinHeight: number;
  /** A deposit to an address before counts below this height, and is rejected from here on. */
  readonly untilBitcoinHeight: number;
}

/** The signatures that a federation of `memberCount` needs: `ceil(2n/3)`. Source: protocol.md, Roles. */
export const threshold = (memberCount: number): number => Math.ceil((2 * memberCount) / 3);

function leafScriptOf(keys: readonly string[], required: number): Uint8Array {
  const checks = keys.flatMap((key, index) => [
    hexToBytes(key),
    index === 0 ? opcodes.OP_CHECKSIG : opcodes.OP_CHECKSIGADD,
  ]);
  return script.compile([...checks, opcodes.OP_RESERVED + required, opcodes.OP_GREATERTHANOREQUAL]);
}

/**
 * The output that `members` hold together; any `required` of them can spend it.
 * @throws LogicError unless there are 1 to 15 members with distinct valid Bitcoin keys and `required` is 1 to their number.
 */
export function federationOf(members: readonly FederationMember[], required: number): Federation {
  const bitcoinKeys = members.map((member) => member.bitcoinKey);
  assert(bitcoinKeys.length >= 1 && bitcoinKeys.length <= MAX_MEMBERS, 'a federation has 1 to 15 members');
  assert(bitcoinKeys.every(isXOnlyPublicKey), 'a Bitcoin key is an x-only point of secp256k1');
  assert(new Set(bitcoinKeys).size === bitcoinKeys.length, 'Bitcoin keys are distinct');
  assert(
    Number.isInteger(required) && required >= 1 && required <= bitcoinKeys.length,
    'the threshold is 1 to the number of members',
  );
  const leaf = { output: leafScriptOf(bitcoinKeys, required) };
  const {
    hash: tapleafHash,
    pubkey: outputKey,
    output: scriptPubKey,
    witness,
  } = payments.p2tr({ internalPubkey: hexToBytes(UNSPENDABLE_INTERNAL_KEY), scriptTree: leaf, redeem: leaf });
  const controlBlock = witness?.at(-1);
  assert(tapleafHash && outputKey && scriptPubKey && controlBlock, 'a script path has an output and a control block');
  return {
    threshold: required,
    bitcoinKeys,
    leafScript: bytesToBareHex(leaf.output),
    // The tree has one leaf, so its root is the leaf's hash.
    tapleafHash: bytesToBareHex(tapleafHash),
    outputKey: bytesToBareHex(outputKey),
    scriptPubKey: bytesToBareHex(scriptPubKey),
    controlBlock: bytesToBareHex(controlBlock),
  };
}

/** The federation's address (bech32m) on `network`. */
export function federationAddress(federation: Federation, network: BitcoinNetwork): string {
  const { address } = payments.p2tr({ output: hexToBytes(federation.scriptPubKey), network });
  assert(address, 'a Taproot output has an address');
  return address;
}

/** The schedule's entry that is active at an Alys block height; null below the first activation. */
export function scheduleEntryAt<E extends GovernanceScheduleEntry>(
  schedule: readonly E[],
  height: BlockHeight,
): E | null {
  const active = schedule.filter((entry) => entry.activationHeight <= height);
  return active.reduce<E | null>(
    (latest, entry) => (latest === null || entry.activationHeight > latest.activationHeight ? entry : latest),
    null,
  );
}

/** The member set of an epoch with its threshold and output; null for an epoch that the schedule doesn't have. */
export function federationAtEpoch<M extends FederationMember>(
  schedule: readonly GovernanceScheduleEntry<M>[],
  epoch: Epoch,
): {
  readonly activationHeight: number;
  readonly members: readonly M[];
  readonly threshold: number;
  readonly federation: Federation;
} | null {
  const entry = schedule.find((candidate) => candidate.epoch === epoch);
  if (entry === undefined) return null;
  const required = threshold(entry.members.length);
  const { activationHeight, members } = entry;
  return { activationHeight, members, threshold: required, federation: federationOf(members, required) };
}

export type BitcoinNetworkName = 'regtest' | 'signet' | 'testnet' | 'bitcoin';

/** Address parameters of a Bitcoin network; signet's are testnet's. */
export function bitcoinNetworkOf(name: BitcoinNetworkName): BitcoinNetwork {
  return name === 'signet' ? networks.testnet : networks[name];
}
