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
import { type BitcoinPeer, type StartBitcoinPeer, rawCall } from '../../support/bitcoin/peer.ts';

/** Makes the first coinbases mature. */
const FIRST_BLOCKS = 101;
const OUTPUT_SATS = 10_000n;
const RANDOM_SCRIPTS = 20_000;
/** Of the random scripts that pass, and of those that don't: as many go to both. */
const SCRIPTS_OF_A_KIND = 200;
const SEED = 20_260_101;
const MAX_FEE_BTC_PER_KVB = 0.1;

interface Pair extends AsyncDisposable {
  readonly server: TestServer;
  readonly peer: BitcoinPeer;
  /** Gives the server the peer's block at a height. @returns what the server says, null for a taken one */
  toServer(height: number): Promise<unknown>;
  /** Gives the peer a block of the server's. @returns what the peer says, null for a taken one */
  toPeer(hash: string): Promise<unknown>;
}

/** Both on one chain, which the peer made. */
async function startPair(start: StartBitcoinPeer): Promise<Pair> {
  const peer = await start(MINER.address);
  const server = await startTestServer({ clock: { nowMs: () => Date.now() } });
  const pair: Pair = {
    server,
    peer,
    async toServer(height) {
      const hash = await rawCall(peer, 'getblockhash', [height]);
      return server.rpc('submitblock', await rawCall(peer, 'getblock', [hash, 0]));
    },
    toPeer: async (hash) => rawCall(peer, 'submitblock', [await server.rpc('getblock', hash, 0)]),
    async [Symbol.asyncDispose]() {
      await server.server.close();
      await peer.stop();
    },
  };
  await peer.mine(FIRST_BLOCKS);
  const tip = (await rawCall(peer, 'getblockcount', [])) as number;
  for (let height = 1; height <= tip; height++) expect(await pair.toServer(height)).toBeNull();
  return pair;
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

/** Pays every case an output, in blocks that the peer takes too. */
async function fund({ server, toPeer }: Pair, cases: readonly Case[]): Promise<Utxo[]> {
  const coin = coinbaseOf(server.server, 1);
  const outputs = cases.map(({ script }) => ({ script, amountSats: OUTPUT_SATS }));
  const rest = coin.amountSats - OUTPUT_SATS * BigInt(cases.length) - 100_000n;
  const draft = { inputs: [coin], outputs: [...outputs, { script: MINER.script, amountSats: rest }] };
  const bytes = signedByKey(draft, MINER_KEY);
  await server.rpc('sendrawtransaction', bytesToBareHex(bytes));
  for (const hash of server.server.mine(2, MINER.address)) expect(await toPeer(hash)).toBeNull();
  return cases.map((_, index) => outputOf(bytes, index));
}

/** What the regtest server must share with real software: whose blocks it takes, whose spends it judges alike. */
export function compareServers(name: string, start: StartBitcoinPeer): void {
  describe(`the regtest server beside ${name}`, () => {
    it('takes its blocks and makes blocks that it takes, reorgs included', async () => {
      await using pair = await startPair(start);
      const { server, peer, toPeer } = pair;
      const fed = federation([1, 2, 3], 2);
      const [utxo] = (await fund(pair, [{ name: 'federation', script: fed.script, witness: () => [] }])) as [Utxo];
      const payout: Draft = {
        inputs: [utxo],
        outputs: [{ script: MINER.script, amountSats: OUTPUT_SATS - 500n }],
      };
      const bytes = withWitnesses(payout, [federationWitness(payout, 0, fed, [1, 2])]);
      await server.rpc('sendrawtransaction', bytesToBareHex(bytes));
      const [first = '', second = ''] = server.server.mine(2, MINER.address);
      expect([await toPeer(first), await toPeer(second)]).toEqual([null, null]);
      expect(await rawCall(peer, 'getbestblockhash', [])).toBe(second);

      await server.rpc('invalidateblock', first);
      for (const hash of server.server.mine(3, MINER.address)) await toPeer(hash);
      expect(await rawCall(peer, 'getbestblockhash', [])).toBe(server.server.chain.tip.hash);

      await peer.mine(1);
      expect(await pair.toServer(server.server.chain.tip.height + 1)).toBeNull();
      expect(await rawCall(peer, 'getbestblockhash', [])).toBe(server.server.chain.tip.hash);
    });

    it('judges federation spends and random tapscripts as it does (HOLE-13)', async () => {
      const cases = [...federationCases(), ...randomCases()];
      await using pair = await startPair(start);
      const { server, peer } = pair;
      const utxos = await fund(pair, cases);
      const verdicts = { own: [] as string[], other: [] as string[] };
      for (const [index, { name: what, witness }] of cases.entries()) {
        const draft: Draft = {
          inputs: [utxos[index] as Utxo],
          outputs: [{ script: MINER.script, amountSats: OUTPUT_SATS - 1_000n }],
        };
        const params = [[bytesToBareHex(withWitnesses(draft, [witness(draft)]))], MAX_FEE_BTC_PER_KVB];
        const verdict = (answer: unknown): string =>
          `${(answer as [{ allowed: boolean }])[0].allowed ? 'allowed' : 'refused'}: ${what}`;
        verdicts.own.push(verdict(await server.rpc('testmempoolaccept', ...params)));
        verdicts.other.push(verdict(await rawCall(peer, 'testmempoolaccept', params)));
      }
      expect(verdicts.own).toEqual(verdicts.other);
      const allowed = verdicts.own.filter((verdict) => verdict.startsWith('allowed'));
      expect(allowed.length).toBeGreaterThan(SCRIPTS_OF_A_KIND);
    });
  });
}
