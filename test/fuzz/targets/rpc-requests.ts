import { addressOf, BRIDGE_ADDRESS } from '../../support/evm-chain.ts';
import type { Random } from '../random.ts';
import type { FuzzWorld } from '../world/world.ts';
import { FIRST_PAYEE } from '../world/payments.ts';
import { signTransaction } from '../world/raw-transaction.ts';

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

const TAGS = ['latest', 'safe', 'finalized', 'earliest', 'pending', '0x1', '0x0', '0xffffff'];

/** A valid request of some wallet method. */
export function validRequest(world: FuzzWorld): { readonly method: string; readonly params: readonly Json[] } {
  const { random, federation } = world;
  const { block } = random.pick(federation.chain).signedBlock;
  const hash = block.payload.blockHash;
  const tag = random.pick(TAGS);
  const account = addressOf(random.integer(10));
  const call = {
    from: account,
    to: random.pick([BRIDGE_ADDRESS, addressOf(3), addressOf(FIRST_PAYEE)]),
    value: '0x1',
    data: random.pick(['0x', '0x9911dc74', random.hex(36)]),
    gas: '0x186a0',
  };
  const filter = {
    address: BRIDGE_ADDRESS,
    topics: [random.hex(32), null, [random.hex(32)]],
    fromBlock: '0x0',
    toBlock: 'latest',
  };
  const requests: readonly (readonly [string, readonly Json[]])[] = [
    ['eth_chainId', []],
    ['eth_blockNumber', []],
    ['eth_syncing', []],
    ['eth_gasPrice', []],
    ['eth_maxPriorityFeePerGas', []],
    ['eth_feeHistory', ['0x5', tag, [10, 50, 90]]],
    ['eth_getBalance', [account, tag]],
    ['eth_getCode', [BRIDGE_ADDRESS, tag]],
    ['eth_getStorageAt', [BRIDGE_ADDRESS, '0x0', tag]],
    ['eth_getTransactionCount', [account, tag]],
    ['eth_call', [call, tag]],
    [
      'eth_call',
      [{ ...call, gas: '0xf4240' }, 'latest', { [account]: { balance: '0xffffffffff', code: random.hex(20) } }],
    ],
    ['eth_call', [{ ...call, to: BRIDGE_ADDRESS, data: '0x9911dc74' }, 'latest']],
    ['eth_estimateGas', [call]],
    ['eth_estimateGas', [{ to: BRIDGE_ADDRESS, data: '0x9911dc74' }]],
    ['eth_getBlockByNumber', [tag, random.chance(0.5)]],
    ['eth_getBlockByHash', [hash, random.chance(0.5)]],
    ['eth_getBlockReceipts', [tag]],
    ['eth_getBlockTransactionCountByHash', [hash]],
    ['eth_getBlockTransactionCountByNumber', [tag]],
    ['eth_getTransactionByHash', [random.hex(32)]],
    ['eth_getTransactionReceipt', [random.hex(32)]],
    ['eth_getTransactionByBlockHashAndIndex', [hash, '0x0']],
    ['eth_getTransactionByBlockNumberAndIndex', [tag, '0x0']],
    ['eth_getLogs', [filter]],
    ['eth_getLogs', [{ blockHash: hash }]],
    ['eth_newFilter', [filter]],
    ['eth_newBlockFilter', []],
    ['eth_newPendingTransactionFilter', []],
    ['eth_getFilterChanges', ['0x1']],
    ['eth_getFilterLogs', ['0x1']],
    ['eth_uninstallFilter', ['0x1']],
    ['eth_sendRawTransaction', [rawTransaction(world)]],
    ['net_version', []],
    ['web3_clientVersion', []],
    ['web3_sha3', [random.hex(10)]],
    [
      'eth_subscribe',
      [random.pick(['newHeads', 'logs', 'newPendingTransactions', 'syncing']), { address: BRIDGE_ADDRESS }],
    ],
    ['eth_unsubscribe', [random.hex(16)]],
  ];
  const [method, params] = random.pick(requests);
  return { method, params };
}

function rawTransaction({ random, federation }: FuzzWorld): string {
  const chainId = BigInt(federation.network.chainId);
  const fields = [
    chainId,
    BigInt(random.integer(50)),
    2_000_000n,
    2_000_000_000n,
    21_000n,
    addressOf(FIRST_PAYEE),
    1n,
    '0x',
    [],
  ];
  return signTransaction({ type: 2, chainId, fields }, random.integer(10));
}

/** JSON text of a value that JSON.stringify would not write: keys twice, numbers beyond all bounds. */
const RAW_TEXTS = [
  '{"__proto__":{"polluted":true}}',
  '{"constructor":{"prototype":{"polluted":true}}}',
  '{"toString":1,"hasOwnProperty":1}',
  '{"address":"0x00","address":null}',
  '1e999',
  '-1e999',
  '9007199254740993',
  '1'.repeat(400),
  '-0',
  '1.5',
  '"\\ud800"',
  '"\\u0000"',
];

function oddValue(random: Random): string {
  const deep = random.integer(60);
  return random.pick([
    () => 'null',
    () => 'true',
    () => '[]',
    () => '{}',
    () => '""',
    () => '"0x"',
    () => '"0x0x"',
    () => '"0xg"',
    () => '"latest "',
    () => '-1',
    () => `"0x${'f'.repeat(1 + random.integer(80))}"`,
    () => `"0x0${random.hex(4).slice(2)}"`,
    () => `"${random.hex(random.integer(70))}"`,
    () => `"${'x'.repeat(random.pick([10, 1000, 20_000]))}"`,
    () => `[${new Array(random.pick([3, 1025, 3000])).fill('"0x1"').join(',')}]`,
    () => `${'['.repeat(deep)}${']'.repeat(deep)}` || '[]',
    () => `${'{"a":'.repeat(deep)}1${'}'.repeat(deep)}`,
    () => random.pick(RAW_TEXTS),
    () => JSON.stringify({ blockHash: random.hex(32), requireCanonical: random.chance(0.5) }),
    () => JSON.stringify({ blockNumber: random.pick(['0x1', 'latest', '1', null]) }),
    () => JSON.stringify({ [random.hex(20)]: { state: { [random.hex(32)]: random.hex(32) }, nonce: '0x1' } }),
    () => JSON.stringify({ fromBlock: '0x0', toBlock: random.hex(7), topics: [[], [null], null, random.hex(32)] }),
    () => JSON.stringify({ to: null, data: random.hex(40), gas: '0xffffffff' }),
    () => JSON.stringify({ from: addressOf(0), gasPrice: '0x1', maxFeePerGas: '0x1' }),
  ])();
}

/** JSON text of the value with one of its parts replaced, dropped or added. */
function mutatedText(value: Json, random: Random): string {
  if (value === null || typeof value !== 'object' || random.chance(0.2)) return oddValue(random);
  if (Array.isArray(value)) {
    const parts = (value as readonly Json[]).map((each) => JSON.stringify(each));
    const at = random.integer(parts.length + 1);
    if (at === parts.length) parts.push(oddValue(random));
    else if (random.chance(0.15)) parts.splice(at, 1);
    else parts[at] = mutatedText((value as readonly Json[])[at] as Json, random);
    return `[${parts.join(',')}]`;
  }
  const entries = Object.entries(value).map(([key, each]) => [JSON.stringify(key), JSON.stringify(each)]);
  const at = random.integer(entries.length + 1);
  const entry = entries[at];
  if (entry === undefined)
    entries.push([JSON.stringify(random.pick(['__proto__', 'blockHash', 'input', 'x'])), oddValue(random)]);
  else if (random.chance(0.15)) entries.splice(at, 1);
  else if (random.chance(0.1)) entry[0] = '"__proto__"';
  else entry[1] = mutatedText(Object.values(value)[at] as Json, random);
  return `{${entries.map(([key, text]) => `${key}:${text}`).join(',')}}`;
}

const METHODS = [
  'personal_sign',
  'admin_peers',
  'debug_traceTransaction',
  'eth_sendTransaction',
  'eth_accounts_',
  '__proto__',
  'eth_constructor',
  'eth_toString',
  'net_',
  '',
  'rpc.discover',
];

/** A request's text, changed somewhere: in its parameters mostly, else in its envelope or as bytes. */
export function mutatedRequest(world: FuzzWorld): string {
  const { random } = world;
  const { method, params } = validRequest(world);
  const id = random.integer(1_000_000);
  const whole = (text: string): string =>
    `{"jsonrpc":"2.0","id":${id},"method":${JSON.stringify(method)},"params":${text}}`;
  const valid = whole(JSON.stringify(params));
  switch (random.integer(16)) {
    case 0:
      return mutatedText({ jsonrpc: '2.0', id, method, params }, random);
    case 1:
      return `{"jsonrpc":"2.0","id":${id},"method":${JSON.stringify(random.pick([...METHODS, 'x'.repeat(200), `${method}x`]))},"params":[]}`;
    case 2:
      return batch(world, valid);
    case 3: {
      const at = random.integer(valid.length);
      return random.pick([
        valid.slice(0, at),
        `${valid.slice(0, at)}${random.pick(['"', '}', ',', '\u0000', '\ufeff'])}${valid.slice(at)}`,
        `${valid}}`,
      ]);
    }
    case 4:
      return `{"jsonrpc":"2.0","id":${oddValue(random)},"method":${JSON.stringify(method)},"params":${JSON.stringify(params)}}`;
    case 5:
      return `{"jsonrpc":"2.0","method":${JSON.stringify(method)},"params":${mutatedText(params, random)}}`;
    default:
      return whole(mutatedText(params, random));
  }
}

function batch(world: FuzzWorld, valid: string): string {
  const { random } = world;
  const length = random.pick([0, 1, 2, 5, 100, 101]);
  const each = (): string =>
    random.pick([
      () => valid,
      () => oddValue(random),
      () => `[${valid}]`,
      () => '{"jsonrpc":"2.0","method":"eth_chainId"}',
    ])();
  return `[${Array.from({ length }, length > 5 ? () => '{"jsonrpc":"2.0","id":1,"method":"eth_chainId"}' : each).join(',')}]`;
}
