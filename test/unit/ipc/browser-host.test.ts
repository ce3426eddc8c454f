import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { type BrowserHost, startBrowserHost } from '../../../electron/browser-host/browser-host.ts';
import { ConsoleServer } from '../../../electron/ipc/console-server.ts';
import { machineRegistry } from '../../../node-core/index.ts';
import { upgradeAndVanish } from '../../support/gone-clients.ts';
import { sampleSource } from '../../support/sample/sample-source.ts';

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

const source = sampleSource({ operations: 1 });
const server = new ConsoleServer({ source, machines: machineRegistry, host: 'browser', who: 'test' });
const folder = mkdtempSync(join(tmpdir(), 'alys-host-'));
const root = join(folder, 'renderer');
let host: BrowserHost;
let authority = '';
let token = '';
let cookie = '';

beforeAll(async () => {
  mkdirSync(join(root, 'assets'), { recursive: true });
  writeFileSync(join(root, 'index.html'), '<!doctype html>page');
  writeFileSync(join(root, 'assets', 'a.js'), 'script');
  writeFileSync(join(root, 'notes.txt'), 'not served');
  writeFileSync(join(folder, 'secret.js'), 'secret');
  symlinkSync(join(folder, 'secret.js'), join(root, 'link.js'));
  host = await startBrowserHost({ server, rendererDir: root, port: 0 });
  authority = `127.0.0.1:${host.port}`;
  token = host.url.split('#token=')[1] ?? '';
});

afterAll(async () => {
  await host.close();
  server.close();
  await source.close();
  rmSync(folder, { recursive: true });
});

/** Raw, so that a path and headers go out as they are given. */
function ask(
  path: string,
  options: { readonly method?: string; readonly headers?: Record<string, string>; readonly body?: string } = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const call = httpRequest(
      {
        host: '127.0.0.1',
        port: host.port,
        path,
        method: options.method ?? 'GET',
        headers: { host: authority, ...options.headers },
      },
      (response) => {
        let body = '';
        response.setEncoding('utf8').on('data', (part: string) => (body += part));
        response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }));
      },
    );
    call.on('error', reject);
    call.end(options.body);
  });
}

/** The status of a refused upgrade, or the first frame of an accepted one. */
function connect(headers: Record<string, string>): Promise<string> {
  return new Promise((resolve) => {
    const socket = new WebSocket(`ws://${authority}/frames`, { headers });
    socket.on('unexpected-response', (_, response) => resolve(String(response.statusCode)));
    socket.on('message', (data) => {
      resolve(String(data));
      socket.close();
    });
    socket.on('error', () => undefined);
  });
}

const origin = (): string => `http://${authority}`;

describe('the files of the browser host', () => {
  it('are served with a policy that allows nothing inline and nothing foreign', async () => {
    const { status, headers, body } = await ask('/');
    expect(status).toBe(200);
    expect(body).toContain('page');
    const policy = String(headers['content-security-policy']);
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toContain('unsafe');
    expect(policy).toContain("frame-ancestors 'none'");
    expect(headers['x-content-type-options']).toBe('nosniff');
    expect((await ask('/assets/a.js')).headers['content-type']).toContain('text/javascript');
  });

  it.each([
    '/../secret.js',
    '/..%2fsecret.js',
    '/%2e%2e/secret.js',
    '/assets/../../secret.js',
    '/assets/%2e%2e%2f%2e%2e%2fsecret.js',
    '//etc/passwd',
    '/..\\secret.js',
    '/link.js',
    '/notes.txt',
    '/.git/config',
    '/%00',
    '/%ff',
    '/assets',
    '/assets/a.js/',
    '/missing.js',
  ])('never include %s', async (path) => {
    const { status, body } = await ask(path);
    expect(status).toBe(404);
    expect(body).toBe('');
  });

  it('are served under the host’s own name only', async () => {
    expect((await ask('/', { headers: { host: `evil.example:${host.port}` } })).status).toBe(421);
    expect((await ask('/', { headers: { host: `localhost:${host.port}` } })).status).toBe(421);
    expect((await ask('/', { method: 'PUT' })).status).toBe(405);
  });
});

describe('the session of the browser host', () => {
  it('is refused without the token, with another, and from another origin', async () => {
    expect((await ask('/session', { method: 'POST', headers: { origin: origin() }, body: '' })).status).toBe(401);
    expect((await ask('/session', { method: 'POST', headers: { origin: origin() }, body: 'guess' })).status).toBe(401);
    expect(
      (await ask('/session', { method: 'POST', headers: { origin: 'http://evil.example' }, body: token })).status,
    ).toBe(403);
    expect((await ask('/session', { method: 'POST', body: token })).status).toBe(403);
    expect(
      (await ask('/session', { method: 'POST', headers: { origin: origin() }, body: 'x'.repeat(500) })).status,
    ).toBe(413);
    expect(await connect({ origin: origin() })).toBe('401');
  });

  it('is opened by the token once, and lives in a cookie that a reload keeps', async () => {
    const opened = await ask('/session', { method: 'POST', headers: { origin: origin() }, body: token });
    expect(opened.status).toBe(204);
    const header = String(opened.headers['set-cookie']);
    expect(header).toContain('HttpOnly');
    expect(header).toContain('SameSite=Strict');
    cookie = header.split(';', 1)[0] ?? '';
    expect((await ask('/session', { method: 'POST', headers: { origin: origin() }, body: token })).status).toBe(401);
    expect((await ask('/session', { method: 'POST', headers: { origin: origin(), cookie }, body: '' })).status).toBe(
      204,
    );
  });

  it('connects the console’s own page and no other', async () => {
    expect(await connect({ origin: origin(), cookie })).toContain('"greeting"');
    expect(await connect({ origin: 'http://evil.example', cookie })).toBe('403');
    expect(await connect({ cookie })).toBe('403');
    expect(await connect({ origin: origin(), cookie: cookie.replace(/=.*/, '=guess') })).toBe('401');
  });

  it('outlives pages that are gone before their connection is refused', async () => {
    await upgradeAndVanish(host.port, { host: authority });
    expect((await ask('/')).status).toBe(200);
  });

  it('ends a connection whose frame is larger than any frame', async () => {
    const socket = new WebSocket(`ws://${authority}/frames`, { headers: { origin: origin(), cookie } });
    await new Promise((resolve) => socket.once('open', resolve));
    const closed = new Promise<number>((resolve) => socket.once('close', resolve));
    socket.send('x'.repeat(200_000));
    expect(await closed).toBe(1009);
  });
});

it('says which port is busy by Node’s own error', async () => {
  await expect(startBrowserHost({ server, rendererDir: root, port: host.port })).rejects.toMatchObject({
    code: 'EADDRINUSE',
  });
});
