import { closeSync, fdatasyncSync, mkdirSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { storageActor } from '../../node-core/actors/storage/storage-actor.ts';
import { openWriter } from '../../node-core/adapters/sqlite/connection.ts';
import { openStore } from '../../node-core/adapters/sqlite/open-store.ts';
import { operationTerms } from '../../node-core/adapters/sqlite/operation-terms.ts';
import { migrate } from '../../node-core/adapters/sqlite/schema.ts';
import { createWrites } from '../../node-core/adapters/sqlite/writes.ts';
import { systemEnvironment } from '../../node-core/adapters/system/environment.ts';
import { createActorSystem } from '../../node-core/kernel/actor-system.ts';
import { ProductionPump } from '../../node-core/kernel/pump/production.ts';
import type { OperationRecord } from '../../node-core/ports/store.ts';
import type { OperationId } from '../../node-core/primitives/ids.ts';
import { jsonCodec } from '../support/store/sample-blocks.ts';
import { type BenchResult, figure, median } from './result.ts';

const suite = 'storage';
/** Of each measurement in each round. */
const SECONDS = 2;
/** What is compared takes turns, so that what else the disk does meets each alike; medians count. */
const PACED_ROUNDS = 11;
const SATURATED_ROUNDS = 5;
/** Source: communication-flows.md, Message Throughput Targets and Latency Requirements. */
const TARGET_PER_SECOND = 2000;
const TARGET_P99_MS = 10;
/** Asks under way at once at saturation. */
const OUTSTANDING = 2048;
const ASK_TIMEOUT_MS = 60_000;
/** Of the file that the disk's own syncs go round in. */
const DISK_BLOCKS = 2000;
const DISK_BLOCK = Buffer.alloc(4096, 7);

type Write = () => Promise<void>;

interface Measured {
  readonly perSecond: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
  readonly longest: number;
}

function measured(waits: readonly number[], start: number): Measured {
  const perSecond = (waits.length / (performance.now() - start)) * 1000;
  const sorted = waits.toSorted((a, b) => a - b);
  const quantile = (share: number): number => sorted[Math.floor(sorted.length * share)] ?? NaN;
  return { perSecond, p50: quantile(0.5), p99: quantile(0.99), longest: sorted.at(-1) ?? NaN };
}

/** A peg-in as it grows: a few hundred bytes of JSON and four terms that find it. */
function operation(index: number): OperationRecord {
  const hash = index.toString(16).padStart(64, '0');
  const data = JSON.stringify({
    outpoint: `${hash}:0`,
    recipient: `0x${hash.slice(24)}`,
    amountSats: '1000000',
    steps: Array.from({ length: 6 }, (_, i) => ({ atMs: i, state: 'Detected' })),
  });
  return {
    id: `peg-in:${hash}:0` as OperationId,
    kind: 'pegIn',
    state: 'Detected',
    terminal: false,
    data,
    createdAtMs: index,
    updatedAtMs: index,
  };
}

/** The disk alone, at its best: one block in place in a file that doesn't grow, synced for all writes due by then. */
function createDisk(folder: string): { atRate(perSecond: number, seconds: number): Measured; close(): void } {
  const file = openSync(join(folder, 'disk.bin'), 'wx');
  for (let block = 0; block < DISK_BLOCKS; block++) writeSync(file, DISK_BLOCK);
  fdatasyncSync(file);
  const pause = new Int32Array(new SharedArrayBuffer(4));
  let next = 0;
  return {
    atRate(perSecond, seconds) {
      const waits: number[] = [];
      const total = perSecond * seconds;
      const start = performance.now();
      while (waits.length < total) {
        const due = Math.min(total, Math.floor(((performance.now() - start) / 1000) * perSecond));
        if (due === waits.length) {
          Atomics.wait(pause, 0, 0, 1000 / perSecond);
          continue;
        }
        writeSync(file, DISK_BLOCK, 0, DISK_BLOCK.length, (next++ % DISK_BLOCKS) * DISK_BLOCK.length);
        fdatasyncSync(file);
        const done = performance.now() - start;
        while (waits.length < due) waits.push(done - (waits.length / perSecond) * 1000);
      }
      return measured(waits, start);
    },
    close: () => closeSync(file),
  };
}

/** The bar of saturation: one synchronous commit, and so one sync to disk, for each write, with nothing around it. */
function createBare(folder: string): { measure(): Measured; close(): void } {
  const db = openWriter(join(folder, 'bare.db'));
  migrate(db);
  const { persistScan } = createWrites(db);
  const commit = db.transaction((record: OperationRecord) =>
    persistScan({ operations: [{ ...record, terms: operationTerms(record.id, record.data) }], values: [] }),
  );
  let next = 0;
  return {
    measure() {
      const waits: number[] = [];
      const start = performance.now();
      for (let asked = start; asked - start < SECONDS * 1000; asked = performance.now()) {
        commit(operation(next++));
        waits.push(performance.now() - asked);
      }
      return measured(waits, start);
    },
    close: () => void db.close(),
  };
}

/** Sends at a fixed rate whatever the answers do, and counts each wait from the instant at which it was due. */
async function atRate(write: Write, perSecond: number, seconds: number): Promise<Measured> {
  const waits: number[] = [];
  const pending: Promise<void>[] = [];
  const total = perSecond * seconds;
  const start = performance.now();
  for (let sent = 0; sent < total;) {
    const due = Math.min(total, Math.floor(((performance.now() - start) / 1000) * perSecond));
    for (; sent < due; sent++) {
      const dueAt = start + (sent / perSecond) * 1000;
      pending.push(write().then(() => void waits.push(performance.now() - dueAt)));
    }
    await delay(1);
  }
  await Promise.all(pending);
  return measured(waits, start);
}

/** Always `OUTSTANDING` under way. */
async function atSaturation(write: Write): Promise<Measured> {
  const waits: number[] = [];
  const start = performance.now();
  const end = start + SECONDS * 1000;
  const worker = async (): Promise<void> => {
    while (performance.now() < end) {
      const asked = performance.now();
      await write();
      waits.push(performance.now() - asked);
    }
  };
  await Promise.all(Array.from({ length: OUTSTANDING }, worker));
  return measured(waits, start);
}

/** Durable writes through StorageActor and the store, acknowledged after the sync to disk. */
export async function run(log: (line: string) => void): Promise<readonly BenchResult[]> {
  // Beside the node's own data: a temporary folder may be memory, where a sync costs nothing.
  mkdirSync('.data', { recursive: true });
  const folder = mkdtempSync(join('.data', 'bench-'));
  const store = await openStore({ folder, onFatal: (error) => log(error.message), ...jsonCodec });
  const disk = createDisk(folder);
  const bare = createBare(folder);
  const system = createActorSystem({
    ports: { store: store.port },
    environment: systemEnvironment,
    pump: new ProductionPump(),
  });
  try {
    const actor = system.start(storageActor, undefined);
    let next = 0;
    const write: Write = async () => {
      const request = { type: 'PersistOperation', key: '', records: [operation(next++)] } as const;
      const answer = await system.ask(actor, request, { from: 'Bench', timeoutMs: ASK_TIMEOUT_MS });
      if (answer.type !== 'OperationPersisted') throw new Error(`${answer.type}: ${answer.reason}`);
    };
    // The first second is the compiler's.
    await atRate(write, TARGET_PER_SECOND, 1);
    // First, before anything has the disk clear up after a burst.
    const paced: Record<'actor' | 'disk', Measured>[] = [];
    while (paced.length < PACED_ROUNDS) {
      log(`storage: paced, round ${paced.length + 1} of ${PACED_ROUNDS}`);
      const actor = await atRate(write, TARGET_PER_SECOND, SECONDS);
      paced.push({ actor, disk: disk.atRate(TARGET_PER_SECOND, SECONDS) });
    }
    const saturated: Record<'actor' | 'bare', Measured>[] = [];
    while (saturated.length < SATURATED_ROUNDS) {
      log(`storage: saturated, round ${saturated.length + 1} of ${SATURATED_ROUNDS}`);
      saturated.push({ actor: await atSaturation(write), bare: bare.measure() });
    }
    return [...pacedFigures(paced), ...saturatedFigures(saturated)];
  } finally {
    await system.stop();
    await store.close();
    bare.close();
    disk.close();
    rmSync(folder, { recursive: true });
  }
}

const latency = (rounds: readonly Measured[]) => {
  const [p50, p99] = [median(rounds.map((round) => round.p50)), median(rounds.map((round) => round.p99))];
  return { suite, unit: 'ms', value: p99, p50, p99 };
};

/** A disk that pauses for a tenth of a second makes every write due then wait: the target is met only where it is awake. */
function pacedFigures(rounds: readonly Record<'actor' | 'disk', Measured>[]): readonly BenchResult[] {
  const actor = rounds.map((round) => round.actor);
  const disk = rounds.map((round) => round.disk);
  const ofDisk = latency(disk);
  const longest = (of: readonly Measured[]): number => median(of.map((round) => round.longest));
  const met = (of: readonly Measured[]): number => of.filter(({ p99 }) => p99 < TARGET_P99_MS).length;
  const name = `durable write through StorageActor at ${TARGET_PER_SECOND}/s`;
  const against = (what: string, value: number, own: number) => ({
    value,
    baseline: { name: `the disk's own ${what}, syncing one block in place at the same rate`, value: own },
    ratio: value / own,
  });
  const ours = latency(actor);
  return [
    figure({
      ...ours,
      ...against('p99', ours.value, ofDisk.value),
      name,
      target: { text: `p99 under ${TARGET_P99_MS} ms`, value: TARGET_P99_MS },
    }),
    figure({
      suite,
      unit: 'ms',
      ...against('longest', longest(actor), longest(disk)),
      name: `${name}: the longest of ${TARGET_PER_SECOND * SECONDS}`,
    }),
    figure({
      suite,
      unit: `of ${rounds.length} rounds`,
      ...against('rounds', met(actor), met(disk)),
      name: `${name}: p99 under ${TARGET_P99_MS} ms`,
    }),
    figure({ ...ofDisk, name: `the disk alone at ${TARGET_PER_SECOND}/s` }),
  ];
}

function saturatedFigures(rounds: readonly Record<'actor' | 'bare', Measured>[]): readonly BenchResult[] {
  const actor = rounds.map((round) => round.actor);
  const bare = rounds.map((round) => round.bare);
  const bareName = 'bare better-sqlite3, one commit per write';
  return [
    figure({
      suite,
      name: 'durable writes through StorageActor at saturation',
      value: median(actor.map(({ perSecond }) => perSecond)),
      unit: 'writes/s',
      baseline: { name: bareName, value: median(bare.map(({ perSecond }) => perSecond)) },
      ratio: median(rounds.map((round) => round.actor.perSecond / round.bare.perSecond)),
      target: { text: 'at least 5 times the bare one', value: 5 },
    }),
    figure({
      ...latency(actor),
      name: `durable write through StorageActor at saturation, ${OUTSTANDING} under way`,
    }),
    figure({ ...latency(bare), name: bareName }),
  ];
}
