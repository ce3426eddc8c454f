import { bytesOf, hexOf, littleEndian, sha256, taggedHash } from './hash.ts';
import { tweaked, verify } from './schnorr.ts';
import { type Tx, type TxOutput, outpointBytes, outputBytes, withLength } from './transaction.ts';

/** BIP-341's point without a known logarithm. Source: protocol.md, Federation address and deposits. */
const INTERNAL_KEY = '50929b74c1a04954b78b4b6035e97a5e078a5a0f28ec96d547bfee9ace803ac0';
const LEAF_VERSION = 0xc0;
const OP = { CHECKSIG: 'ac', CHECKSIGADD: 'ba', GREATERTHANOREQUAL: 'a2' } as const;

/** The federation's output, derived from protocol.md by the simulator's own curve and hash. */
export interface FederationOutput {
  readonly keys: readonly string[];
  readonly threshold: number;
  readonly leafScript: string;
  readonly leafHash: Uint8Array;
  readonly controlBlock: string;
  /** Bare hex. */
  readonly script: string;
}

export function federationOutput(keys: readonly string[]): FederationOutput {
  const threshold = Math.ceil((2 * keys.length) / 3);
  const checks = keys.map((key, index) => `20${key}${index === 0 ? OP.CHECKSIG : OP.CHECKSIGADD}`);
  const leafScript = `${checks.join('')}${(0x50 + threshold).toString(16)}${OP.GREATERTHANOREQUAL}`;
  const leafHash = taggedHash('TapLeaf', Uint8Array.of(LEAF_VERSION), withLength(bytesOf(leafScript)));
  const { key, parity } = tweaked(INTERNAL_KEY, taggedHash('TapTweak', bytesOf(INTERNAL_KEY), leafHash));
  const controlBlock = (LEAF_VERSION + parity).toString(16) + INTERNAL_KEY;
  return { keys, threshold, leafScript, leafHash, controlBlock, script: `5120${key}` };
}

/** What a member signs for an input: BIP-341 with SIGHASH_DEFAULT, BIP-342's extension. `spent` are all inputs' outputs. */
export function sighash(tx: Tx, index: number, spent: readonly TxOutput[], leafHash: Uint8Array): Uint8Array {
  const join = (parts: readonly Uint8Array[]): Uint8Array => sha256(...parts);
  return taggedHash(
    'TapSighash',
    Uint8Array.of(0, 0),
    littleEndian(tx.version, 4),
    littleEndian(tx.lockTime, 4),
    join(tx.inputs.map(({ outpoint }) => outpointBytes(outpoint))),
    join(spent.map(({ sats }) => littleEndian(sats, 8))),
    join(spent.map(({ script }) => withLength(bytesOf(script)))),
    join(tx.inputs.map(({ sequence }) => littleEndian(sequence, 4))),
    join(tx.outputs.map(outputBytes)),
    Uint8Array.of(2),
    littleEndian(index, 4),
    leafHash,
    Uint8Array.of(0),
    littleEndian(0xffff_ffff, 4),
  );
}

/**
 * Why an input's witness doesn't spend the federation's output; null when it does: signatures in reverse key order, empty
 * where a member is absent, exactly the threshold of them, then script and control block.
 */
export function spendRefusal(
  tx: Tx,
  index: number,
  spent: readonly TxOutput[],
  { keys, threshold, leafScript, leafHash, controlBlock }: FederationOutput,
): string | null {
  const witness = tx.inputs[index]?.witness ?? [];
  if (witness.length !== keys.length + 2) return 'Witness program hash mismatch';
  if (hexOf(witness[keys.length] as Uint8Array) !== leafScript) return 'another script';
  if (hexOf(witness[keys.length + 1] as Uint8Array) !== controlBlock) return 'another control block';
  const digest = sighash(tx, index, spent, leafHash);
  let count = 0;
  for (const [position, key] of keys.entries()) {
    const signature = witness[keys.length - 1 - position] as Uint8Array;
    if (signature.length === 0) continue;
    if (!verify(digest, key, signature)) return 'Invalid Schnorr signature';
    count++;
  }
  return count >= threshold ? null : `${count} signatures of ${threshold}`;
}
