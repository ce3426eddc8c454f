import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { assert } from '../../primitives/assert.ts';
import { openReader, openWriter } from './connection.ts';
import { errorToWire, toStoreError } from './errors.ts';
import { GroupCommit } from './group-commit.ts';
import { checkVersion, migrate } from './schema.ts';
import { SnapshotReader } from './snapshot-reader.ts';
import { CLOSE, type ThreadData, type ThreadRequest, type ThreadStart } from './thread-protocol.ts';

/** At most so many requests share a transaction, so that the first of them doesn't wait for ever. */
const MAX_BATCH = 1024;

assert(parentPort !== null, 'this file runs as a worker thread');
const port = parentPort;

function open({ role, file }: ThreadData) {
  if (role === 'reader') {
    const db = openReader(file);
    checkVersion(db);
    return { db, requests: new SnapshotReader(db) };
  }
  const db = openWriter(file);
  migrate(db);
  return { db, requests: new GroupCommit(db) };
}

try {
  const { db, requests } = open(workerData as ThreadData);
  const close = (): void => {
    db.close();
    port.close();
  };
  port.on('message', (first: ThreadRequest | typeof CLOSE) => {
    if (first === CLOSE) return close();
    const batch = [first];
    let closing = false;
    while (batch.length < MAX_BATCH && !closing) {
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
