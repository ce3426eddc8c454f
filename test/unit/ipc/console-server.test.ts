import { afterEach, describe, expect, it } from 'vitest';
import type { ServerFrame } from '../../../electron/contract/frames.ts';
import { type ConsoleConnection, ConsoleServer } from '../../../electron/ipc/console-server.ts';
import { machineRegistry } from '../../../node-core/index.ts';
import { sampleSource } from '../../support/sample/sample-source.ts';

type Kind<K extends ServerFrame['kind']> = Extract<ServerFrame, { kind: K }>;

/** A window that acknowledges only when it is told to. */
class Window {
  readonly frames: ServerFrame[] = [];
  readonly #waiting = new Set<() => void>();
  readonly connection: ConsoleConnection;
  #id = 0;

  constructor(server: ConsoleServer) {
    const connection = server.connect((text) => {
      this.frames.push(JSON.parse(text) as ServerFrame);
      for (const wake of this.#waiting) wake();
    });
    if (connection === null) throw new Error('no place');
    this.connection = connection;
  }

  send(frame: object): number {
    const id = ++this.#id;
    this.connection.receive(JSON.stringify({ id, ...frame }));
    return id;
  }

  async until<T>(find: () => T | undefined): Promise<T> {
    for (;;) {
      const found = find();
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => {
        const wake = (): void => {
          this.#waiting.delete(wake);
          resolve();
        };
        this.#waiting.add(wake);
      });
    }
  }

  answer(id: number): Promise<Kind<'result'> | Kind<'failure'>> {
    return this.until(() =>
      this.frames.find(
        (frame): frame is Kind<'result'> | Kind<'failure'> =>
          (frame.kind === 'result' || frame.kind === 'failure') && frame.id === id,
      ),
    );
  }

  updates(): readonly Kind<'updates'>[] {
    return this.frames.filter((frame) => frame.kind === 'updates');
  }
}

const closers: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

function start(operations = 5) {
  const source = sampleSource({ operations });
  const server = new ConsoleServer({ source, machines: machineRegistry, host: 'browser', who: 'night-shift' });
  closers.push(
    () => server.close(),
    () => source.close(),
  );
  return { source, server };
}

describe('the console server', () => {
  it('greets a window with what it must know before it shows anything', () => {
    const window = new Window(start().server);
    expect(window.frames[0]).toMatchObject({
      kind: 'greeting',
      greeting: { networkName: 'devnet', devnet: true, resumePhrase: 'RESUME devnet' },
    });
  });

  it('sends a snapshot at once and changes after, but no other before the window has shown the last', async () => {
    const { source, server } = start();
    const window = new Window(server);
    const id = window.send({ kind: 'subscribe', topic: 'tree', params: {} });
    const first = await window.until(() => window.updates()[0]);
    expect(first.updates[0]?.id).toBe(id);
    source.system.actor('EngineActor', 'SupervisorActor', { lifecycle: 'Failed' });
    const other = new Window(server);
    other.send({ kind: 'subscribe', topic: 'tree', params: {} });
    // Another window sees the change; this one is still busy with what it has.
    await other.until(() => other.updates()[0]);
    expect(window.updates()).toHaveLength(1);
    window.connection.receive(JSON.stringify({ kind: 'ack', frame: first.frame }));
    const second = await window.until(() => window.updates()[1]);
    expect(JSON.stringify(second.updates[0]?.data)).toContain('"lifecycle":"Failed"');
  });

  it('sends nothing of a topic that is no longer watched', async () => {
    const { server } = start();
    const window = new Window(server);
    const id = window.send({ kind: 'subscribe', topic: 'overview', params: {} });
    const first = await window.until(() => window.updates()[0]);
    window.connection.receive(JSON.stringify({ kind: 'unsubscribe', id }));
    window.send({ kind: 'subscribe', topic: 'tree', params: {} });
    window.connection.receive(JSON.stringify({ kind: 'ack', frame: first.frame }));
    const next = await window.until(() => window.updates()[1]);
    expect(next.updates.map((update) => update.id)).not.toContain(id);
  });

  it.each([
    [{ kind: 'subscribe', topic: 'secrets', params: {} }, 'UNKNOWN_TOPIC'],
    [{ kind: 'subscribe', topic: 'toString', params: {} }, 'UNKNOWN_TOPIC'],
    [{ kind: 'subscribe', topic: 'pegs', params: { search: '' } }, 'BAD_PARAMS'],
    [{ kind: 'request', channel: 'shell.exec', body: {} }, 'UNKNOWN_CHANNEL'],
    [{ kind: 'request', channel: 'constructor', body: {} }, 'UNKNOWN_CHANNEL'],
    [{ kind: 'request', channel: 'node.stop', body: {} }, 'BAD_BODY'],
    [{ kind: 'request', channel: 'node.stop', body: { reason: '  ' } }, 'BAD_BODY'],
    [{ kind: 'request', channel: 'devnet.deposit', body: { amountSats: '-5' } }, 'BAD_BODY'],
    [{ kind: 'request', channel: 'devnet.deposit', body: { amountSats: 5 } }, 'BAD_BODY'],
    [{ kind: 'request', channel: 'devnet.deposit', body: { amountSats: '9999999999999999' } }, 'ASSERTION'],
    [{ kind: 'request', channel: 'devnet.mine', body: { blocks: 101 } }, 'BAD_BODY'],
    [{ kind: 'request', channel: 'execution.configure', body: { settings: '{}', reason: ' ' } }, 'BAD_BODY'],
    [{ kind: 'request', channel: 'execution.configure', body: { settings: {}, reason: 'x' } }, 'BAD_BODY'],
    [
      { kind: 'request', channel: 'execution.configure', body: { settings: ' '.repeat(4097), reason: 'x' } },
      'BAD_BODY',
    ],
    [
      { kind: 'request', channel: 'execution.configure', body: { settings: '{"pool":1}', reason: 'x' } },
      'SETTINGS_REFUSED',
    ],
    [{ kind: 'request', channel: 'node.resume', body: { reason: 'x', confirmation: 'yes' } }, 'NOT_CONFIRMED'],
  ])('refuses %j with %s', async (frame, expected) => {
    const window = new Window(start().server);
    const answer = await window.answer(window.send(frame));
    expect(answer).toMatchObject({ kind: 'failure', error: { code: expected } });
  });

  it('bounds what one window may watch', async () => {
    const window = new Window(start().server);
    let last = 0;
    for (let i = 0; i < 33; i++) last = window.send({ kind: 'subscribe', topic: 'overview', params: {} });
    expect(await window.answer(last)).toMatchObject({ error: { code: 'TOO_MANY' } });
  });

  it('writes who and why of an intervention to the audit log, and shows it', async () => {
    const { source, server } = start();
    const window = new Window(server);
    await window.answer(window.send({ kind: 'request', channel: 'node.halt', body: { reason: 'drill' } }));
    expect(await source.controls.auditLog(1)).toMatchObject([
      { actor: 'night-shift', action: 'emergency halt', reason: 'drill' },
    ]);
    await window.answer(
      window.send({ kind: 'request', channel: 'node.resume', body: { reason: 'over', confirmation: 'RESUME devnet' } }),
    );
    expect(await source.controls.auditLog(1)).toMatchObject([{ action: 'end halt', reason: 'over' }]);
    await window.answer(window.send({ kind: 'request', channel: 'bridge.endFreeze', body: { reason: 'explained' } }));
    expect(await source.controls.auditLog(1)).toMatchObject([{ action: 'end freeze', reason: 'explained' }]);
  });

  it('changes execution settings, shows them with who changed them, and tells why they were refused', async () => {
    const { source, server } = start();
    const window = new Window(server);
    const configure = (settings: string) =>
      window.answer(
        window.send({ kind: 'request', channel: 'execution.configure', body: { settings, reason: 'spam' } }),
      );
    expect(await configure('{"minTipWei":"5"}')).toMatchObject({ kind: 'result', result: {} });
    expect(await source.controls.auditLog(1)).toMatchObject([{ actor: 'night-shift', reason: 'spam' }]);
    window.send({ kind: 'subscribe', topic: 'execution', params: {} });
    const { updates } = await window.until(() => window.updates()[0]);
    expect(JSON.stringify(updates[0]?.data)).toMatch(
      /"path":"minTipWei","value":"5","changed":{"source":"operator","who":"night-shift","atMs":\d+}/,
    );
    expect(await configure('{"minTipWei":"five"}')).toMatchObject({
      kind: 'failure',
      error: { message: 'minTipWei: a whole number of wei, as decimal text' },
    });
  });

  it('backs the store up and checks it, and says what is damaged', async () => {
    const { source } = start();
    let problems: readonly string[] = [];
    const controls = { ...source.controls, checkStore: () => Promise.resolve(problems) };
    const server = new ConsoleServer({
      source: { ...source, controls },
      machines: machineRegistry,
      host: 'browser',
      who: 'x',
    });
    closers.push(() => server.close());
    const window = new Window(server);
    const ask = (channel: 'store.backup' | 'store.check') =>
      window.answer(window.send({ kind: 'request', channel, body: { reason: 'before the update' } }));
    expect(await ask('store.backup')).toMatchObject({ kind: 'result', result: { path: '.data/backup.db' } });
    expect(await source.controls.auditLog(1)).toMatchObject([{ actor: 'x', action: 'back up store' }]);
    expect(await ask('store.check')).toMatchObject({ kind: 'result', result: {} });
    problems = ['row 7 missing from index'];
    expect(await ask('store.check')).toMatchObject({
      kind: 'failure',
      error: { code: 'STORE_DAMAGED', message: expect.stringContaining('row 7 missing from index') },
    });
  });

  it('halts without any window', async () => {
    const { source, server } = start();
    await server.halt('from the menu');
    expect(await source.controls.auditLog(1)).toMatchObject([{ action: 'emergency halt', reason: 'from the menu' }]);
  });

  it('tells nothing of an error that was not written to be shown (INV-29)', async () => {
    const { source } = start();
    const server = new ConsoleServer({
      source: {
        ...source,
        controls: { ...source.controls, stop: () => Promise.reject(new Error('password hunter2')) },
      },
      machines: machineRegistry,
      host: 'browser',
      who: 'x',
    });
    closers.push(() => server.close());
    const window = new Window(server);
    const answer = await window.answer(window.send({ kind: 'request', channel: 'node.stop', body: { reason: 'x' } }));
    expect(answer).toMatchObject({ kind: 'failure', error: { code: 'INTERNAL' } });
    expect(JSON.stringify(answer)).not.toContain('hunter2');
  });

  it('refuses the seventeenth window', () => {
    const { server } = start();
    for (let i = 0; i < 16; i++) new Window(server);
    expect(server.connect(() => undefined)).toBeNull();
  });

  it('exports a bundle under a name that a file can have', async () => {
    const window = new Window(start().server);
    const answer = await window.answer(window.send({ kind: 'request', channel: 'logs.export', body: {} }));
    const { fileName, text } = (answer as Kind<'result'>).result as { fileName: string; text: string };
    expect(fileName).toMatch(/^alys-node-1-[\w-]+\.json$/);
    expect(JSON.parse(text)).toMatchObject({ format: 'alys-console-support/1', network: 'devnet' });
  });
});
