import { type Hex, hexToBytes } from '../../../node-core/primitives/hex.ts';
import { ServiceError } from '../../../node-core/primitives/errors.ts';
import { addressOf } from '../../support/evm-chain.ts';
import { ACCOUNTS } from '../world/payments.ts';
import type { FuzzWorld } from '../world/world.ts';
import type { Target } from './target.ts';
import { mutatedTransaction, TRANSACTION_MUTATIONS, type TransactionMutation } from './transaction-mutations.ts';

const BATCH = 256;

/** In the pool's and the decoder's words. */
const STAGES: readonly (readonly [pattern: RegExp, stage: string])[] = [
  [/^oversized data/, 'size'],
  [/^invalid chain id/, 'chain id'],
  [/^only replay-protected/, 'chain id'],
  [/^exceeds block gas limit/, 'gas above the block’s'],
  [/^gas limit too high/, 'gas above a transaction’s'],
  [/^intrinsic gas too low/, 'intrinsic gas'],
  [/^transaction gas price below minimum/, 'tip'],
  [/^nonce too low/, 'nonce'],
  [/^replacement transaction underpriced/, 'replacement'],
  [/^account limit exceeded/, 'account limit'],
  [/^insufficient funds/, 'funds'],
  [/^txpool is full/, 'pool limit'],
];

/** Raw transactions at the user's door, at the execution client's and at gossip's. */
export const transactions: Target = {
  name: 'transaction',
  share: 0.18,
  stages: ['gossip: MALFORMED', 'gossip: handed on', 'decoding', 'taken', ...new Set(STAGES.map(([, stage]) => stage))],
  async run(world, _bases, count) {
    const nonces = await nextNonces(world);
    for (let i = 0; i < count; i++) {
      const mutation = TRANSACTION_MUTATIONS[i % TRANSACTION_MUTATIONS.length] as TransactionMutation;
      const { raw, signedAgain } = mutatedTransaction(mutation, nonces, world.random);
      await submit(world, raw, signedAgain, mutation.name);
      if (i % BATCH === BATCH - 1) await world.checkUnchanged('transactions');
    }
    await world.checkUnchanged('transactions');
  },
};

/** By account, at the head. */
async function nextNonces({ node }: FuzzWorld): Promise<readonly bigint[]> {
  const nonces: bigint[] = [];
  for (let i = 0; i < ACCOUNTS; i++)
    nonces.push(BigInt((await node.evm.request('eth_getTransactionCount', [addressOf(i), 'latest'])) as Hex));
  return nonces;
}

async function submit(world: FuzzWorld, raw: Hex, signedAgain: boolean, name: string): Promise<void> {
  const { node, tally, random } = world;
  const way = random.integer(10);
  if (way === 0) {
    const read = node.gossip('transactions', hexToBytes(raw));
    tally.count('transaction', read.ok ? 'gossip: handed on' : `gossip: ${read.refusal.code}`, signedAgain);
    return;
  }
  if (way < 5) {
    const answer = await node.submit(raw);
    tally.count(
      'transaction',
      answer.type === 'TransactionAccepted' ? 'taken' : stageOf(answer.rpcMessage),
      signedAgain,
    );
    return;
  }
  try {
    await node.evm.submitTransaction(raw);
    tally.count('transaction', 'taken', signedAgain);
  } catch (error) {
    const refused = error instanceof ServiceError && error.code === 'TRANSACTION_REFUSED';
    tally.count('transaction', refused ? stageOf(error.message) : 'thrown', signedAgain);
    if (!refused) tally.problem(`transaction: ${name} throws: ${(error as Error).stack} for ${raw.slice(0, 400)}`);
  }
}

const stageOf = (message: string): string => STAGES.find(([pattern]) => pattern.test(message))?.[1] ?? 'decoding';
