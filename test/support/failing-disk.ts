import fs, { existsSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

/** Preloaded into a program, its threads included: no sync of a store's log succeeds while the file `FAIL_SYNC` is there. */
const { fdatasyncSync } = fs;
fs.fdatasyncSync = (descriptor) => {
  if (existsSync(process.env['FAIL_SYNC'] as string)) throw new Error('EIO: i/o error, fdatasync');
  fdatasyncSync(descriptor);
};
syncBuiltinESMExports();
