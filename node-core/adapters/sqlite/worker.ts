import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { assert } from '../../primitives/assert.ts';
import { openReader, openWriter } from './connection.ts';
import { errorToWire, toStoreError } from './errors.ts';
import { GroupCommit } from './group-commit.ts';
import { takeOverLogSync } from './log-sync.ts';
import { checkVersion, migrate } from './schema.ts';
import { checkSmallTables } from './small-tables.ts';
import { SnapshotReader } from './snapshot-reader.ts';
import { CLOSE, type ThreadData, type ThreadRole, type ThreadRequest, type ThreadStart } from './thread-protocol.ts';

/**
 * Requests taken at once. A writer's share one transaction and one sync, and the first of them shouldn't wait for ever;
 * a reader's answers may be large, and are sent off one by one.
 */
const BATCH: Readonly<Record<ThreadRole, number>> = { writer: 1024, reader: 1 };

assert(parentPort !== null, 'this file runs as a worker thread');
const port = parentPort;

const { role, file } = workerData as ThreadData;

function open() {
  if (role === 'reader') {
    const db = openReader(file);
    checkVersion(db);
    return { requests: new SnapshotReader(db), close: () => void db.close() };
  }
  const db = openWriter(file);
  migrate(db);
  checkSmallTables(db);
  const log = takeOverLogSync(db, file);
  const close = (): void => {
    // Windows deletes no file that is open.
    log.close();
    db.close();
  };
  return { requests: new GroupCommit(db, log), close };
}

try {
  const { requests, close: closeFile } = open();
  const close = (): void => {
    closeFile();
    port.close();
  };
  port.on('message', (first: ThreadRequest | typeof CLOSE) => {
    if (first === CLOSE) return close();
    const batch = [first];
    let closing = false;
    while (batch.length < BATCH[role] && !closing) {
      const next = receiveMessageOnPort(port) as { readonly message: ThreadRequest | typeof CLOSE } | undefined;
      if (next === undefined) break;
      if (next.message === CLOSE) closing = true;
      else batch.push(next.message);
    }
    for (const reply of requests.run(batch)) port.postMessage(reply);
    if (closing) close();
  });
  port.postMessage({ started: true } satisfies ThreadStart);
} catch (error) {
  port.postMessage({ started: false, error: errorToWire(toStoreError(error)) } satisfies ThreadStart);
  port.close();
}
