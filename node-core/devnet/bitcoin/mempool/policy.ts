import { rejectUnless } from '../rejection.ts';
import type { Coin } from '../chain/coins.ts';
import { classifyOutput, isPushOnly, isUnspendable, multisigKeys, witnessProgram } from '../script/standard.ts';
import { type Tx, type TxOutput, encodeOutput } from '../transaction.ts';

/** Limits of relay. Source: Bitcoin Core 28, `policy/policy.h`. Amounts are sat per 1000 virtual bytes. */
export const MIN_RELAY_FEE_SATS_PER_KVB = 1_000n;
export const INCREMENTAL_RELAY_FEE_SATS_PER_KVB = 1_000n;
const DUST_RELAY_FEE_SATS_PER_KVB = 3_000n;
const MAX_STANDARD_VERSION = 3;
const MAX_STANDARD_WEIGHT = 400_000;
const MAX_SCRIPT_SIG_BYTES = 1_650;
const MAX_MULTISIG_KEYS = 3;
/** The whole script: OP_RETURN, the push's opcodes, 80 bytes of data. */
const MAX_DATA_CARRIER_SCRIPT_BYTES = 83;
/** Below it a transaction could be taken for an inner node of a merkle tree (CVE-2017-12842). */
const MIN_STRIPPED_BYTES = 65;
const MAX_SIGOP_COST = 16_000;
const MAX_TAPSCRIPT_ITEM_BYTES = 80;
const ANNEX_TAG = 0x50;

/** Bytes that spending an output will take, by the kind of its script. */
const SPEND_BYTES = { witness: 32 + 4 + 1 + Math.floor(107 / 4) + 4, legacy: 32 + 4 + 1 + 107 + 4 } as const;

/** The smallest amount that an output may have: 294 sat for P2WPKH, 330 P2TR and P2WSH, 540 P2SH, 546 P2PKH. */
function dustThresholdSats(output: TxOutput): bigint {
  if (isUnspendable(output.script)) return 0n;
  const spend = witnessProgram(output.script) === null ? SPEND_BYTES.legacy : SPEND_BYTES.witness;
  return (DUST_RELAY_FEE_SATS_PER_KVB * BigInt(encodeOutput(output).length + spend)) / 1000n;
}

/** The form that a transaction must have to be relayed. @throws Rejection */
export function checkStandard(tx: Tx): void {
  rejectUnless(tx.version >= 1 && tx.version <= MAX_STANDARD_VERSION, 'version');
  rejectUnless(tx.weight <= MAX_STANDARD_WEIGHT, 'tx-size');
  for (const input of tx.inputs) {
    rejectUnless(input.scriptSig.length <= MAX_SCRIPT_SIG_BYTES, 'scriptsig-size');
    rejectUnless(isPushOnly(input.scriptSig), 'scriptsig-not-pushonly');
  }
  let dataCarriers = 0;
  for (const output of tx.outputs) {
    const type = classifyOutput(output.script);
    rejectUnless(type !== 'nonstandard', 'scriptpubkey');
    if (type === 'multisig') rejectUnless((multisigKeys(output.script) ?? 0) <= MAX_MULTISIG_KEYS, 'scriptpubkey');
    if (type === 'nulldata') {
      rejectUnless(output.script.length <= MAX_DATA_CARRIER_SCRIPT_BYTES, 'scriptpubkey');
      dataCarriers++;
    } else {
      rejectUnless(output.amountSats >= dustThresholdSats(output), 'dust');
    }
  }
  rejectUnless(dataCarriers <= 1, 'multi-op-return');
  rejectUnless(tx.strippedSize >= MIN_STRIPPED_BYTES, 'tx-size-small');
}

/** The form that spends must have to be relayed. @throws Rejection */
export function checkInputsStandard(tx: Tx, coins: readonly Coin[]): void {
  for (const [index, coin] of coins.entries()) {
    const type = classifyOutput(coin.output.script);
    rejectUnless(type !== 'nonstandard' && type !== 'witness_unknown', 'bad-txns-nonstandard-inputs');
    const witness = tx.inputs[index]?.witness ?? [];
    if (type === 'witness_v1_taproot') rejectUnless(isTaprootWitnessStandard(witness), 'bad-witness-nonstandard');
    else if (type === 'anchor') rejectUnless(witness.length === 0, 'bad-witness-nonstandard');
  }
}

function isTaprootWitnessStandard(witness: readonly Uint8Array[]): boolean {
  const last = witness.at(-1);
  if (last === undefined) return false;
  if (witness.length === 1) return true;
  if (last[0] === ANNEX_TAG || last.length === 0) return false;
  const isTapscript = ((last[0] as number) & 0xfe) === 0xc0;
  return !isTapscript || witness.slice(0, -2).every((item) => item.length <= MAX_TAPSCRIPT_ITEM_BYTES);
}

/** @throws Rejection */
export function checkSigops(cost: number): void {
  rejectUnless(cost <= MAX_SIGOP_COST, 'bad-txns-too-many-sigops', `${cost}`);
}
