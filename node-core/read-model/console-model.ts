import { lifecycle } from '../kernel/supervision.ts';
import type { RecordReader, RecordedMessage } from '../kernel/record.ts';
import type { ChainedAuditEntry } from '../ports/store.ts';
import { blockHeight } from '../primitives/ids.ts';
import { blockDetail } from './block-detail.ts';
import { caseFile } from './case-file.ts';
import type { ConsoleNode, ConsoleSource } from './console-source.ts';
import { EventHistory, type TraceQuery } from './event-history.ts';
import { flowGraph } from './flow-graph.ts';
import { type LogQuery, logPage } from './logs.ts';
import { type MachineRegistry, pictureOf } from './machines.ts';
import { authorityName } from './names.ts';
import { NO_VIEWS, type NodeViews, readViews } from './node-views.ts';
import { overview } from './overview.ts';
import { type PegQuery, pegTable } from './pegs.ts';
import { plain } from './plain.ts';
import { RateMeter } from './rates.ts';
import { Ring } from './ring.ts';
import { sequenceOf } from './sequence.ts';
import type {
  ActorPanel,
  ActorRow,
  BlockDetail,
  CaseFile,
  ChainModel,
  ExecutionModel,
  FlowGraph,
  LogPage,
  NetworkModel,
  Overview,
  PegTable,
  ReserveSample,
  SequenceDiagram,
  TraceSummary,
  TreeModel,
} from './shapes.ts';
import { supportBundle } from './support-bundle.ts';
import { actorRows, blastRadius } from './tree.ts';

/** One read takes at most so many messages, so that a flood can't hold the process; the rest comes with the next. */
const READ_LIMIT = 20_000;
const MAX_VIEW_CHARS = 65_536;
/** The gauge's history: one sample in five seconds, an hour of them. */
const RESERVE_SAMPLE_MS = 5_000;
const RESERVE_SAMPLES = 720;

export interface ConsoleModelOptions {
  readonly source: ConsoleSource;
  readonly machines: MachineRegistry;
  /** Unix ms. */
  readonly nowMs: () => number;
}

/**
 * Everything the screens show of one node, computed when asked for. It follows the node through stop and start;
 * what it holds of the event record is bounded and survives the window that showed it.
 */
export class ConsoleModel {
  readonly #source: ConsoleSource;
  readonly #machines: MachineRegistry;
  readonly #nowMs: () => number;
  readonly #actorRates = new RateMeter();
  readonly #edgeRates = new RateMeter();
  readonly #reserve = new Ring<ReserveSample>(RESERVE_SAMPLES);
  #history = new EventHistory();
  #node: ConsoleNode | null = null;
  #reader: RecordReader | null = null;
  #rows: readonly ActorRow[] = [];
  #views: NodeViews = NO_VIEWS;

  constructor({ source, machines, nowMs }: ConsoleModelOptions) {
    this.#source = source;
    this.#machines = machines;
    this.#nowMs = nowMs;
  }

  /** Reads what happened since the last call and returns it, for those who watch single messages. */
  poll(): { readonly messages: readonly RecordedMessage[]; readonly missed: number } {
    const node = this.#source.node();
    if (node !== this.#node) this.#follow(node);
    if (node === null || this.#reader === null) return { messages: [], missed: 0 };
    const batch = this.#reader.read(READ_LIMIT);
    this.#history.append(batch);
    const nowMs = this.#nowMs();
    this.#rows = actorRows(node.system.tree(), this.#actorRates, nowMs);
    this.#views = readViews(node.system);
    this.sampleReserve();
    return batch;
  }

  /** Adds to the gauge's history when the last sample is old enough; cheap enough to be called when nobody looks. */
  sampleReserve(): void {
    const nowMs = this.#nowMs();
    const [last] = this.#reserve.newest(1);
    if (last !== undefined && nowMs - last.atMs < RESERVE_SAMPLE_MS) return;
    const node = this.#source.node();
    const solvency = node === null ? null : readViews(node.system).bridge?.solvency;
    if (!solvency) return;
    this.#reserve.push({ atMs: nowMs, reserveSats: solvency.reserveSats, liabilitiesSats: solvency.liabilitiesSats });
  }

  /** Stops reading the record, so that a node that nobody looks at pays nothing. `poll` goes on from the oldest entry held. */
  rest(): void {
    this.#reader?.close();
    this.#reader = null;
    this.#node = null;
  }

  overview(): Overview {
    const node = this.#node;
    return overview({
      source: this.#source,
      running:
        node === null
          ? null
          : {
              views: this.#views,
              tree: this.#rows,
              rpcUrl: node.rpcUrl,
              messagesPerSecond: Math.round(
                this.#rows.reduce((sum, { messagesPerSecond }) => sum + messagesPerSecond, 0),
              ),
            },
      reserveHistory: [...this.#reserve],
      nowMs: this.#nowMs(),
    });
  }

  tree(): TreeModel {
    return { actors: this.#rows, changes: this.#history.changes.newest(50) };
  }

  /** Null for a path that no actor has. */
  actor(path: string): ActorPanel | null {
    const actor = this.#rows.find((row) => row.path === path);
    if (actor === undefined) return null;
    const machine = this.#machines[actor.behaviour];
    const view = this.#node?.system.view(path);
    return {
      actor,
      machine: machine === undefined ? null : pictureOf(machine),
      lifecycle: pictureOf(lifecycle),
      view: view === undefined ? null : JSON.stringify(plain(view), null, 2).slice(0, MAX_VIEW_CHARS),
      times: this.#node?.system.times(path) ?? [],
      recent: this.#history.messages.newest(50, ({ from, to }) => to === path || from === path),
      changes: this.#history.changes.newest(20, (change) => change.path === path),
      logs: this.#history.logs.newest(50, (line) => line.path === path),
      radius: blastRadius(path, this.#rows),
    };
  }

  flow(): FlowGraph {
    return flowGraph(this.#rows, this.#history.edges.edges(this.#edgeRates, this.#nowMs()));
  }

  /** Newest first, those that `keep` accepts. */
  recent(limit: number, keep: (message: RecordedMessage) => boolean): readonly RecordedMessage[] {
    return this.#history.messages.newest(limit, keep);
  }

  traces(query: TraceQuery): readonly TraceSummary[] {
    return this.#history.traces(query);
  }

  trace(correlationId: string): SequenceDiagram {
    const story =
      this.#node?.system.trace(correlationId) ??
      this.#history.messages.newest(READ_LIMIT, (message) => message.correlationId === correlationId);
    return sequenceOf(correlationId, story);
  }

  /** A message's payload as JSON text; null when it is no longer held. */
  payload(seq: number): string | null {
    const payload = this.#node?.system.payload(seq);
    return payload === undefined ? null : JSON.stringify(plain(payload), null, 2).slice(0, MAX_VIEW_CHARS);
  }

  pegs(query: PegQuery): PegTable {
    return pegTable(this.#views.bridge?.operations ?? [], query);
  }

  /** Null for an id that no operation has. */
  operation(id: string): CaseFile | null {
    const bridge = this.#views.bridge;
    const operation = bridge?.operations.find((candidate) => candidate.id === id);
    if (bridge === undefined || operation === undefined) return null;
    const machine = this.#machines[operation.kind === 'pegIn' ? 'PegIn' : 'PegOut'];
    return caseFile(
      operation,
      machine === undefined ? null : pictureOf(machine),
      bridge.federationAddress,
      this.#views.stream?.members ?? [],
      this.#nowMs(),
    );
  }

  chain(): ChainModel {
    const chain = this.#views.chain;
    return {
      chain:
        chain === undefined
          ? null
          : {
              state: chain.state,
              slot: chain.slot,
              highCertificateSlot: chain.highCertificateSlot,
              evidenceCount: chain.evidenceCount,
              evidence: chain.evidence,
              mintedSats: chain.mintedSats,
              burnedFeesWei: chain.burnedFeesWei,
              authorityCount: chain.authorityCount,
            },
      head: chain?.head ?? null,
      finalized: chain?.finalized ?? null,
      blocks: (chain?.recentBlocks ?? []).map((block) => ({
        ...block,
        proposerName: authorityName(this.#source.authorityNames(block.height), block.proposer),
      })),
    };
  }

  execution(): ExecutionModel {
    return { settings: this.#views.engine?.settings ?? null };
  }

  /** Null for a height that the store doesn't hold or while the node is stopped. */
  async block(height: number): Promise<BlockDetail | null> {
    const [record] = (await this.#node?.store.readBlocks(blockHeight(height), 1)) ?? [];
    return record === undefined || record.signedBlock.block.height !== height
      ? null
      : blockDetail(record, (at) => this.#source.authorityNames(at));
  }

  network(): NetworkModel {
    const { network, sync, stream, chain } = this.#views;
    return {
      network: network ?? null,
      sync: sync ?? null,
      governance: stream ?? null,
      headHeight: chain?.head.height ?? null,
    };
  }

  logs(query: LogQuery): LogPage {
    return logPage(this.#history.logs, query);
  }

  supportBundle(audit: readonly ChainedAuditEntry[]): string {
    const { nodeName, networkName, version, publicConfig } = this.#source;
    return supportBundle({
      nodeName,
      networkName,
      version,
      publicConfig,
      atMs: this.#nowMs(),
      logs: [...this.#history.logs],
      messages: [...this.#history.messages],
      tree: this.#rows,
      audit,
    });
  }

  #follow(node: ConsoleNode | null): void {
    this.#reader?.close();
    // A stopped node's story stays readable until another one begins: sequence numbers start anew with it.
    if (node !== null) this.#history = new EventHistory();
    this.#node = node;
    this.#reader = node?.system.read('oldest') ?? null;
    this.#rows = [];
    this.#views = NO_VIEWS;
  }
}
