import type { EthAsker } from '../../../ports/eth-api.ts';
import { type Hex, hexToBytes } from '../../../primitives/hex.ts';
import { bloomMayHold } from '../bloom.ts';
import type { ExecutedBlock } from '../executed-block.ts';
import { OutOfTime, Pacer } from '../pacer.ts';
import { type EthContext, type MethodTable, findBlock } from './context.ts';
import { invalidParams, limitExceeded, serverError } from './errors.ts';
import { type Json, logsJson } from './json.ts';
import { address, blockChoice, blockHash, isObject, list, MAX_LIST, word } from './params.ts';

/** Which logs are meant: any of the addresses; at each place any of the topics, or any at all for null. */
interface LogFilter {
  readonly addresses: readonly Hex[];
  readonly topics: readonly (readonly Hex[] | null)[];
}

const MAX_TOPICS = 4;

function logFilter(value: unknown): LogFilter {
  if (!isObject(value)) throw invalidParams('filter: an object');
  const given = value['address'] ?? [];
  const topics = list(value['topics'] ?? [], 'topics');
  if (topics.length > MAX_TOPICS) throw invalidParams(`topics: at most ${MAX_TOPICS}`);
  return {
    addresses: (Array.isArray(given) ? list(given, 'address') : [given]).map((each) => address(each, 'address')),
    topics: topics.map((topic) => {
      if (topic === null || topic === undefined) return null;
      const any = Array.isArray(topic) ? list(topic, 'topics', MAX_LIST) : [topic];
      // A null among alternatives, or no alternative, is any topic.
      return any.length === 0 || any.includes(null) ? null : any.map((each) => word(each, 'topic'));
    }),
  };
}

/** Whether a block with this bloom can have such logs. */
function mayMatch(bloom: Uint8Array, { addresses, topics }: LogFilter): boolean {
  const mayHold = (item: Hex): boolean => bloomMayHold(bloom, hexToBytes(item));
  if (addresses.length > 0 && !addresses.some(mayHold)) return false;
  return topics.every((any) => any === null || any.some(mayHold));
}

function matchingLogs(block: ExecutedBlock, filter: LogFilter): readonly Json[] {
  if (!mayMatch(hexToBytes(block.payload.logsBloom), filter)) return [];
  const { addresses, topics } = filter;
  return block.receipts.flatMap((receipt, index) => {
    if (receipt.logs.length === 0) return [];
    return logsJson(block, index).filter((_, at) => {
      const log = receipt.logs[at];
      if (log === undefined || (addresses.length > 0 && !addresses.includes(log.address))) return false;
      return topics.every((any, place) => {
        const topic = log.topics[place];
        return topic !== undefined && (any === null || any.includes(topic));
      });
    });
  });
}

/** The logs that a query asks for, by ascending block number. */
async function queriedLogs(context: EthContext, value: unknown, { signal }: EthAsker): Promise<readonly Json[]> {
  const { chain, clock, config } = context;
  const filter = logFilter(value);
  const { maxLogs, callTimeoutMs } = config().rpc;
  const query = value as Readonly<Record<string, unknown>>;
  if (query['blockHash'] !== undefined && query['blockHash'] !== null) {
    if ((query['fromBlock'] ?? query['toBlock'] ?? null) !== null) {
      throw invalidParams('cannot specify both blockHash and fromBlock/toBlock');
    }
    const block = chain.block(blockHash(query['blockHash']));
    if (block === undefined) throw serverError('unknown block');
    return matchingLogs(block, filter);
  }
  const head = chain.head.payload.blockNumber;
  const from = findBlock(context, blockChoice(query['fromBlock']))?.payload.blockNumber ?? head + 1;
  const to = Math.min(findBlock(context, blockChoice(query['toBlock']))?.payload.blockNumber ?? head, head);
  const found: Json[] = [];
  const pacer = new Pacer(clock);
  pacer.start(clock() + callTimeoutMs);
  for (let number = from; number <= to; number++) {
    await pacer.pace();
    if (signal.aborted) throw new OutOfTime();
    const bloom = chain.bloomAt(number);
    if (bloom === undefined) throw serverError('header not found');
    if (!mayMatch(bloom, filter)) continue;
    const block = findBlock(context, { number });
    if (block === undefined) throw serverError('header not found');
    found.push(...matchingLogs(block, filter));
    if (found.length > maxLogs) throw limitExceeded(`query returned more than ${maxLogs} results`);
  }
  return found;
}

export function logMethods(context: EthContext): MethodTable {
  return { eth_getLogs: ([query], asker) => queriedLogs(context, query, asker) };
}
