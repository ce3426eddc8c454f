import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import { openReader } from '../../../node-core/adapters/sqlite/connection.ts';

/** `FOLDER TARGET STEP`: writes a backup of the folder's store and is killed before the STEP-th thing it does to the disk. */
const [folder, target, step] = process.argv.slice(2) as [string, string, string];
let left = Number(step);
type Method = (...args: unknown[]) => unknown;
function killAtStep(object: object, names: readonly string[]): void {
  for (const name of names) {
    const does = Reflect.get(object, name) as Method;
    const counted = function (this: unknown, ...args: unknown[]): unknown {
      if (--left === 0) process.kill(process.pid, 'SIGKILL');
      return does.apply(this, args);
    };
    Reflect.set(object, name, counted);
  }
}

killAtStep(fs, ['openSync', 'fsyncSync', 'closeSync', 'renameSync']);
// A statement that only reads or sets something of the connection changes nothing that a crash could leave.
killAtStep(BetterSqlite3.prototype, ['transaction', 'close']);
syncBuiltinESMExports();

const { writeBackup } = await import('../../../node-core/adapters/sqlite/backup.ts');
writeBackup(openReader(join(folder, 'node.db')), target);
// What came after the backup is no step of it.
process.kill(process.pid, 'SIGTERM');
