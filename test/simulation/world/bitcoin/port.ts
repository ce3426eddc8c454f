import { answerAfter, failAfter, type SimulatedAnswer } from '../../../../node-core/kernel/pump/simulation.ts';
import { NetworkError, ServiceError } from '../../../../node-core/primitives/errors.ts';
import type { Observer } from '../observation.ts';
import { type Bitcoin, Rejected } from './bitcoin.ts';
import type { Block } from './chain.ts';
import { parseTx } from './transaction.ts';

/** How one node's Bitcoin node misbehaves. */
export class BitcoinFaults {
  /** Share of the calls that fail, each in one of several ways. */
  errorShare = 0;
  /** Share of broadcasts that are done and not answered. */
  lostAnswerShare = 0;
  /** The tip that it goes on to report; its branch may have been replaced since. */
  stalledAt: Block | null = null;
  readonly met = { error: 0, lostAnswer: 0, disagreement: 0 };
}

const CALL_MS = 8;
const TIMEOUT_MS = 3000;

/** One node's Bitcoin node: a view of the one network, by the words of `ports/bitcoin.ts`. */
export function bitcoinPort(
  bitcoin: Bitcoin,
  faults: BitcoinFaults,
  { node, random, observe }: { readonly node: number; readonly random: () => number; readonly observe: Observer },
) {
  const { chain } = bitcoin;
  const call = (act: () => unknown): SimulatedAnswer => {
    const delayMs = CALL_MS + Math.floor(random() * CALL_MS);
    if (random() < faults.errorShare) {
      faults.met.error++;
      return failAfter(delayMs, brokenCall(random));
    }
    try {
      return answerAfter(delayMs, act());
    } catch (error) {
      return failAfter(delayMs, error);
    }
  };
  const tip = (): Block => faults.stalledAt ?? chain.tip;
  /** The block at a height of the branch that this node follows. */
  const at = (height: number): Block | undefined => {
    const { stalledAt } = faults;
    if (stalledAt === null) return chain.best[height];
    let block: Block | undefined = stalledAt;
    while (block !== undefined && block.height > height) block = chain.parentOf(block);
    return block?.height === height ? block : undefined;
  };
  const notFound = (): never => {
    throw new ServiceError('BITCOIN_NOT_FOUND', 'no such block');
  };
  return {
    getTip: () =>
      call(() => {
        const served = tip();
        if (chain.best[served.height] !== served) faults.met.disagreement++;
        observe({ kind: 'tipServed', node, tip: served });
        return { chain: 'regtest', hash: served.hash, height: served.height };
      }),
    getBlockHash: (height: number) => call(() => at(height)?.hash ?? notFound()),
    getBlock: (hash: string) =>
      call(() => {
        const block = chain.blocks.get(hash) ?? notFound();
        const { previousHash, height, timeS, txs } = block;
        return { hash, height, previousHash, timeS, transactions: txs.map(({ raw }) => raw) };
      }),
    testMempoolAccept: () => call(() => ({ allowed: true, reason: null })),
    broadcast: (raw: string) =>
      call(() => {
        const outcome = submit(bitcoin, raw);
        observe({ kind: 'broadcast', node, tx: outcome.tx, refusal: outcome.refusal });
        if (random() < faults.lostAnswerShare) {
          faults.met.lostAnswer++;
          throw new NetworkError('BITCOIN_TIMEOUT', 'no answer, though it was done');
        }
        if (outcome.refusal !== null) throw new ServiceError('BITCOIN_RPC', `-26: ${outcome.refusal}`);
        return { txid: outcome.tx.txid, alreadyKnown: outcome.known };
      }),
    estimateFeeRate: () => call(() => bitcoin.feeRate),
  };
}

function submit(bitcoin: Bitcoin, raw: string) {
  try {
    return { ...bitcoin.submit(raw), refusal: null };
  } catch (error) {
    if (!(error instanceof Rejected)) throw new ServiceError('BITCOIN_RPC', `-22: ${String(error)}`);
    return { tx: parseTx(raw), known: false, refusal: error.message };
  }
}

const brokenCall = (random: () => number): Error => {
  const kind = random();
  if (kind < 0.3) return new NetworkError('BITCOIN_UNREACHABLE', 'connection refused');
  if (kind < 0.5) return new NetworkError('BITCOIN_TIMEOUT', `no answer in ${TIMEOUT_MS} ms`);
  if (kind < 0.7) return new ServiceError('BITCOIN_UNAUTHORIZED', 'HTTP 401');
  return new ServiceError('BITCOIN_MALFORMED', 'truncated JSON');
};
