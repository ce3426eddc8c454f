import { schnorr } from '@noble/curves/secp256k1.js';
import { bytesToBareHex, hexToBytes } from '../../../primitives/hex.ts';
import { equalBytes, withLength } from '../bytes.ts';
import { hash160, taggedHash } from '../hash.ts';
import { type TxInput, type TxOutput, encodeWitness } from '../transaction.ts';
import { ScriptFailure, failUnless } from './failure.ts';
import { type ScriptContext, runTapscript } from './interpreter.ts';
import { satisfiesLockTime, satisfiesSequence } from './locks.ts';
import { type Spend, checkEcdsa, checkSchnorr } from './signature.ts';
import { isPayToAnchor, witnessProgram } from './standard.ts';

const ANNEX_TAG = 0x50;
const LEAF_TAPSCRIPT = 0xc0;
const CONTROL_BASE_BYTES = 33;
const CONTROL_NODE_BYTES = 32;
const CONTROL_MAX_NODES = 128;
/** Each checked signature takes this many weight units of the witness's own (BIP-342). */
const SIGNATURE_WEIGHT = 50;
const MAX_WITNESS_ITEM_BYTES = 520;

/**
 * Checks that an input may spend its output: P2WPKH and P2TR, by key and by script.
 * @throws ScriptFailure with Core's reason; for the spends that this server doesn't judge, with its own.
 */
export function verifySpend(spend: Spend): void {
  const input = spend.tx.inputs[spend.inputIndex] as TxInput;
  const output = spend.spent[spend.inputIndex] as TxOutput;
  const program = witnessProgram(output.script);
  failUnless(program !== null, input.witness.length > 0 ? 'WITNESS_UNEXPECTED' : 'UNSUPPORTED_SPEND');
  failUnless(input.scriptSig.length === 0, 'WITNESS_MALLEATED');
  if (program.version === 0) {
    failUnless(program.bytes.length === 20 || program.bytes.length === 32, 'WITNESS_PROGRAM_WRONG_LENGTH');
    failUnless(program.bytes.length === 20, 'UNSUPPORTED_SPEND');
    verifyKeyHash(spend, input.witness, program.bytes);
  } else if (program.version === 1 && program.bytes.length === 32) {
    verifyTaproot(spend, input.witness, program.bytes);
  } else if (!isPayToAnchor(output.script)) {
    failUnless(!spend.policy, 'DISCOURAGE_UPGRADABLE_WITNESS_PROGRAM');
  }
}

function verifyKeyHash(spend: Spend, witness: readonly Uint8Array[], keyHash: Uint8Array): void {
  const [signature, publicKey] = witness;
  failUnless(witness.length === 2 && signature !== undefined && publicKey !== undefined, 'WITNESS_PROGRAM_MISMATCH');
  failUnless(signature.length <= MAX_WITNESS_ITEM_BYTES && publicKey.length <= MAX_WITNESS_ITEM_BYTES, 'PUSH_SIZE');
  failUnless(equalBytes(hash160(publicKey), keyHash), 'EQUALVERIFY');
  const scriptCode = hexToBytes(`76a914${bytesToBareHex(keyHash)}88ac`);
  failUnless(checkEcdsa(spend, signature, publicKey, scriptCode), 'EVAL_FALSE');
}

function verifyTaproot(spend: Spend, witness: readonly Uint8Array[], outputKey: Uint8Array): void {
  failUnless(witness.length > 0, 'WITNESS_PROGRAM_WITNESS_EMPTY');
  const last = witness.at(-1) as Uint8Array;
  const annex = witness.length >= 2 && last[0] === ANNEX_TAG ? last : null;
  const stack = annex === null ? witness : witness.slice(0, -1);
  if (stack.length === 1) {
    checkSchnorr(spend, stack[0] as Uint8Array, outputKey, annex, null);
    return;
  }
  const control = stack.at(-1) as Uint8Array;
  const script = stack.at(-2) as Uint8Array;
  const nodes = (control.length - CONTROL_BASE_BYTES) / CONTROL_NODE_BYTES;
  failUnless(Number.isInteger(nodes) && nodes >= 0 && nodes <= CONTROL_MAX_NODES, 'TAPROOT_WRONG_CONTROL_SIZE');
  const leafVersion = (control[0] as number) & 0xfe;
  const leafHash = tapLeafHash(script, leafVersion);
  failUnless(commitsTo(outputKey, control, leafHash), 'WITNESS_PROGRAM_MISMATCH');
  if (leafVersion !== LEAF_TAPSCRIPT) {
    failUnless(!spend.policy, 'DISCOURAGE_UPGRADABLE_TAPROOT_VERSION');
    return;
  }
  runTapscript(script, stack.slice(0, -2), tapscriptContext(spend, witness, annex, leafHash));
}

export const tapLeafHash = (script: Uint8Array, leafVersion = LEAF_TAPSCRIPT): Uint8Array =>
  taggedHash('TapLeaf', Uint8Array.of(leafVersion), withLength(script));

/** Whether the output key is the control block's internal key, tweaked by the root over the leaf (BIP-341). */
function commitsTo(outputKey: Uint8Array, control: Uint8Array, leafHash: Uint8Array): boolean {
  let node = leafHash;
  for (let at = CONTROL_BASE_BYTES; at < control.length; at += CONTROL_NODE_BYTES) {
    const other = control.subarray(at, at + CONTROL_NODE_BYTES);
    node =
      Buffer.compare(node, other) < 0 ? taggedHash('TapBranch', node, other) : taggedHash('TapBranch', other, node);
  }
  const internalKey = control.subarray(1, CONTROL_BASE_BYTES);
  const tweak = BigInt(`0x${bytesToBareHex(taggedHash('TapTweak', internalKey, node))}`);
  const { Point } = schnorr;
  if (tweak >= Point.Fn.ORDER) return false;
  try {
    const lifted = schnorr.utils.lift_x(BigInt(`0x${bytesToBareHex(internalKey)}`));
    const point = (tweak === 0n ? lifted : lifted.add(Point.BASE.multiply(tweak))).toAffine();
    const parity = (control[0] as number) & 1;
    return equalBytes(Point.Fp.toBytes(point.x), outputKey) && Number(point.y & 1n) === parity;
  } catch {
    return false; // the internal key is on no point, or the sum is the point at infinity
  }
}

function tapscriptContext(
  spend: Spend,
  witness: readonly Uint8Array[],
  annex: Uint8Array | null,
  leafHash: Uint8Array,
): ScriptContext {
  const { tx, policy } = spend;
  const input = tx.inputs[spend.inputIndex] as TxInput;
  let budget = encodeWitness(witness).length + SIGNATURE_WEIGHT;
  return {
    policy,
    checkSignature(signature, publicKey, codeSeparatorPosition) {
      const present = signature.length > 0;
      if (present) {
        budget -= SIGNATURE_WEIGHT;
        failUnless(budget >= 0, 'TAPSCRIPT_VALIDATION_WEIGHT');
      }
      failUnless(publicKey.length > 0, 'PUBKEYTYPE');
      if (publicKey.length === 32) {
        if (present) checkSchnorr(spend, signature, publicKey, annex, { leafHash, codeSeparatorPosition });
      } else if (policy) {
        // Keys of other lengths are of a kind not defined yet, whose every signature is right.
        throw new ScriptFailure('DISCOURAGE_UPGRADABLE_PUBKEYTYPE');
      }
      return present;
    },
    checkLockTime: (lockTime) => satisfiesLockTime(tx, input, lockTime),
    checkSequence: (sequence) => satisfiesSequence(tx, input, sequence),
  };
}
