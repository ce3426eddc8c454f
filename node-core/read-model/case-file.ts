import { address, Transaction, type Network } from 'bitcoinjs-lib';
import { bitcoinNetworkOf } from '../domain/federation/address.ts';
import { bytesToBareHex } from '../primitives/hex.ts';
import type { OperationStep, OperationView } from '../protocol/views.ts';
import type { CaseFile, DecodedTransaction, MachinePicture, MemberStanding } from './shapes.ts';

export function caseFile(
  operation: OperationView,
  machine: MachinePicture | null,
  federationAddress: string,
  members: readonly { readonly member: number; readonly name: string }[],
  nowMs: number,
): CaseFile {
  const names = new Map(members.map(({ member, name }) => [member, name]));
  const standings = standingsOf(operation, names);
  return {
    operation: { ...operation, steps: operation.steps.map((step) => withName(step, names)) },
    machine,
    transaction: operation.rawTx === null ? null : decodeTransaction(operation.rawTx, networkOf(federationAddress)),
    members: standings,
    nextAction: nextAction(operation, standings, nowMs),
  };
}

/** An operation asks its members after these. */
const NOT_ASKED = new Set(['ProcessingPegIn', 'ProcessingPegOut']);

/** A member who has not answered is missed only after it was asked and as long as the threshold is not reached. */
function standingsOf(operation: OperationView, names: ReadonlyMap<number, string>): readonly MemberStanding[] {
  const given = operation.members.filter(({ answer }) => answer === 'approved' || answer === 'signed').length;
  const silent =
    given >= operation.threshold
      ? 'notNeeded'
      : operation.terminal || NOT_ASKED.has(operation.state)
        ? 'notAsked'
        : 'missing';
  return operation.members.map(({ member, answer, reason }) => ({
    name: names.get(member) ?? `member ${member}`,
    standing: answer === 'waiting' ? silent : answer,
    reason,
  }));
}

/** The bridge knows its members by number: "member 2" is what its steps say. */
function withName(step: OperationStep, names: ReadonlyMap<number, string>): OperationStep {
  const [, member] = /^member (\d+)\b/.exec(step.detail ?? '') ?? [];
  const name = member === undefined ? undefined : names.get(Number(member));
  return name === undefined ? step : { ...step, detail: (step.detail ?? '').replace(`member ${member}`, name) };
}

/** What the operator can do, in a sentence. */
function nextAction(operation: OperationView, members: readonly MemberStanding[], nowMs: number): string {
  if (operation.rejection !== null) {
    return operation.kind === 'pegIn'
      ? 'The deposit is a liability to an unknown owner: its return is decided by governance.'
      : 'The value stays owed: governance names another address.';
  }
  if (operation.terminal) return 'Nothing: it is complete.';
  if (operation.deadlineMs !== null && operation.deadlineMs < nowMs) {
    return 'It is past its deadline: read the last messages of its trace, then ask the members who are missing.';
  }
  const missing = members.filter(({ standing }) => standing === 'missing').map(({ name }) => name);
  if (missing.length > 0 && missing.length < members.length) {
    return `Nothing yet: ${missing.join(', ')} did not answer so far; they are asked again at each reconnect.`;
  }
  return 'Nothing: it goes on by itself.';
}

/** The Bitcoin network that an address belongs to, by its prefix. */
function networkOf(anyAddress: string): Network {
  if (anyAddress.startsWith('bcrt1')) return bitcoinNetworkOf('regtest');
  return bitcoinNetworkOf(anyAddress.startsWith('tb1') ? 'testnet' : 'bitcoin');
}

/** Null for what can't be read: evidence is shown as it is or not at all. */
function decodeTransaction(rawTx: string, network: Network): DecodedTransaction | null {
  let transaction: Transaction;
  try {
    transaction = Transaction.fromHex(rawTx);
  } catch {
    return null;
  }
  return {
    txid: transaction.getId(),
    virtualBytes: transaction.virtualSize(),
    // BIP-125: any sequence below 0xfffffffe signals.
    signalsReplacement: transaction.ins.some(({ sequence }) => sequence < 0xfffffffe),
    inputs: transaction.ins.map(({ hash, index, witness }) => ({
      outpoint: `${bytesToBareHex(hash.toReversed())}:${index}`,
      witnessItems: witness.length,
    })),
    outputs: transaction.outs.map(({ script, value }, vout) => ({
      vout,
      amountSats: value.toString(),
      address: addressOf(script, network),
      script: bytesToBareHex(script),
    })),
  };
}

function addressOf(script: Uint8Array, network: Network): string | null {
  try {
    return address.fromOutputScript(script, network);
  } catch {
    // OP_RETURN and other scripts have no address.
    return null;
  }
}
