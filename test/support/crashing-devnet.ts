import { writeSync } from 'node:fs';
import { createDevnet, devnetParameters, type NodePorts, sats } from '../../node-core/index.ts';
import { bridgeViewOf, confirmedPayments } from '../flows/scenarios/pegs.ts';
import { nodeOf } from '../flows/scenarios/play.ts';
import { eventually } from './devnet.ts';

/**
 * A devnet in a process of its own that kills itself, as `kill -9` does, at the moment at which a node's store has
 * made an operation's state durable: `crashing-devnet.ts DATA_DIR KIND STATE ACTION EXPECTED`. Else it runs until every
 * node has so many operations, all ended, and prints them as JSON.
 */
const [dataDir = '', kind = '', state = '', action = '', expected = ''] = process.argv.slice(2);
const DESTINATION = 'bcrt1qqyqszqgpqyqszqgpqyqszqgpqyqszqgpvxat9t';

function killWhenDurable(ports: NodePorts): NodePorts {
  if (state === 'none') return ports;
  const check = (records: readonly { readonly kind: string; readonly state: string }[]): void => {
    if (!records.some((record) => record.kind === kind && record.state === state)) return;
    writeSync(1, 'killed\n');
    process.kill(process.pid, 'SIGKILL');
  };
  const { store } = ports;
  return {
    ...ports,
    store: {
      ...store,
      persistOperations: async (records) => {
        await store.persistOperations(records);
        check(records);
      },
      persistScan: async (scan) => {
        await store.persistScan(scan);
        check(scan.operations);
      },
    },
  };
}

const devnet = await createDevnet({
  dataDir,
  nodes: 3,
  parameters: { ...devnetParameters, slotDurationMs: 1000 },
  rpcPort: 0,
  // Slow enough that no state is passed over between two looks at Bitcoin.
  mining: { delayMs: 500, intervalMs: 1000 },
  onFailure: (sentence) => {
    writeSync(2, `${sentence}\n`);
  },
  wrapPorts: killWhenDurable,
});
const { user } = devnet;
switch (action) {
  case 'deposit':
    await user.bitcoin.deposit(devnet.federationAddress, sats(20_000_000n), user.account.address);
    break;
  case 'deposit-too-small':
    await user.bitcoin.deposit(devnet.federationAddress, sats(5000n), user.account.address);
    break;
  case 'burn':
    await user.account.burn(sats(2_000_000n), DESTINATION);
    break;
  case 'burn-nowhere':
    await user.account.burn(sats(2_000_000n), 'not an address');
    break;
}

const operations = await eventually(
  'every operation to end at every node',
  () => {
    const views = devnet.hosts.map((_, index) => bridgeViewOf(nodeOf(devnet, index))?.operations ?? []);
    const over = views.every((found) => found.length === Number(expected) && found.every(({ terminal }) => terminal));
    return over ? views[0] : null;
  },
  120_000,
).catch((error: unknown) => {
  for (const [index] of devnet.hosts.entries()) {
    const { system } = nodeOf(devnet, index);
    const { operations, ...bridge } = bridgeViewOf(nodeOf(devnet, index)) ?? {};
    const logs = system.read('oldest').read(100_000).logs.slice(-40);
    writeSync(
      2,
      `${JSON.stringify({ index, bridge, operations, chain: system.view('ChainActor'), engine: system.view('EngineActor'), logs })}\n`,
    );
  }
  throw error;
});
writeSync(
  1,
  `${JSON.stringify({ operations, balanceWei: (await user.account.balanceWei()).toString(), payments: (await confirmedPayments(devnet, DESTINATION)).length })}\n`,
);
await devnet.close();
process.exit(0);
