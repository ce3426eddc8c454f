import { EthApiError } from '../../../node-core/ports/eth-api.ts';
import { addressOf } from '../../support/evm-chain.ts';
import { PRECOMPILE_VECTORS } from '../../support/precompile-vectors.ts';
import type { Random } from '../random.ts';
import { StallWatch } from '../stalls.ts';
import { ACCOUNTS } from '../world/payments.ts';
import { signTransaction } from '../world/raw-transaction.ts';
import type { FuzzWorld } from '../world/world.ts';
import type { Target } from './target.ts';

const GWEI = 1_000_000_000n;
/** One input in so many is as large as a call may be: not a multiple of their number, so that each has its turn. */
const HEAVY_EVERY = 41;
/** Calls between two blocks whose transactions call precompiles. */
const CALLS_PER_BLOCK = 20;
/** What an operator's halt waits at most for, whatever is executed. */
const MAX_STALL_MS = 1000;

const word = (value: number): string => value.toString(16).padStart(64, '0');
const vector = (index: number): string => (PRECOMPILE_VECTORS[index - 1]?.input ?? '0x').slice(2);

function modexp(random: Random, heavy: boolean): string {
  const short = [0, 1, 2, 7, 8, 31, 32, 33, 64];
  const [base, modulus] = [random.pick([...short, 256, 1024, 1032]), random.pick([...short, 256, 1024, 1032])];
  const exponent = heavy ? random.pick([8000, 100_000, 400_000]) : random.pick([0, 1, 3, 32, 100]);
  const tail = random.pick(['', '01', '02', 'fd', '80', '00']);
  const numbers = [base, exponent, modulus].map((length) => random.pick(['ff', '00', '80', '5a']).repeat(length));
  const joined = numbers.join('');
  return [base, exponent, modulus].map(word).join('') + joined.slice(0, joined.length - tail.length) + tail;
}

function blake2f(random: Random, heavy: boolean): string {
  const rounds = heavy ? random.pick([1_000_000, 0x2faf07f, 0xffffffff]) : random.integer(1000);
  return rounds.toString(16).padStart(8, '0') + vector(9).slice(8);
}

/** Valid and large inputs for the precompile 0x0n. */
function input(index: number, random: Random, heavy: boolean): string {
  if (index === 5) return modexp(random, heavy);
  if (index === 9) return blake2f(random, heavy);
  if (index === 8) return vector(8).repeat(heavy ? 300 : random.integer(3));
  if (index > 4 || index === 1) return vector(index) + (heavy ? '5a'.repeat(400_000) : '');
  return random.pick(['00', '5a', 'ff']).repeat(heavy ? 400_000 : random.pick([0, 1, 32, 65, 10_000]));
}

/** As it is, shorter, longer, or with a bit turned. */
function mutated(text: string, random: Random): string {
  if (random.chance(0.5)) return text;
  return random.pick([
    () => random.flipHex(`0x${text}`).slice(2),
    () => text.slice(0, 2 * random.integer(text.length / 2 + 1)),
    () => text + random.hex(random.integer(40)).slice(2),
  ])();
}

const nameOf = (index: number): string => (PRECOMPILE_VECTORS[index - 1]?.name ?? '').slice(0, 4);
const INDICES = PRECOMPILE_VECTORS.map((_, at) => at + 1);

/** Calls of each precompile by wallets and in blocks, as large as they may be: nobody waits for them. */
export const precompiles: Target = {
  name: 'precompile',
  share: 0.02,
  stages: [...INDICES.map((index) => `${nameOf(index)} answered`), 'failed', 'in a block'],
  async run(world, _bases, count) {
    const watch = new StallWatch();
    for (let i = 0; i < count; i++) {
      const index = INDICES[i % INDICES.length] as number;
      await call(world, index, i % HEAVY_EVERY === HEAVY_EVERY - 1);
      if (i % CALLS_PER_BLOCK === CALLS_PER_BLOCK - 1) {
        await world.checkUnchanged('precompiles');
        await block(world);
      }
    }
    await world.checkUnchanged('precompiles');
    const stallMs = watch.end();
    if (stallMs > MAX_STALL_MS) world.tally.problem(`precompile: the event loop stood still for ${stallMs} ms`);
  },
};

async function call({ node, random, tally }: FuzzWorld, index: number, heavy: boolean): Promise<void> {
  const data = `0x${mutated(input(index, random, heavy), random)}`;
  const to = `0x${index.toString(16).padStart(40, '0')}`;
  try {
    await node.evm.request('eth_call', [{ to, data, gas: '0x2faf080' }, 'latest']);
    tally.count('precompile', `${nameOf(index)} answered`, false);
  } catch (error) {
    tally.count('precompile', 'failed', false);
    if (!(error instanceof EthApiError))
      tally.problem(`precompile: ${nameOf(index)} throws: ${(error as Error).stack} for ${data.slice(0, 400)}`);
  }
}

/** A peer's block with a call by each account, whatever becomes of it: the node comes to the same. */
async function block(world: FuzzWorld): Promise<void> {
  const { federation, random, tally } = world;
  const chainId = BigInt(federation.network.chainId);
  for (let account = 0; account < ACCOUNTS; account++) {
    const index = random.pick(INDICES);
    const nonce = BigInt(await federation.rpc<string>('eth_getTransactionCount', [addressOf(account), 'pending']));
    const data = `0x${mutated(input(index, random, false), random)}`;
    const to = `0x${index.toString(16).padStart(40, '0')}`;
    const fields = [chainId, nonce, 2_000_000n, 2n * GWEI, 1_000_000n, to, 0n, data, []];
    await federation.evm.submitTransaction(signTransaction({ type: 2, chainId, fields }, account));
    tally.count('precompile', 'in a block', false);
  }
  await world.extend(await federation.propose(world.nextPeerSlot(), []));
  await world.remember();
}
