import { type Checked, accept, refuse } from '../../primitives/errors.ts';
import {
  type BlockHeight,
  type BlockRoot,
  compareOutpoints,
  type EvmBlockHash,
  type Slot,
} from '../../primitives/ids.ts';
import { satsToGwei } from '../../primitives/units.ts';
import { type Authority, verifyCertificate } from './certificate.ts';
import { blockRootOf, signedBlockSize } from './encoding.ts';
import { checkPegOuts, type PegOutCode } from './peg-operations.ts';
import { authorityOfSlot, slotStartMs, timestampOfSlot } from './schedule.ts';
import type { SignatureScheme } from './scheme.ts';
import { blockSigningRoot, prevRandaoOf } from './signing.ts';
import {
  MAX_EXTRA_DATA_BYTES,
  MAX_FEDERATION_UPDATES,
  MAX_PEG_INS,
  MAX_PEG_OUTS,
  MAX_SIGNED_BLOCK_BYTES,
  MAX_TRANSACTION_BYTES,
  MAX_TRANSACTIONS,
} from './ssz.ts';
import type {
  Block,
  BlsPublicKey,
  CertifiedPegIn,
  ExecutionPayload,
  FederationUpdate,
  SignedBlock,
  Withdrawal,
} from './types.ts';

/** What of a block's parent its validity depends on. */
export interface ParentFacts {
  readonly root: BlockRoot;
  readonly slot: Slot;
  readonly height: BlockHeight;
  readonly blockHash: EvmBlockHash;
  /** Mints in the chain up to and with the parent: the next withdrawal's index. */
  readonly mintCount: bigint;
}

/** An authority as validation needs it. The network file's members are such. */
export interface Proposer extends Authority {
  readonly feeRecipient: string;
}

export interface ValidationContext {
  readonly parent: ParentFacts;
  /** Authorities at the block's height and at its parent's. */
  readonly authorities: readonly Proposer[];
  readonly parentAuthorities: readonly Authority[];
  readonly slotDurationMs: number;
  /** The most gas that a block may have, by the network file: what the slowest member executes in time. */
  readonly gasLimit: bigint;
  /** Bare hex. */
  readonly networkHash: string;
  readonly genesisRoot: BlockRoot;
  /** Unix ms by this node's clock. */
  readonly nowMs: number;
  /** How far ahead of this node's a proposer's clock may be. */
  readonly maxClockSkewMs: number;
  readonly scheme: SignatureScheme;
  /** Whether governance approved a deposit: the certificate's signatures, not this node's view of Bitcoin. */
  readonly verifyApproval: (pegIn: CertifiedPegIn) => Checked<unknown>;
  /** Whether the members at the block's height let others follow them (domain/federation/succession.ts). */
  readonly checkSuccession: (update: FederationUpdate) => Checked<unknown>;
}

/** A refusal's stage: what failed first. */
export type ValidationCode =
  | 'LINKAGE'
  | 'TOO_LARGE'
  | 'PAYLOAD'
  | 'BLOB_TRANSACTION'
  | 'MINTS'
  | PegOutCode
  | 'FUTURE_SLOT'
  | 'NOT_PROPOSERS_TURN'
  | 'FEE_RECIPIENT'
  | 'BLOCK_SIGNATURE'
  | 'CERTIFICATE'
  | 'APPROVAL'
  | 'SUCCESSION';

export type Stage = (block: Block, context: ValidationContext) => Checked<unknown, ValidationCode>;

/**
 * Whether a block is valid but for its execution: cheap stages first, each on what the stages before it established.
 * Only what is in the chain counts, so that history can be checked by anyone; the clock alone is this node's own.
 * Gives the block's root.
 */
export function validateBlock(signed: SignedBlock, context: ValidationContext): Checked<BlockRoot, ValidationCode> {
  const { block } = signed;
  const unsigned = checkUnsigned(block, context);
  if (!unsigned.ok) return unsigned;
  const root = blockRootOf(block);
  for (const checked of [
    checkSignature(signed, root, context),
    checkCertificate(block, context),
    checkApprovals(block, context),
    checkUpdates(block, context),
  ])
    if (!checked.ok) return checked;
  return accept(root);
}

/** The stages that need no signature: a proposer runs them before it signs, because its execution client may be wrong. */
export function checkUnsigned(block: Block, context: ValidationContext): Checked<unknown, ValidationCode> {
  for (const stage of [checkSize, checkLinkage, checkClock, checkTurn, checkPayload, checkPegOperations]) {
    const checked = stage(block, context);
    if (!checked.ok) return checked;
  }
  return accept(undefined);
}

/** The lists are inside their limits and the whole is inside a frame. Goes first: the other stages walk the lists. */
export const checkSize: Stage = (block) => {
  const { payload, pegIns, pegOuts, federationUpdates } = block;
  if (pegIns.length > MAX_PEG_INS || payload.withdrawals.length > MAX_PEG_INS)
    return refuse(
      'TOO_LARGE',
      `${pegIns.length} deposits, ${payload.withdrawals.length} mints; ${MAX_PEG_INS} at most`,
    );
  if (pegOuts.length > MAX_PEG_OUTS) return refuse('TOO_LARGE', `${pegOuts.length} payouts, ${MAX_PEG_OUTS} at most`);
  if (federationUpdates.length > MAX_FEDERATION_UPDATES)
    return refuse('TOO_LARGE', `${federationUpdates.length} member changes, ${MAX_FEDERATION_UPDATES} at most`);
  if (payload.transactions.length > MAX_TRANSACTIONS)
    return refuse('TOO_LARGE', `${payload.transactions.length} transactions, ${MAX_TRANSACTIONS} at most`);
  const size = signedBlockSize(block);
  if (size > MAX_SIGNED_BLOCK_BYTES) return refuse('TOO_LARGE', `${size} bytes, ${MAX_SIGNED_BLOCK_BYTES} at most`);
  return accept(undefined);
};

/** The block follows its parent, in the chain and in the EVM, and carries a certificate for it. */
export const checkLinkage: Stage = (block, { parent, slotDurationMs }) => {
  const { payload, certificate } = block;
  const expected: readonly (readonly [field: string, actual: unknown, wanted: unknown])[] = [
    ['parentRoot', block.parentRoot, parent.root],
    ['certificate.blockRoot', certificate.blockRoot, parent.root],
    ['certificate.slot', certificate.slot, parent.slot],
    ['height', block.height, parent.height + 1],
    ['payload.blockNumber', payload.blockNumber, block.height],
    ['payload.parentHash', payload.parentHash, parent.blockHash],
    ['payload.timestampS', payload.timestampS, timestampOfSlot(block.slot, slotDurationMs)],
    ['payload.prevRandao', payload.prevRandao, prevRandaoOf(parent.root, block.slot)],
  ];
  for (const [field, actual, wanted] of expected)
    if (actual !== wanted) return refuse('LINKAGE', `${field} is ${String(actual)}, not ${String(wanted)}`, { field });
  if (block.slot <= parent.slot) return refuse('LINKAGE', `slot ${block.slot} isn't above the parent's ${parent.slot}`);
  return accept(undefined);
};

/** The slot has begun, by this node's clock and the skew that it allows. */
export const checkClock: Stage = ({ slot }, { nowMs, maxClockSkewMs, slotDurationMs }) => {
  const earlyMs = slotStartMs(slot, slotDurationMs) - nowMs;
  return earlyMs > maxClockSkewMs ? refuse('FUTURE_SLOT', `slot ${slot} begins in ${earlyMs} ms`) : accept(undefined);
};

/** Only the slot's authority proposes (INV-15), and it takes the fees. */
export const checkTurn: Stage = ({ slot, proposer, payload }, { authorities }) => {
  const due = authorityOfSlot(slot, authorities.length);
  if (proposer !== due) return refuse('NOT_PROPOSERS_TURN', `authority ${proposer} proposes in the slot of ${due}`);
  if (payload.feeRecipient !== authorities[due]?.feeRecipient)
    return refuse('FEE_RECIPIENT', `fees go to ${payload.feeRecipient}, not to authority ${due}`);
  return accept(undefined);
};

/** What of the payload can be said without executing it: no more gas than the network has, no blobs, and every transaction is one. */
export const checkPayload: Stage = ({ payload }, { gasLimit }) => {
  if (payload.gasLimit > gasLimit)
    return refuse(
      'PAYLOAD',
      `gasLimit is ${payload.gasLimit}, the network's is ${gasLimit}: set the execution client's to it`,
    );
  if (payload.blobGasUsed !== 0n || payload.excessBlobGas !== 0n)
    return refuse('PAYLOAD', 'the chain carries no blobs');
  if (byteLength(payload.extraData) > MAX_EXTRA_DATA_BYTES) return refuse('PAYLOAD', 'extraData is too long');
  for (const [index, transaction] of payload.transactions.entries()) {
    if (transaction.startsWith('0x03')) return refuse('BLOB_TRANSACTION', `transaction ${index} is of type 3`);
    const size = byteLength(transaction);
    if (size === 0 || size > MAX_TRANSACTION_BYTES) return refuse('PAYLOAD', `transaction ${index} has ${size} bytes`);
  }
  return accept(undefined);
};

const byteLength = (hex: ExecutionPayload['extraData']): number => hex.length / 2 - 1;

/** Peg operations: the mints, and the form of the payouts. */
export const checkPegOperations: Stage = (block, context) => {
  const mints = checkMints(block, context);
  return mints.ok ? checkPegOuts(block) : mints;
};

/** One withdrawal for each deposit and none else (HOLE-4), in the strict order of outpoints, so that none comes twice (HOLE-3). */
export const checkMints: Stage = ({ pegIns, payload }, { parent }) => {
  if (payload.withdrawals.length !== pegIns.length)
    return refuse('MINTS', `${payload.withdrawals.length} mints for ${pegIns.length} deposits`);
  for (const [i, pegIn] of pegIns.entries()) {
    const previous = pegIns[i - 1];
    if (previous !== undefined && compareOutpoints(previous.outpoint, pegIn.outpoint) >= 0)
      return refuse('MINTS', `deposit ${pegIn.outpoint} comes twice or out of order`);
    const wanted = withdrawalFor(pegIn, parent.mintCount + BigInt(i));
    const actual = payload.withdrawals[i];
    const differs = (Object.keys(wanted) as (keyof Withdrawal)[]).find((field) => actual?.[field] !== wanted[field]);
    if (differs !== undefined) return refuse('MINTS', `the mint of ${pegIn.outpoint} has another ${differs}`);
  }
  return accept(undefined);
};

/** The one mint that a deposit may have. `index` is the running count of mints before it. */
export const withdrawalFor = (pegIn: CertifiedPegIn, index: bigint): Withdrawal => ({
  index,
  validatorIndex: 0n,
  address: pegIn.recipient,
  amountGwei: satsToGwei(pegIn.amountSats),
});

/** The proposer signed this block. `root` is the block's. */
export function checkSignature(
  {
    block,
    signature,
  }: Pick<SignedBlock, 'signature'> & {
    readonly block: Pick<Block, 'proposer' | 'slot'>;
  },
  root: BlockRoot,
  {
    authorities,
    scheme,
    networkHash,
  }: Pick<ValidationContext, 'scheme' | 'networkHash'> & {
    readonly authorities: readonly Authority[];
  },
): Checked<unknown, 'BLOCK_SIGNATURE'> {
  const key = authorities[block.proposer]?.blsPublicKey as BlsPublicKey | undefined;
  const signed = key !== undefined && scheme.verify(key, blockSigningRoot(networkHash, root, block.slot), signature);
  return signed ? accept(undefined) : refuse('BLOCK_SIGNATURE', `not signed by authority ${block.proposer}`);
}

/** A quorum of the parent's authorities voted for the parent. */
export const checkCertificate: Stage = ({ certificate }, { parentAuthorities, scheme, networkHash, genesisRoot }) => {
  const checked = verifyCertificate(certificate, parentAuthorities, scheme, networkHash, genesisRoot);
  return checked.ok ? checked : refuse('CERTIFICATE', checked.refusal.reason, { ...checked.refusal });
};

/** Governance approved every deposit that the block mints. */
export const checkApprovals: Stage = ({ pegIns }, { verifyApproval }) => {
  for (const pegIn of pegIns) {
    const checked = verifyApproval(pegIn);
    if (!checked.ok)
      return refuse('APPROVAL', `deposit ${pegIn.outpoint}: ${checked.refusal.reason}`, { ...checked.refusal });
  }
  return accept(undefined);
};

/** A member change is one that the members signed for. */
export const checkUpdates: Stage = ({ federationUpdates }, { checkSuccession }) => {
  for (const update of federationUpdates) {
    const checked = checkSuccession(update);
    if (!checked.ok) return refuse('SUCCESSION', checked.refusal.reason, { ...checked.refusal });
  }
  return accept(undefined);
};
