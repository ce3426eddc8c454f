import { startRegtestServer } from '../../../node-core/devnet/bitcoin/server.ts';
import { CREDENTIALS } from './support.ts';

/** A server in a process of its own, for tests that kill it: takes the data folder, prints its address. */
const [dataDir] = process.argv.slice(2);
if (dataDir === undefined) throw new Error('usage: server-process.ts FOLDER');
const server = await startRegtestServer({ dataDir, ...CREDENTIALS });
console.log(server.url);
