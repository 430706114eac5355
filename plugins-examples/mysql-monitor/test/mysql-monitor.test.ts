import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { after, before, describe, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { requires } from '../../../daemon/test/support/requires.ts';
import { waitFor } from '../../../daemon/test/support/wait-for.ts';
import { checkIdle, initialize } from '../../test-support/host.ts';
import { type Mariadb, missingMariadb, startMariadb } from '../../test-support/mariadb.ts';
import { callEach } from '../../test-support/python.ts';
import { freePort, startTunnel } from '../../test-support/service.ts';
import { type Talk, talk } from '../../test-support/talk.ts';

const directory = new URL('..', import.meta.url).pathname;
/** InnoDB looks at its transactions anew only where nobody has asked for them for a tenth of a second. */
const untilFresh = () => pause(150);

async function monitor(test: it.TestContext, config: Record<string, unknown>): Promise<Talk> {
  const plugin = talk(directory, { test });
  assert.equal((await initialize(plugin, config)).error, undefined);
  return plugin;
}

describe('mysql-monitor beside a real server', { skip: missingMariadb || requires('python3') }, () => {
  let server: Mariadb;
  let dsn = '';

  before(async () => {
    server = await startMariadb();
    server.run(
      "CREATE USER snooze@localhost IDENTIFIED BY 'p@ss \"word'",
      'GRANT PROCESS, SLAVE MONITOR ON *.* TO snooze@localhost',
      "CREATE USER little@localhost IDENTIFIED BY 'x'",
      'CREATE DATABASE work',
      'CREATE TABLE work.jobs (id int primary key)',
      'INSERT INTO work.jobs VALUES (1)',
    );
    dsn = `mysql://snooze:${encodeURIComponent('p@ss "word')}@127.0.0.1:${server.port}/`;
  });
  after(() => server.stop());

  /** A client that runs some statements and stays. */
  function client(test: it.TestContext, ...statements: string[]) {
    const args = ['--no-defaults', '--unbuffered', '-S', server.socket, '-u', 'root'];
    const child = spawn('mariadb', args, { stdio: ['pipe', 'ignore', 'inherit'] });
    test.after(() => child.kill('SIGKILL'));
    child.stdin.on('error', () => {});
    child.stdin.write(`${statements.join(';\n')};\n`);
    return child;
  }

  function reasonOf(plugin: Talk, pattern: RegExp): Promise<string> {
    return waitFor(String(pattern), async () => {
      await untilFresh();
      const { result, error } = await checkIdle(plugin);
      const reason = String(result?.['reason'] ?? error?.message);
      return pattern.test(reason) && reason;
    });
  }

  it('is busy when a client came and went between two checks, where it shall', async (test) => {
    const plugin = await monitor(test, { dsn, idle_minutes: 0 });
    await reasonOf(plugin, /^0 clients connected, none at work$/);
    server.run('SELECT 1');
    assert.equal((await checkIdle(plugin)).result?.['reason'], '1 client connected since the last check, idle up to 0');
    await reasonOf(plugin, /^0 clients connected, none at work$/);
    await plugin.request('Configure', { config: { dsn, idle_minutes: 0, max_new_connections: null } });
    assert.equal((await checkIdle(plugin)).result?.['is_idle'], true);
  });

  it('is busy for a client that came and went after a check that did not reach the server', async (test) => {
    const tunnel = await startTunnel(test, server.port);
    const plugin = await monitor(test, { dsn: dsn.replace(`:${server.port}`, `:${tunnel.port}`), idle_minutes: 0 });
    await reasonOf(plugin, /^0 clients connected, none at work$/);
    await tunnel.close();
    assert.match((await checkIdle(plugin)).error?.message ?? '', /Can't connect/);
    await tunnel.open();
    server.run('SELECT 1');
    assert.equal((await checkIdle(plugin)).result?.['reason'], '1 client connected since the last check, idle up to 0');
  });

  it('is idle beside connections that do nothing, and busy while one works', async (test) => {
    const plugin = await monitor(test, { dsn, idle_minutes: 0 });
    await reasonOf(plugin, /^0 clients connected, none at work$/);
    const idler = client(test, 'SELECT 1');
    await reasonOf(plugin, /^1 client connected, none at work$/);
    idler.stdin.write('SELECT sleep(600);\n');
    await reasonOf(plugin, /^1 client at work, 0 transactions open$/);
  });

  it('counts an open transaction, a recent query, and connections where it shall', async (test) => {
    const plugin = await monitor(test, { dsn, idle_minutes: 0 });
    client(test, 'BEGIN', 'UPDATE work.jobs SET id = 2');
    await reasonOf(plugin, /, 1 transactions open$/);
    await plugin.request('Configure', { config: { dsn, idle_minutes: 0, connection_threshold: 1 } });
    assert.equal((await checkIdle(plugin)).result?.['is_idle'], false);
  });

  it('checks the certificate of the server, and has no verdict where it cannot trust it', async (test) => {
    const { authority, stranger } = server.certificates;
    const trusted = await monitor(test, { dsn, tls: true, tls_ca: authority });
    assert.equal((await checkIdle(trusted)).error, undefined);
    const encrypted = { dsn, tls: true, if_down: 'idle' };
    for (const config of [encrypted, { ...encrypted, tls_ca: stranger }]) {
      const { error } = await checkIdle(await monitor(test, config));
      assert.match(error?.message ?? '', /certificate/);
    }
  });

  it('finds who waits for a lock, and commits that are not flushed', async (test) => {
    const plugin = await monitor(test, { dsn });
    client(test, 'BEGIN', 'UPDATE work.jobs SET id = 3');
    await reasonOf(plugin, /1 transactions open$/);
    client(test, 'UPDATE work.jobs SET id = 4');
    const findings = await waitFor('a finding', async () => {
      await untilFresh();
      const found = (await plugin.request('Diagnose')).result?.['findings'] as { id: string }[];
      const ids = found.map(({ id }) => id);
      return ids.includes('blocked') && ids;
    });
    assert.deepEqual(findings, ['blocked', 'tables-hidden', 'late-flush']);
  });

  it('sees how large tables are with a privilege that shows no row, and says so where it has it not', async (test) => {
    const plugin = await monitor(test, { dsn });
    const find = async () => (await plugin.request('Diagnose', { categories: ['fragmentation'] })).result?.['findings'];
    assert.partialDeepStrictEqual(await find(), [{ id: 'tables-hidden', severity: 'info' }]);
    server.run('GRANT SHOW VIEW ON *.* TO snooze@localhost');
    assert.deepEqual(await find(), []);
    const options = `[client]\nsocket="${server.socket}"\nuser="snooze"\npassword="p@ss \\"word"\n`;
    const [tables] = callEach(directory, 'health.read_tables', [[options, true]]);
    assert.deepEqual(tables, [[[16384, 0, 'work.jobs']], false]);
  });

  it('logs in over a socket and in the notation of Go, and says so where it may not see enough', async (test) => {
    for (const other of [
      `snooze:p@ss "word@unix(${server.socket})/`,
      `snooze:p@ss "word@tcp(127.0.0.1:${server.port})/`,
    ]) {
      const plugin = await monitor(test, { dsn: other });
      assert.equal((await checkIdle(plugin)).error, undefined, other);
    }
    const wrong = await monitor(test, { dsn: `mysql://snooze:nope@127.0.0.1:${server.port}/`, if_down: 'idle' });
    const { error } = await checkIdle(wrong);
    assert.match(error?.message ?? '', /Access denied/);
    assert.doesNotMatch(error?.message ?? '', /nope/);
    client(test, 'SELECT 1');
    const little = await monitor(test, { dsn: `mysql://little:x@127.0.0.1:${server.port}/` });
    await reasonOf(little, /hidden from this user: GRANT PROCESS|PROCESS privilege/);
  });
});

describe('mysql-monitor without a server', { skip: missingMariadb || requires('python3') }, () => {
  it('has no verdict, unless it is told that this means idle', async (test) => {
    const dsn = `mysql://127.0.0.1:${await freePort()}/`;
    const plugin = await monitor(test, { dsn });
    assert.match((await checkIdle(plugin)).error?.message ?? '', /Can't connect/);
    assert.partialDeepStrictEqual((await plugin.request('Diagnose')).result, { status: 'failed' });
    await plugin.request('Configure', { config: { dsn, if_down: 'idle' } });
    assert.equal((await checkIdle(plugin)).result?.['reason'], 'no MySQL runs there');
  });

  it('refuses a DSN that it cannot use, without repeating the password', async (test) => {
    const { error } = await initialize(talk(directory, { test }), { dsn: 'mysql://snooze:secret@h:port/' });
    assert.equal(error?.code, -32004);
    assert.match(error?.message ?? '', /^dsn: the port is no number/);
  });
});
