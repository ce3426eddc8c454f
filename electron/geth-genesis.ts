import { existsSync } from 'node:fs';
import { AlysError, gethGenesisText } from '../node-core/index.ts';

/** Prints the genesis file for a geth that is to be a member's execution client. */
const EXIT_REFUSED = 2;
const [networkFile, ...more] = process.argv.slice(2);

if (networkFile === undefined || more.length > 0 || !existsSync(networkFile)) {
  console.error('usage: npm run -s geth-genesis -- NETWORK_FILE > genesis.json');
  process.exit(EXIT_REFUSED);
}
try {
  process.stdout.write(gethGenesisText(networkFile));
} catch (error) {
  if (!(error instanceof AlysError)) throw error;
  console.error(error.message);
  process.exit(EXIT_REFUSED);
}
