import { writeSync } from 'node:fs';
import { openStore } from '../../../node-core/adapters/sqlite/open-store.ts';
import { jsonCodec } from '../../support/store/sample-blocks.ts';
import { StoredChain } from '../../support/stored-chain.ts';

/** Makes blocks without end, goes on from those of the folder, and prints the height of each one that is durable. */
const [folder, kept] = process.argv.slice(2) as [string, string];
const store = await openStore({ folder, onFatal: () => process.exit(1), ...jsonCodec });
const made = await StoredChain.on(store, Number(kept));
for (;;) {
  await (made.head.blockNumber % 3 === 0 ? made.writeForked() : made.write());
  writeSync(1, `${made.head.blockNumber}\n`);
}
