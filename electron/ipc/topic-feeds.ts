import type { ConsoleModel, ConsoleSource } from '../../node-core/index.ts';
import type { Topic, TopicData, TopicParams } from '../contract/topics.ts';
import { CachedValue } from './cached-value.ts';
import { matchesFilter } from './message-sampler.ts';

const AUDIT_ENTRIES = 200;
/** Balances and the audit log change by interventions and blocks: a second old is new enough. */
const SLOW_MS = 1000;
/** Every hash is computed for it: it is done anew after an intervention, else once a minute. */
const VERIFY_MS = 60_000;

/** What each topic shows now; undefined while it isn't known yet. `messages` is fed by its own sampler. */
export type TopicFeeds = {
  readonly [T in Exclude<Topic, 'messages'>]: (params: TopicParams<T>) => TopicData<T> | undefined;
};

export interface Feeds {
  readonly feeds: TopicFeeds;
  /** An intervention changed what is cached. */
  expire(): void;
}

export function topicFeeds(model: ConsoleModel, source: ConsoleSource, nowMs: () => number): Feeds {
  const wallets = new CachedValue(SLOW_MS, async () => source.devnet?.wallets() ?? null);
  const audit = new CachedValue(SLOW_MS, () => source.controls.auditLog(AUDIT_ENTRIES));
  const verdict = new CachedValue(VERIFY_MS, () => source.controls.verifyAudit());
  const feeds: TopicFeeds = {
    overview: () => model.overview(),
    tree: () => model.tree(),
    actor: ({ path }) => model.actor(path),
    flow: () => model.flow(),
    recent: ({ limit, ...filter }) => ({ messages: model.recent(limit, matchesFilter(filter)) }),
    traces: (query) => ({ traces: model.traces(query) }),
    trace: ({ correlationId }) => model.trace(correlationId),
    pegs: (query) => model.pegs(query),
    operation: ({ id }) => model.operation(id),
    chain: () => model.chain(),
    execution: () => model.execution(),
    network: () => model.network(),
    logs: (query) => model.logs(query),
    audit: () => {
      const entries = audit.get(nowMs());
      return entries === undefined ? undefined : { entries, verdict: verdict.get(nowMs()) ?? null };
    },
    devnet: () => {
      const known = wallets.get(nowMs());
      if (known === undefined || known === null) return known;
      return {
        ...known,
        bitcoinBalanceSats: known.bitcoinBalanceSats.toString(),
        evmBalanceWei: known.evmBalanceWei.toString(),
      };
    },
  };
  return {
    feeds,
    expire: () => {
      wallets.expire();
      audit.expire();
      verdict.expire();
    },
  };
}
