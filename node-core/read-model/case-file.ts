import { address, Transaction, type Network } from 'bitcoinjs-lib';
import { bitcoinNetworkOf } from '../domain/federation/address.ts';
import { bytesToBareHex } from '../primitives/hex.ts';
import type { OperationView } from '../protocol/views.ts';
import type { CaseFile, DecodedTransaction, MachinePicture } from './shapes.ts';

export function caseFile(
  operation: OperationView,
  machine: MachinePicture | null,
  federationAddress: string,
  nowMs: number,
): CaseFile {
  return {
    operation,
    machine,
    transaction: operation.rawTx === null ? null : decodeTransaction(operation.rawTx, networkOf(federationAddress)),
    missingMembers: missingMembers(operation),
    nextAction: nextAction(operation, nowMs),
  };
}

/** Who has not answered, as long as the threshold is not reached. */
function missingMembers(operation: OperationView): readonly number[] {
  const given = operation.members.filter(({ answer }) => answer === 'approved' || answer === 'signed').length;
  if (operation.terminal || given >= operation.threshold) return [];
  return operation.members.filter(({ answer }) => answer === 'waiting').map(({ member }) => member);
}

/** What the operator can do, in a sentence. */
function nextAction(operation: OperationView, nowMs: number): string {
  if (operation.rejection !== null) {
    return operation.kind === 'pegIn'
      ? 'The deposit is a liability to an unknown owner: its return is decided by governance.'
      : 'The value stays owed: governance names another address.';
  }
  if (operation.terminal) return 'None: it is complete.';
  if (operation.deadlineMs !== null && operation.deadlineMs < nowMs) {
    return 'It is past its deadline: read the last messages of its trace, then ask the members who are missing.';
  }
  const missing = missingMembers(operation);
  if (missing.length > 0 && operation.members.some(({ answer }) => answer !== 'waiting')) {
    return `None yet: members ${missing.join(', ')} have not answered; they are asked again at each reconnect.`;
  }
  return 'None: it goes on by itself.';
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
