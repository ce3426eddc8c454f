import type { ValueOf } from '@chainsafe/ssz';
import { utf8ToBytes } from '@noble/hashes/utils.js';
import { toUtf8String } from 'ethers';
import { bytesToBareHex, bytesToHex, type Hex, hexToBytes } from '../../primitives/hex.ts';
import {
  type BurnId,
  burnId,
  type EvmBlockHash,
  type Outpoint,
  outpoint,
  splitOutpoint,
  type Txid,
} from '../../primitives/ids.ts';
import { MAX_SATS, type Sats } from '../../primitives/units.ts';
import { MAX_AUTHORITIES } from './schedule.ts';
import type {
  BlockSsz,
  BurnIdSsz,
  CertifiedPegInSsz,
  ExecutionPayloadSsz,
  FederationUpdateSsz,
  MemberSignatureSsz,
  OutpointSsz,
  PegOutEntrySsz,
  QuorumCertificateSsz,
} from './ssz.ts';
import type {
  Block,
  CertifiedPegIn,
  ExecutionPayload,
  FederationUpdate,
  MemberSignature,
  PegOutEntry,
  QuorumCertificate,
} from './types.ts';

/**
 * Between the domain's values and those of the SSZ types, in both directions. To the wire can't fail;
 * from the wire throws `WireError` where a domain type is narrower than its container, and only that.
 */
export class WireError extends Error {}

const fits = (condition: boolean, sentence: string): void => {
  if (!condition) throw new WireError(sentence);
};

/** A count of the type that the context asks for: a slot, a height, an index. Above 2^53 - 1 the decoder has rounded it. */
export function countFromWire<T extends number>(value: number, end: number = Number.MAX_SAFE_INTEGER + 1): T {
  fits(value < end, `the count ${value} is not below ${end}`);
  return value as T;
}

function satsFromWire(value: bigint): Sats {
  fits(value <= MAX_SATS, `${value} sat is more than there are`);
  return value as Sats;
}

export const hexFromWire = <T extends Hex>(bytes: Uint8Array): T => bytesToHex(bytes) as T;
export const bareHexFromWire = <T extends string>(bytes: Uint8Array): T => bytesToBareHex(bytes) as T;

/** UTF-8 alone: bytes that aren't would come back as others. */
function textFromWire(bytes: Uint8Array): string {
  try {
    return toUtf8String(bytes);
  } catch {
    throw new WireError('a text is not UTF-8');
  }
}

/** Hashes by field name, each name once. Letters alone: what goes into a log is never a stranger's free text. */
export function fieldsFromWire(
  fields: readonly { readonly name: Uint8Array; readonly digest: Uint8Array }[],
): Readonly<Record<string, string>> {
  const byName = fields.map(({ name, digest }) => [String.fromCharCode(...name), bytesToBareHex(digest)] as const);
  fits(
    byName.every(([name]) => /^[a-zA-Z]+$/.test(name)),
    'a field name has letters alone',
  );
  fits(new Set(byName.map(([name]) => name)).size === byName.length, 'a field stands twice');
  return Object.fromEntries(byName);
}

function outpointToWire(value: Outpoint): ValueOf<typeof OutpointSsz> {
  const { txid, vout } = splitOutpoint(value);
  return { txid: hexToBytes(txid), vout };
}
const outpointFromWire = (value: ValueOf<typeof OutpointSsz>): Outpoint =>
  outpoint(bareHexFromWire<Txid>(value.txid), value.vout);

/** A burn's id is `0x`, 64 digits, a colon and the log's index. */
const BURN_HASH_LENGTH = 66;
const burnToWire = (value: BurnId): ValueOf<typeof BurnIdSsz> => ({
  blockHash: hexToBytes(value.slice(0, BURN_HASH_LENGTH)),
  logIndex: Number(value.slice(BURN_HASH_LENGTH + 1)),
});
const burnFromWire = (value: ValueOf<typeof BurnIdSsz>): BurnId =>
  burnId(hexFromWire<EvmBlockHash>(value.blockHash), value.logIndex);

export function certificateToWire(value: QuorumCertificate): ValueOf<typeof QuorumCertificateSsz> {
  return {
    blockRoot: hexToBytes(value.blockRoot),
    slot: value.slot,
    cleanVoters: value.cleanVoters,
    otherVoters: value.otherVoters,
    signature: hexToBytes(value.signature),
  };
}
export function certificateFromWire(value: ValueOf<typeof QuorumCertificateSsz>): QuorumCertificate {
  return {
    blockRoot: hexFromWire(value.blockRoot),
    slot: countFromWire(value.slot),
    cleanVoters: countFromWire(value.cleanVoters, 1 << MAX_AUTHORITIES),
    otherVoters: countFromWire(value.otherVoters, 1 << MAX_AUTHORITIES),
    signature: hexFromWire(value.signature),
  };
}

function payloadToWire(value: ExecutionPayload): ValueOf<typeof ExecutionPayloadSsz> {
  return {
    ...value,
    parentHash: hexToBytes(value.parentHash),
    feeRecipient: hexToBytes(value.feeRecipient),
    stateRoot: hexToBytes(value.stateRoot),
    receiptsRoot: hexToBytes(value.receiptsRoot),
    logsBloom: hexToBytes(value.logsBloom),
    prevRandao: hexToBytes(value.prevRandao),
    extraData: hexToBytes(value.extraData),
    blockHash: hexToBytes(value.blockHash),
    transactions: value.transactions.map(hexToBytes),
    withdrawals: value.withdrawals.map((withdrawal) => ({ ...withdrawal, address: hexToBytes(withdrawal.address) })),
  };
}
function payloadFromWire(value: ValueOf<typeof ExecutionPayloadSsz>): ExecutionPayload {
  return {
    parentHash: hexFromWire(value.parentHash),
    feeRecipient: hexFromWire(value.feeRecipient),
    stateRoot: hexFromWire(value.stateRoot),
    receiptsRoot: hexFromWire(value.receiptsRoot),
    logsBloom: hexFromWire(value.logsBloom),
    prevRandao: hexFromWire(value.prevRandao),
    blockNumber: countFromWire(value.blockNumber),
    gasLimit: value.gasLimit,
    gasUsed: value.gasUsed,
    timestampS: countFromWire(value.timestampS),
    extraData: hexFromWire(value.extraData),
    baseFeePerGas: value.baseFeePerGas as ExecutionPayload['baseFeePerGas'],
    blockHash: hexFromWire(value.blockHash),
    transactions: value.transactions.map((transaction) => hexFromWire(transaction)),
    withdrawals: value.withdrawals.map(({ index, validatorIndex, address, amountGwei }) => ({
      index,
      validatorIndex,
      address: hexFromWire(address),
      amountGwei: amountGwei as ExecutionPayload['withdrawals'][number]['amountGwei'],
    })),
    blobGasUsed: value.blobGasUsed,
    excessBlobGas: value.excessBlobGas,
  };
}

const memberSignatureToWire = ({ member, signature }: MemberSignature): ValueOf<typeof MemberSignatureSsz> => ({
  member,
  signature: hexToBytes(signature),
});
const memberSignatureFromWire = ({ member, signature }: ValueOf<typeof MemberSignatureSsz>): MemberSignature => ({
  member: countFromWire(member),
  signature: bareHexFromWire(signature),
});

function pegInToWire(value: CertifiedPegIn): ValueOf<typeof CertifiedPegInSsz> {
  return {
    outpoint: outpointToWire(value.outpoint),
    amountSats: value.amountSats,
    recipient: hexToBytes(value.recipient),
    epoch: value.epoch,
    certificate: value.certificate.map(memberSignatureToWire),
  };
}
function pegInFromWire(value: ValueOf<typeof CertifiedPegInSsz>): CertifiedPegIn {
  return {
    outpoint: outpointFromWire(value.outpoint),
    amountSats: satsFromWire(value.amountSats),
    recipient: hexFromWire(value.recipient),
    epoch: countFromWire(value.epoch),
    certificate: value.certificate.map(memberSignatureFromWire),
  };
}

function updateToWire(value: FederationUpdate): ValueOf<typeof FederationUpdateSsz> {
  return {
    update: utf8ToBytes(value.update),
    messageId: hexToBytes(value.messageId),
    epoch: value.epoch,
    expiresAtMs: value.expiresAtMs,
    signatures: value.signatures.map(memberSignatureToWire),
  };
}
function updateFromWire(value: ValueOf<typeof FederationUpdateSsz>): FederationUpdate {
  return {
    update: textFromWire(value.update),
    messageId: bareHexFromWire(value.messageId),
    epoch: countFromWire(value.epoch),
    expiresAtMs: countFromWire(value.expiresAtMs),
    signatures: value.signatures.map(memberSignatureFromWire),
  };
}

/** The number of a status on the wire is its place here. */
const PEG_OUT_STATUSES = ['Proposed', 'Replaced', 'Confirmed'] as const;

export function pegOutToWire(value: PegOutEntry): ValueOf<typeof PegOutEntrySsz> {
  const common = {
    status: PEG_OUT_STATUSES.indexOf(value.status),
    id: hexToBytes(value.id),
    txid: hexToBytes(value.txid),
  };
  if (value.status === 'Confirmed') return { ...common, unsignedTx: new Uint8Array(), inputs: [], shares: [] };
  return {
    ...common,
    unsignedTx: hexToBytes(value.unsignedTx),
    inputs: value.inputs.map((input) => ({ ...input, outpoint: outpointToWire(input.outpoint) })),
    shares: value.shares.map((share) => ({ ...share, burn: burnToWire(share.burn) })),
  };
}
function pegOutFromWire(value: ValueOf<typeof PegOutEntrySsz>): PegOutEntry {
  const status = PEG_OUT_STATUSES[value.status];
  if (status === undefined) throw new WireError(`no payout status has the number ${value.status}`);
  const common = { id: bareHexFromWire<Txid>(value.id), txid: bareHexFromWire<Txid>(value.txid) };
  if (status === 'Confirmed') {
    fits(
      value.unsignedTx.length + value.inputs.length + value.shares.length === 0,
      'a confirmed payout carries no transaction',
    );
    return { status, ...common };
  }
  return {
    status,
    ...common,
    unsignedTx: bareHexFromWire(value.unsignedTx),
    inputs: value.inputs.map(({ outpoint: spent, amountSats, epoch }) => ({
      outpoint: outpointFromWire(spent),
      amountSats: satsFromWire(amountSats),
      epoch: countFromWire(epoch),
    })),
    shares: value.shares.map(({ burn, outputSats, feeShareSats }) => ({
      burn: burnFromWire(burn),
      outputSats: satsFromWire(outputSats),
      feeShareSats: satsFromWire(feeShareSats),
    })),
  };
}

export function blockToWire(value: Block): ValueOf<typeof BlockSsz> {
  return {
    parentRoot: hexToBytes(value.parentRoot),
    slot: value.slot,
    height: value.height,
    proposer: value.proposer,
    payload: payloadToWire(value.payload),
    pegIns: value.pegIns.map(pegInToWire),
    pegOuts: value.pegOuts.map(pegOutToWire),
    federationUpdates: value.federationUpdates.map(updateToWire),
    certificate: certificateToWire(value.certificate),
  };
}
export function blockFromWire(value: ValueOf<typeof BlockSsz>): Block {
  return {
    parentRoot: hexFromWire(value.parentRoot),
    slot: countFromWire(value.slot),
    height: countFromWire(value.height),
    proposer: countFromWire(value.proposer, MAX_AUTHORITIES),
    payload: payloadFromWire(value.payload),
    pegIns: value.pegIns.map(pegInFromWire),
    pegOuts: value.pegOuts.map(pegOutFromWire),
    federationUpdates: value.federationUpdates.map(updateFromWire),
    certificate: certificateFromWire(value.certificate),
  };
}
