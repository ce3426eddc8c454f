import { OP, type ScriptType, Script, utils } from '@scure/btc-signer';
import { tapLeafHash } from '@scure/btc-signer/payment.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesToBareHex } from '../../../node-core/primitives/hex.ts';
import { ScriptFailure } from '../../../node-core/devnet/bitcoin/script/failure.ts';
import { runTapscript } from '../../../node-core/devnet/bitcoin/script/interpreter.ts';
import {
  type Draft,
  MINER,
  MINER_KEY,
  type TestServer,
  type Utxo,
  coinbaseOf,
  federation,
  federationWitness,
  leafSignature,
  outputOf,
  privateKey,
  signedByKey,
  startTestServer,
  withWitnesses,
} from '../../unit/devnet-bitcoin/support.ts';
import { type Btcd, findBtcd, startBtcd } from './btcd-process.ts';

/** btcd activates witnesses and taproot after three windows of signalling blocks, which it mines itself. */
const BLOCKS_UNTIL_TAPROOT = 600;
const OUTPUT_SATS = 10_000n;
const RANDOM_SCRIPTS = 20_000;
/** Of the random scripts that pass, and of those that don't: as many go to both. */
const SCRIPTS_OF_A_KIND = 200;
const SEED = 20_260_101;

const program = findBtcd();

/** Feeds the server's new blocks to btcd. @returns what btcd says to each, null for taken ones. */
async function pass(server: TestServer, btcd: Btcd, hashes: readonly string[]): Promise<unknown[]> {
  const answers: unknown[] = [];
  for (const hash of hashes) answers.push(await btcd.rpc('submitblock', await server.rpc('getblock', hash, 0)));
  return answers;
}

async function startBoth(): Promise<{ server: TestServer; btcd: Btcd } & AsyncDisposable> {
  const btcd = await startBtcd(program ?? '', MINER.address);
  const server = await startTestServer({ clock: { nowMs: () => Date.now() } });
  for (const hash of await btcd.rpc<string[]>('generate', BLOCKS_UNTIL_TAPROOT)) {
    expect(await server.rpc('submitblock', await btcd.rpc('getblock', hash, 0))).toBeNull();
  }
  return {
    server,
    btcd,
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await btcd[Symbol.asyncDispose]();
    },
  };
}

/** An output and the witness by which a case tries to spend it. */
interface Case {
  readonly name: string;
  readonly script: Uint8Array;
  readonly witness: (draft: Draft) => readonly Uint8Array[];
}

const empty = new Uint8Array(0);

function federationCases(): Case[] {
  const one = federation([1], 1);
  const fed = federation([1, 2, 3], 2);
  const of = (name: string, change: (witness: Uint8Array[], draft: Draft) => readonly Uint8Array[]): Case => ({
    name,
    script: fed.script,
    witness: (draft) => change(federationWitness(draft, 0, fed, [0, 2]), draft),
  });
  return [
    { name: '1-of-1', script: one.script, witness: (draft) => federationWitness(draft, 0, one, [0]) },
    of('2-of-3', (witness) => witness),
    of('3-of-3', (_, draft) => federationWitness(draft, 0, fed, [0, 1, 2])),
    of('one signature', (_, draft) => federationWitness(draft, 0, fed, [1])),
    of('no signature', (_, draft) => federationWitness(draft, 0, fed, [])),
    of('key order', ([a, b, c, ...rest]) => [c ?? empty, b ?? empty, a ?? empty, ...rest]),
    of('an extra item', (witness) => [empty, ...witness]),
    of('a missing item', (witness) => witness.slice(1)),
    of('a wrong signature instead of an empty one', (witness) => witness.with(1, new Uint8Array(64))),
    of("a stranger's signature", (witness, draft) => witness.with(0, leafSignature(draft, 0, fed.leaf, privateKey(4)))),
    of('an explicit default type', (witness) => witness.with(0, Uint8Array.of(...(witness[0] ?? empty), 0))),
    ...[1, 2, 3, 0x81, 0x82, 0x83].map((type) =>
      of(`type ${type}`, (witness, draft) => witness.with(0, leafSignature(draft, 0, fed.leaf, privateKey(3), type))),
    ),
    of('another leaf', (witness) => witness.with(3, one.leaf)),
    of('another parity', (witness) => witness.with(4, fed.controlBlock.with(0, (fed.controlBlock[0] ?? 0) ^ 1))),
    of('a longer control block', (witness) => witness.with(4, Uint8Array.of(...fed.controlBlock, 0))),
    of('an annex', (witness) => [...witness, Uint8Array.of(0x50, 1)]),
  ];
}

const OPCODES = Object.values(OP).filter((opcode) => opcode > OP.OP_16 && opcode <= OP.CHECKSIGADD);
const item = fc.oneof(
  fc.constantFrom(empty, Uint8Array.of(1), Uint8Array.of(2), Uint8Array.of(0x80), Uint8Array.of(0x81)),
  fc.uint8Array({ minLength: 0, maxLength: 5 }),
);
const part = fc.oneof(
  { weight: 3, arbitrary: fc.integer({ min: 0, max: 16 }).map((n): ScriptType => [n]) },
  { weight: 6, arbitrary: fc.constantFrom(...OPCODES).map((opcode): number => opcode) },
  { weight: 1, arbitrary: item.map((bytes): ScriptType => [bytes]) },
);

/** Whether a script passes here, but for its signatures and locks: to choose interesting ones. */
function passes(leaf: Uint8Array, items: readonly Uint8Array[]): boolean {
  const no = (): boolean => false;
  try {
    runTapscript(leaf, items, { policy: true, checkSignature: no, checkLockTime: no, checkSequence: no });
    return true;
  } catch (error) {
    if (error instanceof ScriptFailure) return false;
    throw error;
  }
}

/** Tapscripts of random opcodes, passing and failing ones: both must agree on which is which. */
function randomCases(): Case[] {
  const internalKey = utils.pubSchnorr(privateKey(6));
  const samples = fc.sample(
    fc.tuple(fc.array(part, { minLength: 1, maxLength: 8 }), fc.array(item, { maxLength: 4 })),
    { seed: SEED, numRuns: RANDOM_SCRIPTS },
  );
  const scripts = samples.map(([parts, items]) => ({
    leaf: Uint8Array.from(parts.flatMap((p) => (typeof p === 'number' ? [p] : [...Script.encode(p)]))),
    items,
  }));
  const chosen = [true, false].flatMap((wanted) =>
    scripts.filter(({ leaf, items }) => passes(leaf, items) === wanted).slice(0, SCRIPTS_OF_A_KIND),
  );
  return chosen.map(({ leaf, items }) => {
    const [outputKey, parity] = utils.taprootTweakPubkey(internalKey, tapLeafHash(leaf));
    const control = Uint8Array.of(0xc0 + parity, ...internalKey);
    return {
      name: `${bytesToBareHex(leaf)} on ${items.map(bytesToBareHex).join(' ')}`,
      script: Uint8Array.of(OP.OP_1, 32, ...outputKey),
      witness: () => [...items, leaf, control],
    };
  });
}

/** Pays every case an output, in blocks that btcd takes too. */
async function fund({ server, btcd }: { server: TestServer; btcd: Btcd }, cases: readonly Case[]): Promise<Utxo[]> {
  const coin = coinbaseOf(server.server, 1);
  const outputs = cases.map(({ script }) => ({ script, amountSats: OUTPUT_SATS }));
  const rest = coin.amountSats - OUTPUT_SATS * BigInt(cases.length) - 100_000n;
  const bytes = signedByKey(
    { inputs: [coin], outputs: [...outputs, { script: MINER.script, amountSats: rest }] },
    MINER_KEY,
  );
  await server.rpc('sendrawtransaction', bytesToBareHex(bytes));
  const answers = await pass(server, btcd, server.server.mine(2, MINER.address));
  expect(answers).toEqual([null, null]);
  return cases.map((_, index) => outputOf(bytes, index));
}

describe.skipIf(program === null)('beside btcd', () => {
  it('each takes the blocks that the other made, reorgs included', async () => {
    await using both = await startBoth();
    const { server, btcd } = both;
    const fed = federation([1, 2, 3], 2);
    const [utxo] = (await fund(both, [{ name: '', script: fed.script, witness: () => [] }])) as [Utxo];
    const payout: Draft = { inputs: [utxo], outputs: [{ script: MINER.script, amountSats: OUTPUT_SATS - 500n }] };
    const bytes = withWitnesses(payout, [federationWitness(payout, 0, fed, [1, 2])]);
    await server.rpc('sendrawtransaction', bytesToBareHex(bytes));
    const [first] = server.server.mine(2, MINER.address);
    expect(
      await pass(server, btcd, [server.server.chain.tip.parent?.hash ?? '', server.server.chain.tip.hash]),
    ).toEqual([null, null]);
    await server.rpc('invalidateblock', first);
    const branch = server.server.mine(3, MINER.address);
    await pass(server, btcd, branch);
    expect(await btcd.rpc('getbestblockhash')).toBe(await server.rpc('getbestblockhash'));
    const [more] = await btcd.rpc<[string]>('generate', 1);
    expect(await server.rpc('submitblock', await btcd.rpc('getblock', more, 0))).toBeNull();
    expect(await server.rpc('getbestblockhash')).toBe(more);
  });

  it('both judge the same spends alike: federation spends and random tapscripts', async () => {
    const cases = [...federationCases(), ...randomCases()];
    await using both = await startBoth();
    const utxos = await fund(both, cases);
    const verdicts = { server: [] as string[], btcd: [] as string[] };
    for (const [index, { name, witness }] of cases.entries()) {
      const draft: Draft = {
        inputs: [utxos[index] as Utxo],
        outputs: [{ script: MINER.script, amountSats: OUTPUT_SATS - 1_000n }],
      };
      const hex = bytesToBareHex(withWitnesses(draft, [witness(draft)]));
      for (const peer of ['server', 'btcd'] as const) {
        const [tested] = await both[peer].rpc<[{ allowed: boolean }]>('testmempoolaccept', [hex], 0.1);
        verdicts[peer].push(`${tested.allowed ? 'allowed' : 'refused'}: ${name}`);
      }
    }
    expect(verdicts.server).toEqual(verdicts.btcd);
    expect(verdicts.server.filter((verdict) => verdict.startsWith('allowed')).length).toBeGreaterThan(
      SCRIPTS_OF_A_KIND,
    );
  });
});
