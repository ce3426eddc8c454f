import { describe, expect, it } from 'vitest';
import { defaultSupervision } from '../../../node-core/config/supervision-settings.ts';
import { answerAfter } from '../../../node-core/kernel/pump/simulation.ts';
import type { AuditEntry } from '../../../node-core/ports/store.ts';
import { actorRef } from '../../../node-core/protocol/actors.ts';
import { emptyPayload } from '../../support/consensus-world.ts';
import { FakeClient } from '../../support/fake-client.ts';
import { startTree } from '../../support/silent-tree.ts';

function start(execution: object = new FakeClient(emptyPayload()).port) {
  const audit: AuditEntry[] = [];
  const known: Record<string, (...args: never[]) => unknown> = {
    getValue: () => answerAfter(1, null),
    putValue: () => answerAfter(1, undefined),
    appendAudit: (entry: AuditEntry) => answerAfter(1, void audit.push(entry)),
  };
  const never = () => answerAfter(1e12, null);
  const store = new Proxy({}, { get: (_, method) => known[String(method)] ?? never }) as never;
  const tree = startTree(store, defaultSupervision, execution as never);
  const configure = (settings: string) => {
    const answer = tree.system.ask(
      actorRef(tree.system, 'SupervisorActor'),
      { type: 'ConfigureExecution', settings, who: 'ada', reason: 'spam' },
      { from: 'Operator', timeoutMs: 60_000 },
    );
    tree.pump.runFor(60_000);
    return answer;
  };
  return { ...tree, audit, configure };
}

describe('the operator’s new execution settings', () => {
  it('go from the supervisor to EngineActor as ConfigUpdate, and the verdict comes back the same way', async () => {
    const { configure, system, audit } = start();
    const walkOf = system.read('oldest');
    const taken = configure('{"minTipWei":"5"}');
    const refused = configure('{"wrong":1}');
    expect(await taken).toMatchObject({ outcome: { applied: true }, failure: null });
    expect(await refused).toMatchObject({ outcome: { applied: false, reasons: ['wrong: not a setting'] } });
    expect(audit.map(({ actor, detail }) => [actor, detail])).toEqual([
      ['ada', 'taken: minTipWei: "1" → "5"'],
      ['ada', 'refused: wrong: not a setting: {"wrong":1}'],
    ]);
    const walk = walkOf.read(100_000).messages.map(({ from, to, type }) => `${from} -> ${to}: ${type}`);
    for (const arrow of [
      'Operator -> SupervisorActor: ConfigureExecution',
      'SupervisorActor -> EngineActor: ConfigUpdate',
      'EngineActor -> ExecutionClient: Reconfigure',
      'ExecutionClient -> EngineActor: ExecutionReconfigured',
      'EngineActor -> StorageActor: AppendAudit',
      'EngineActor -> SupervisorActor: ExecutionConfigured',
    ])
      expect(walk.filter((step) => step === arrow)).toHaveLength(2);
  });

  it('have no verdict when EngineActor crashes over them, and the operator is told so', async () => {
    const client = new FakeClient(emptyPayload());
    const port = { ...client.port, reconfigure: () => answerAfter(1, undefined) };
    const { configure } = start(port);
    expect(await configure('{"minTipWei":"5"}')).toMatchObject({ outcome: null });
  });
});
