import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { after, before, describe, it } from 'node:test';
import { requires } from '../../../daemon/test/support/requires.ts';
import { waitFor } from '../../../daemon/test/support/wait-for.ts';
import { checkIdle, initialize } from '../../test-support/host.ts';
import { missingPostgres, PASSWORD, type Postgres, startPostgres } from '../../test-support/postgres.ts';
import { freePort, startTunnel } from '../../test-support/service.ts';
import { type Talk, talk } from '../../test-support/talk.ts';

const directory = new URL('..', import.meta.url).pathname;
const login = `postgres:${encodeURIComponent(PASSWORD)}`;

async function monitor(test: it.TestContext, config: Record<string, unknown>): Promise<Talk> {
  const plugin = talk(directory, { test });
  assert.equal((await initialize(plugin, config)).error, undefined);
  return plugin;
}

describe('postgres-monitor beside a real server', { skip: missingPostgres || requires('python3', 'psql') }, () => {
  let server: Postgres;
  let url = '';

  before(async () => {
    server = await startPostgres();
    url = server.url;
  });
  after(() => server.stop());

  /** A client that runs some statements and stays. */
  function client(test: it.TestContext, ...statements: string[]) {
    const env = { ...process.env, PGPASSWORD: PASSWORD };
    const args = ['-X', '-h', '127.0.0.1', '-p', String(server.port), '-U', 'postgres', '-q'];
    const child = spawn('psql', args, { env, stdio: ['pipe', 'ignore', 'inherit'] });
    test.after(() => child.kill('SIGKILL'));
    child.stdin.on('error', () => {});
    child.stdin.write(`${statements.join(';\n')};\n`);
    return child;
  }

  function reasonOf(plugin: Talk, pattern: RegExp): Promise<string> {
    return waitFor(String(pattern), async () => {
      const { result, error } = await checkIdle(plugin);
      const reason = String(result?.['reason'] ?? error?.message);
      return pattern.test(reason) && reason;
    });
  }

  it('is busy when a client came and went between two checks, where it shall', async (test) => {
    const plugin = await monitor(test, { url, idle_minutes: 0 });
    await reasonOf(plugin, /^0 clients connected, none at work$/);
    const visitor = client(test, 'SELECT 1');
    visitor.stdin.end();
    await once(visitor, 'exit');
    await reasonOf(plugin, /^1 client connected since the last check, idle up to 0$/);
    await reasonOf(plugin, /^0 clients connected, none at work$/);
    await plugin.request('Configure', { config: { url, idle_minutes: 0, max_new_connections: null } });
    assert.equal((await checkIdle(plugin)).result?.['is_idle'], true);
  });

  it('is busy for a client that came and went after a check that did not reach the server', async (test) => {
    const tunnel = await startTunnel(test, server.port);
    const through = { url: url.replace(`:${server.port}/`, `:${tunnel.port}/`), idle_minutes: 0 };
    const plugin = await monitor(test, through);
    await reasonOf(plugin, /^0 clients connected, none at work$/);
    await tunnel.close();
    assert.match((await checkIdle(plugin)).error?.message ?? '', /Connection refused/);
    await tunnel.open();
    const visitor = client(test, 'SELECT 1');
    visitor.stdin.end();
    await once(visitor, 'exit');
    assert.equal((await checkIdle(plugin)).result?.['is_idle'], false);
  });

  it('has no verdict where the server does not keep what its clients do', async (test) => {
    const plugin = await monitor(test, { url, idle_minutes: 0, max_new_connections: null });
    client(test, 'SET track_activities = off', 'SELECT 1');
    await reasonOf(plugin, /^what clients do is not tracked: track_activities is off/);
  });

  it('is idle beside connections that do nothing, and busy while one works', async (test) => {
    const plugin = await monitor(test, { url, idle_minutes: 0 });
    await reasonOf(plugin, /^0 clients connected, none at work$/);
    const idler = client(test, 'SELECT 1');
    await reasonOf(plugin, /^1 client connected, none at work$/);
    idler.stdin.write('SELECT pg_sleep(600);\n');
    await reasonOf(plugin, /^1 clients work, 0 are in a transaction$/);
  });

  it('counts an open transaction, a recent query, and connections where it shall', async (test) => {
    const plugin = await monitor(test, { url, idle_minutes: 0 });
    client(test, 'BEGIN', 'SELECT 1');
    await reasonOf(plugin, /, 1 are in a transaction$/);
    client(test, 'SELECT 1');
    await plugin.request('Configure', { config: { url, idle_minutes: 60 } });
    assert.equal((await checkIdle(plugin)).result?.['is_idle'], false);
    await plugin.request('Configure', { config: { url, idle_minutes: 0, connection_threshold: 1 } });
    assert.equal((await checkIdle(plugin)).result?.['is_idle'], false);
  });

  it('checks the certificate of the server, and has no verdict where it cannot trust it', async (test) => {
    const at = (host: string) => `postgresql://${login}@${host}:${server.port}/postgres`;
    const { authority, stranger } = server.certificates;
    const trusted = await monitor(test, { url: at('localhost'), tls_ca: authority, max_new_connections: null });
    assert.equal((await checkIdle(trusted)).error, undefined);
    const refusals: [config: Record<string, unknown>, reason: RegExp][] = [
      [{ url: at('localhost'), tls_ca: stranger }, /certificate verify failed/],
      [{ url: at('127.0.0.2'), tls_ca: authority }, /does not match host name/],
      [{ url: `${at('localhost')}?sslmode=verify-full&sslrootcert=/nowhere` }, /"\/nowhere" does not exist/],
    ];
    for (const [config, reason] of refusals)
      assert.match((await checkIdle(await monitor(test, { ...config, if_down: 'idle' }))).error?.message ?? '', reason);
  });

  it('finds a client that is blocked, and who is fine', async (test) => {
    const plugin = await monitor(test, { url });
    const { result } = await plugin.request('Diagnose');
    assert.deepEqual(result?.['findings'], []);
    assert.match(String(((result?.['metrics'] ?? {}) as Record<string, unknown>)['version']), /^\d+/);
    client(test, 'CREATE TABLE IF NOT EXISTS jobs (id int)', 'BEGIN', 'LOCK TABLE jobs', 'SELECT 1');
    await reasonOf(plugin, /1 are in a transaction/);
    client(test, 'SELECT * FROM jobs');
    const found = await waitFor('a finding', async () => {
      const findings = (await plugin.request('Diagnose')).result?.['findings'] as { id: string; title: string }[];
      return findings.find(({ id }) => id === 'blocked');
    });
    assert.equal(found.title, "1 clients wait for another's lock");
  });

  it('logs in over a socket, and says so where it may not see enough or has the wrong password', async (test) => {
    const socket = await monitor(test, {
      url: `postgresql://${login}@/postgres?host=${server.folder}&port=${server.port}`,
    });
    assert.equal((await checkIdle(socket)).error, undefined);
    const wrong = await monitor(test, {
      url: `postgresql://postgres:nope@127.0.0.1:${server.port}/postgres`,
      if_down: 'idle',
    });
    const { error } = await checkIdle(wrong);
    assert.match(error?.message ?? '', /password authentication failed/);
    assert.doesNotMatch(error?.message ?? '', /nope/);
    client(test, "CREATE ROLE little LOGIN PASSWORD 'x'");
    const little = await monitor(test, { url: `postgresql://little:x@127.0.0.1:${server.port}/postgres` });
    await reasonOf(little, /hidden from this user: GRANT pg_monitor/);
  });
});

describe('postgres-monitor without a server', { skip: requires('python3', 'psql') }, () => {
  it('has no verdict, unless it is told that this means idle', async (test) => {
    const url = `postgresql://127.0.0.1:${await freePort()}/postgres`;
    const plugin = await monitor(test, { url });
    assert.match((await checkIdle(plugin)).error?.message ?? '', /Connection refused/);
    assert.partialDeepStrictEqual((await plugin.request('Diagnose')).result, { status: 'failed' });
    await plugin.request('Configure', { config: { url, if_down: 'idle' } });
    assert.equal((await checkIdle(plugin)).result?.['reason'], 'no PostgreSQL runs there');
  });

  it('refuses a URL that it cannot use', async (test) => {
    for (const url of ['postgresql://h:99999/', 'postgresql://h/db?option=1']) {
      const { error } = await initialize(talk(directory, { test }), { url });
      assert.equal(error?.code, -32004, url);
      assert.match(error?.message ?? '', /^url: /);
    }
    const config = { url: 'postgresql://h/db?sslmode=disable', tls_ca: '/etc/ssl/ca.pem' };
    const { error } = await initialize(talk(directory, { test }), config);
    assert.match(error?.message ?? '', /^url: sslmode is verify-full where tls_ca is set/);
  });
});
