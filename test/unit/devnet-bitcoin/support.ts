import { schnorr } from '@noble/curves/secp256k1.js';
import {
  RawTx,
  Script,
  type ScriptType,
  TAPROOT_UNSPENDABLE_KEY,
  TaprootControlBlock,
  Transaction,
  SigHash,
  p2pkh,
  p2tr,
  p2wpkh,
  utils,
} from '@scure/btc-signer';
import { pubECDSA, signECDSA } from '@scure/btc-signer/utils.js';
import { hexToBytes } from '../../../node-core/primitives/hex.ts';
import { type Sats, sats } from '../../../node-core/primitives/units.ts';
import { REGTEST_NETWORK } from '../../../node-core/devnet/bitcoin/regtest.ts';
import { ScriptFailure } from '../../../node-core/devnet/bitcoin/script/failure.ts';
import { verifySpend } from '../../../node-core/devnet/bitcoin/script/spend.ts';
import {
  type RegtestServer,
  type RegtestServerOptions,
  startRegtestServer,
} from '../../../node-core/devnet/bitcoin/server.ts';
import { type TxOutput, decodeTx } from '../../../node-core/devnet/bitcoin/transaction.ts';

export const CREDENTIALS = { rpcUser: 'devnet', rpcPassword: 'correct horse' } as const;
export const START_MS = 1_800_000_000_000;

/** The private key that is an integer. */
export const privateKey = (value: number): Uint8Array => hexToBytes(value.toString(16).padStart(64, '0'));

/** A clock that moves only when told. */
export class TestClock {
  private timeMs = START_MS;
  nowMs(): number {
    return this.timeMs;
  }
  advance(ms: number): void {
    this.timeMs += ms;
  }
}

export interface RpcAnswer {
  readonly status: number;
  readonly result: unknown;
  readonly error: { readonly code: number; readonly message: string } | null;
}

/** A server under test, and a client of its JSON-RPC. */
export interface TestServer extends AsyncDisposable {
  readonly server: RegtestServer;
  readonly clock: TestClock;
  /** The result of a call. @throws Error with the server's message */
  rpc<T = unknown>(method: string, ...params: readonly unknown[]): Promise<T>;
  /** The whole answer to a call. */
  ask(method: string, ...params: readonly unknown[]): Promise<RpcAnswer>;
  /** The answer to any body. */
  post(body: string, headers?: Readonly<Record<string, string>>): Promise<{ status: number; text: string }>;
}

export async function startTestServer(options: Partial<RegtestServerOptions> = {}): Promise<TestServer> {
  const clock = new TestClock();
  const server = await startRegtestServer({ dataDir: null, ...CREDENTIALS, clock, ...options });
  const authorization = `Basic ${btoa(`${CREDENTIALS.rpcUser}:${CREDENTIALS.rpcPassword}`)}`;
  const post: TestServer['post'] = async (body, headers = { Authorization: authorization }) => {
    const response = await fetch(server.url, { method: 'POST', body, headers });
    return { status: response.status, text: await response.text() };
  };
  const ask: TestServer['ask'] = async (method, ...params) => {
    const { status, text } = await post(JSON.stringify({ id: 1, method, params }));
    return { status, ...(JSON.parse(text) as { result: unknown; error: RpcAnswer['error'] }) };
  };
  return {
    server,
    clock,
    post,
    ask,
    async rpc<T>(method: string, ...params: readonly unknown[]) {
      const { result, error } = await ask(method, ...params);
      if (error !== null) throw new Error(`${error.code}: ${error.message}`);
      return result as T;
    },
    [Symbol.asyncDispose]: () => server.close(),
  };
}

/** An output that can be spent in tests. */
export interface Utxo {
  readonly txid: string;
  readonly vout: number;
  readonly amountSats: Sats;
  readonly script: Uint8Array;
}

export const UNKNOWN_TXID = 'ab'.repeat(32);

export function utxo(script: Uint8Array, amountSats = 1_000_000n, txid = UNKNOWN_TXID, vout = 0): Utxo {
  return { txid, vout, amountSats: sats(amountSats), script };
}

export interface TestOutput {
  readonly script: Uint8Array;
  readonly amountSats: bigint;
}

export interface Draft {
  readonly inputs: readonly Utxo[];
  readonly outputs: readonly TestOutput[];
  readonly version?: number;
  readonly lockTime?: number;
  readonly sequence?: number;
}

/** The transaction of a draft, unsigned, in the library's form: it makes the signature hashes of the tests. */
export function unsigned({ inputs, outputs, version = 2, lockTime = 0, sequence = 0xffff_fffd }: Draft): Transaction {
  const tx = new Transaction({
    version,
    lockTime,
    allowUnknownOutputs: true,
    allowUnknownVersion: true,
    disableScriptCheck: true,
  });
  for (const { txid, vout, amountSats, script } of inputs) {
    tx.addInput({ txid, index: vout, sequence, witnessUtxo: { script, amount: amountSats } });
  }
  for (const { script, amountSats } of outputs) tx.addOutput({ script, amount: amountSats });
  return tx;
}

/** The bytes of a draft with these witnesses. */
export function withWitnesses(draft: Draft, witnesses: readonly (readonly Uint8Array[])[]): Uint8Array {
  const raw = RawTx.decode(unsigned(draft).toBytes(true, false));
  const segwitFlag = witnesses.some((witness) => witness.length > 0);
  return RawTx.encode({ ...raw, segwitFlag, witnesses: segwitFlag ? witnesses.map((items) => [...items]) : undefined });
}

/** A federation of the test keys, as protocol.md describes its output. */
export interface Federation {
  readonly address: string;
  readonly script: Uint8Array;
  readonly leaf: Uint8Array;
  readonly controlBlock: Uint8Array;
  readonly keys: readonly Uint8Array[];
  readonly threshold: number;
}

export function federation(keyNumbers: readonly number[], threshold: number): Federation {
  const keys = keyNumbers.map(privateKey);
  const leaf = Script.encode([
    ...keys.flatMap((key, index): ScriptType => [utils.pubSchnorr(key), index === 0 ? 'CHECKSIG' : 'CHECKSIGADD']),
    threshold,
    'GREATERTHANOREQUAL',
  ]);
  const payment = p2tr(TAPROOT_UNSPENDABLE_KEY, { script: leaf }, REGTEST_NETWORK, true);
  const [leafScript] = payment.tapLeafScript ?? [];
  if (leafScript === undefined || payment.address === undefined) throw new Error('no leaf');
  const controlBlock = TaprootControlBlock.encode(leafScript[0]);
  return { address: payment.address, script: payment.script, leaf, controlBlock, keys, threshold };
}

/** Signature of one key over a leaf's spend of input `index`. */
export function leafSignature(
  draft: Draft,
  index: number,
  leaf: Uint8Array,
  key: Uint8Array,
  hashType = 0,
): Uint8Array {
  const hash = unsigned(draft).preimageWitnessV1(
    index,
    draft.inputs.map((input) => input.script),
    hashType,
    draft.inputs.map((input) => input.amountSats),
    undefined,
    leaf,
  );
  const signature = schnorr.sign(hash, key);
  return hashType === 0 ? signature : Uint8Array.of(...signature, hashType);
}

/** The witness by which the members at these positions spend: signatures in reverse key order, empty for the absent. */
export function federationWitness(
  draft: Draft,
  index: number,
  fed: Federation,
  signers: readonly number[],
): Uint8Array[] {
  const signatures = fed.keys.map((key, position) =>
    signers.includes(position) ? leafSignature(draft, index, fed.leaf, key) : new Uint8Array(0),
  );
  return [...signatures.reverse(), fed.leaf, fed.controlBlock];
}

/** A single-key output of the tests. */
export function keyOutput(key: Uint8Array): { address: string; script: Uint8Array } {
  const { address, script } = p2wpkh(pubECDSA(key), REGTEST_NETWORK);
  if (address === undefined) throw new Error('no address');
  return { address, script };
}

/** The failure code with which a spend is refused, or null if it is allowed. */
export function judge(bytes: Uint8Array, spent: readonly TestOutput[], inputIndex = 0, policy = true): string | null {
  try {
    verifySpend({ tx: decodeTx(bytes), inputIndex, spent: spent as readonly TxOutput[], policy });
    return null;
  } catch (error) {
    if (error instanceof ScriptFailure) return error.code;
    throw error;
  }
}

/** A draft whose inputs are all P2WPKH outputs of one key, signed. */
export function signedByKey(draft: Draft, key: Uint8Array): Uint8Array {
  const publicKey = pubECDSA(key);
  const scriptCode = p2pkh(publicKey).script;
  const witnesses = draft.inputs.map((input, index) => {
    const hash = unsigned(draft).preimageWitnessV0(index, scriptCode, SigHash.ALL, input.amountSats);
    return [Uint8Array.of(...signECDSA(hash, key), SigHash.ALL), publicKey];
  });
  return withWitnesses(draft, witnesses);
}

/** The key to which `startFundedServer` mines. */
export const MINER_KEY = privateKey(1000);
export const MINER = keyOutput(MINER_KEY);

/** A server whose first blocks' coinbases are mature and belong to the miner's key. */
export async function startFundedServer(
  coins = 1,
  options: Partial<RegtestServerOptions> = {},
): Promise<TestServer & { readonly coins: readonly Utxo[] }> {
  const test = await startTestServer(options);
  test.server.mine(100 + coins, MINER.address);
  return { ...test, coins: Array.from({ length: coins }, (_, index) => coinbaseOf(test.server, index + 1)) };
}

/** The output that a block's coinbase pays to the miner's key. */
export function coinbaseOf(server: RegtestServer, height: number): Utxo {
  const coinbase = server.chain.at(height)?.block.transactions[0];
  const output = coinbase?.outputs[0];
  if (coinbase === undefined || output === undefined) throw new Error(`no block at ${height}`);
  return { txid: coinbase.txid, vout: 0, amountSats: output.amountSats, script: output.script };
}

/** What a transaction pays at an index, as an output to spend. */
export function outputOf(bytes: Uint8Array, vout: number): Utxo {
  const tx = decodeTx(bytes);
  const output = tx.outputs[vout];
  if (output === undefined) throw new Error(`no output ${vout}`);
  return { txid: tx.txid, vout, amountSats: output.amountSats, script: output.script };
}
