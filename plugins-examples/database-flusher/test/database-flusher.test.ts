import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import { requires } from '../../../daemon/test/support/requires.ts';
import { temporaryDirectory } from '../../../daemon/test/support/temporary-directory.ts';
import { startRedis } from '../../redis-monitor/test/redis-server.ts';
import { makeCertificates } from '../../test-support/certificates.ts';
import { initialize } from '../../test-support/host.ts';
import { missingMariadb, startMariadb } from '../../test-support/mariadb.ts';
import { missingPostgres, PASSWORD, startPostgres } from '../../test-support/postgres.ts';
import { freePort } from '../../test-support/service.ts';
import { type Talk, talk } from '../../test-support/talk.ts';

const directory = new URL('..', import.meta.url).pathname;

async function flusher(
  test: it.TestContext,
  db_type: string,
  connection_string: string,
  more: object = {},
): Promise<Talk> {
  const plugin = talk(directory, { test });
  assert.equal((await initialize(plugin, { db_type, connection_string, ...more })).error, undefined);
  return plugin;
}

function event(type = 'cloud.spot.interrupt') {
  const deadline = new Date(Date.now() + 120_000).toISOString();
  return { event: { id: 'e-1', type, source: 'test', timestamp: '', data: {}, severity: 3, deadline } };
}

describe('database-flusher', { skip: requires('python3', 'redis-server', 'redis-cli', 'openssl') }, () => {
  it('lets Redis save, with a password, on each of its events', async (test) => {
    const { port, socketPath, connectClient } = await startRedis(test);
    await connectClient('SET key value', 'CONFIG SET requirepass secret');
    const dump = join(dirname(socketPath), 'dump.rdb');
    assert.ok(!existsSync(dump));
    const plugin = await flusher(test, 'redis', `redis://:secret@127.0.0.1:${port}`);
    const { result } = await plugin.request('HandleEvent', event());
    assert.partialDeepStrictEqual(result, { handled: true, result: { db_type: 'redis', did: 'SAVE' } });
    assert.ok(existsSync(dump));
    assert.equal((await plugin.request('HandleEvent', event('system.disk.low'))).result?.['handled'], true);
    const over = await flusher(test, 'redis', `unix://:secret@${socketPath}`);
    const run = await over.request('RunCommand', { command: 'flush-now', args: [] });
    assert.equal(run.result?.['exit_code'], 0);
  });

  it('lets MariaDB write its dirty pages, through TCP and a socket', { skip: missingMariadb }, async (test) => {
    const server = await startMariadb();
    test.after(() => server.stop());
    server.run("CREATE USER snooze@localhost IDENTIFIED BY 'p@ss'", 'GRANT RELOAD, SUPER ON *.* TO snooze@localhost');
    for (const where of [`tcp(127.0.0.1:${server.port})`, `unix(${server.socket})`]) {
      server.run('SET GLOBAL innodb_max_dirty_pages_pct = 90');
      const plugin = await flusher(test, 'mysql', `snooze:p@ss@${where}/mydb`);
      const { result, error } = await plugin.request('HandleEvent', event());
      assert.equal(error, undefined);
      assert.equal(result?.['handled'], true);
      assert.equal(server.run('SELECT @@innodb_max_dirty_pages_pct'), '0.000000');
    }
  });

  it('lets PostgreSQL make a checkpoint', { skip: missingPostgres || requires('psql') }, async (test) => {
    const server = await startPostgres();
    test.after(() => server.stop());
    const psql = (query: string) => {
      const env = { ...process.env, PGPASSWORD: PASSWORD };
      const args = ['-Xqtc', query, '-h', server.folder, '-p', String(server.port), '-U', 'postgres'];
      return spawnSync('psql', args, { env, encoding: 'utf8' }).stdout.trim();
    };
    const checkpoint = () => psql('SELECT checkpoint_lsn FROM pg_control_checkpoint()');
    psql('CREATE TABLE t (i int)');
    const before = checkpoint();
    assert.match(before, /^[0-9A-F]+\/[0-9A-F]+$/);
    const plugin = await flusher(test, 'postgres', server.url);
    assert.equal((await plugin.request('HandleEvent', event())).result?.['handled'], true);
    assert.notEqual(checkpoint(), before);
    const distrusting = `${server.url}?sslmode=verify-full&sslrootcert=${server.certificates.stranger}`;
    const { error } = await (await flusher(test, 'postgres', distrusting)).request('HandleEvent', event());
    assert.match(error?.message ?? '', /postgres: .*certificate verify failed/);
  });

  it('asks Redis over TLS where the address says so, and trusts no stranger', async (test) => {
    const { certificate, key, authority } = makeCertificates(temporaryDirectory(test));
    const port = String(await freePort());
    const proof = ['--tls-cert-file', certificate, '--tls-key-file', key, '--tls-ca-cert-file', authority];
    await startRedis(test, '--tls-port', port, '--tls-auth-clients', 'no', ...proof);
    const plugin = await flusher(test, 'redis', `rediss://127.0.0.1:${port}`);
    assert.match(
      (await plugin.request('HandleEvent', event())).error?.message ?? '',
      /redis: .*certificate verify failed/,
    );
  });

  it('fails where the database refuses or is away, and never forbids a snooze', async (test) => {
    const plugin = await flusher(test, 'redis', `redis://:secret@127.0.0.1:${await freePort()}`);
    const { error } = await plugin.request('HandleEvent', event());
    assert.match(error?.message ?? '', /redis: .*refused/);
    const snooze = { reason: 'idle', idle_seconds: 1800, action: 'stop' };
    assert.deepEqual((await plugin.request('BeforeSnooze', snooze)).result, { allow: true });
    assert.match(plugin.stderr(), /<4>not flushed before the snooze: redis: /);
    const { port } = await startRedis(test, '--requirepass', 'secret');
    const wrong = await flusher(test, 'redis', `redis://:nope@127.0.0.1:${port}`);
    const refused = (await wrong.request('HandleEvent', event())).error?.message ?? '';
    assert.match(refused, /WRONGPASS|NOAUTH/);
    assert.doesNotMatch(refused, /nope/);
  });

  it('refuses an address that is none, without repeating it', async (test) => {
    for (const [db_type, connection_string] of [
      ['redis', 'postgresql://u:secret@h/'],
      ['postgres', 'u:secret@tcp(h:1)/'],
      ['mysql', 'redis://:secret@h'],
      ['postgres', 'postgresql://u:secret@h/db?options=secret'],
      ['redis', 'redis://:secret@h:port'],
    ] as const) {
      const { error } = await initialize(talk(directory, { test }), { db_type, connection_string });
      assert.equal(error?.code, -32004, db_type);
      assert.doesNotMatch(error?.message ?? '', /secret/);
    }
  });
});
