import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { describe, it } from 'node:test';
import { requires } from '../../../daemon/test/support/requires.ts';
import { temporaryDirectory } from '../../../daemon/test/support/temporary-directory.ts';
import { waitFor } from '../../../daemon/test/support/wait-for.ts';
import { makeCertificates } from '../../test-support/certificates.ts';
import { checkIdle, initialize } from '../../test-support/host.ts';
import { freePort } from '../../test-support/service.ts';
import { type Talk, talk } from '../../test-support/talk.ts';
import { startRedis } from './redis-server.ts';

const directory = new URL('..', import.meta.url).pathname;

async function monitor(test: it.TestContext, config: Record<string, unknown>): Promise<Talk> {
  const plugin = talk(directory, { test });
  const { error } = await initialize(plugin, config);
  assert.equal(error, undefined);
  return plugin;
}

describe('redis-monitor beside a real server', { skip: requires('python3', 'redis-server') }, () => {
  it('does not count its own connection', async (test) => {
    const { port } = await startRedis(test);
    const plugin = await monitor(test, { redis_url: `redis://127.0.0.1:${port}`, connection_threshold: 1 });
    for (let round = 0; round < 3; round++) {
      const { result } = await checkIdle(plugin);
      assert.partialDeepStrictEqual(result, { is_idle: true, reason: '0 clients connected, under 1' });
    }
  });

  it('is busy from the threshold on, and idle again when the clients leave', async (test) => {
    const server = await startRedis(test);
    const plugin = await monitor(test, { redis_url: `redis://127.0.0.1:${server.port}`, connection_threshold: 2 });
    const first = await server.connectClient();
    assert.equal((await checkIdle(plugin)).result?.['is_idle'], true);
    await server.connectClient();
    const { result } = await checkIdle(plugin);
    assert.partialDeepStrictEqual(result, { is_idle: false, reason: '2 clients connected, idle under 2' });
    first.end('QUIT\r\n');
    await once(first, 'close');
    assert.equal((await checkIdle(plugin)).result?.['is_idle'], true);
  });

  it('can leave subscribers out', async (test) => {
    const server = await startRedis(test);
    await server.connectClient('SUBSCRIBE news');
    const counting = { redis_url: `redis://127.0.0.1:${server.port}`, connection_threshold: 1 };
    const plugin = await monitor(test, counting);
    assert.equal((await checkIdle(plugin)).result?.['is_idle'], false);
    await plugin.request('Configure', { config: { ...counting, count_subscribers: false } });
    assert.equal((await checkIdle(plugin)).result?.['is_idle'], true);
  });

  it('can be busy by operations although nobody is connected', async (test) => {
    const server = await startRedis(test);
    const client = await server.connectClient();
    // Each answer is followed by the next command: the average stays high.
    client.on('data', () => client.write('PING\r\n')).write('PING\r\n');
    const plugin = await monitor(test, { redis_url: `redis://127.0.0.1:${server.port}`, max_ops_per_second: 10 });
    const reason = await waitFor('an average over the limit', async () => {
      const { result } = await checkIdle(plugin);
      return result?.['is_idle'] === false && String(result['reason']);
    });
    assert.match(reason, /^\d+ operations a second, idle up to 10$/);
  });

  it('counts the operations that came and went between two checks, also those of a server started anew', () => {
    const rates = ['rate(None, Work(9, 1))', 'rate(Work(9, 1), Work(69, 61))', 'rate(Work(9, 1), Work(6, 3))'];
    const program = `from usage import Work, rate; print(${rates.join()})`;
    const { stdout, stderr } = spawnSync('python3', ['-Bc', program], { cwd: directory, encoding: 'utf8' });
    assert.equal(stdout, '0.0 1.0 3.0\n', stderr);
  });

  it('counts them also where the server has closed the connection in between, as it does with its setting timeout', async (test) => {
    // a server that looks at its own clock once a second has not measured them itself
    const server = await startRedis(test, '--hz', '1', '--dynamic-hz', 'no');
    const plugin = await monitor(test, { redis_url: `redis://127.0.0.1:${server.port}`, max_ops_per_second: 2 });
    await checkIdle(plugin);
    await server.connectClient(
      ...Array.from({ length: 1000 }, () => 'PING'),
      'CLIENT KILL TYPE normal SKIPME yes',
      'PING',
    );
    assert.match(String((await checkIdle(plugin)).result?.['reason']), /operations a second, idle up to 2$/);
  });

  it('logs in with the password of the URL, also over a Unix socket', async (test) => {
    const { port, socketPath } = await startRedis(test, '--requirepass', 'p@ss word');
    for (const redis_url of [`redis://:p%40ss%20word@127.0.0.1:${port}/3`, `unix://:p%40ss%20word@${socketPath}`]) {
      const plugin = await monitor(test, { redis_url });
      assert.equal((await checkIdle(plugin)).result?.['is_idle'], true, redis_url);
    }
  });

  it('has no verdict where the password is missing or wrong, and says so', async (test) => {
    const { port } = await startRedis(test, '--requirepass', 'secret');
    const without = await monitor(test, { redis_url: `redis://127.0.0.1:${port}`, if_down: 'idle' });
    assert.match((await checkIdle(without)).error?.message ?? '', /wants a password; put it into redis_url/);
    const wrong = await monitor(test, { redis_url: `redis://:nope@127.0.0.1:${port}`, if_down: 'idle' });
    const { error } = await checkIdle(wrong);
    assert.match(error?.message ?? '', /WRONGPASS/);
    assert.doesNotMatch(error?.message ?? '', /nope/);
  });

  it('connects again when the server was restarted', async (test) => {
    const server = await startRedis(test);
    const plugin = await monitor(test, { redis_url: `redis://127.0.0.1:${server.port}` });
    assert.equal((await checkIdle(plugin)).result?.['is_idle'], true);
    await server.stop();
    assert.match((await checkIdle(plugin)).error?.message ?? '', /connection refused/);
    await startRedis(test, '--port', String(server.port));
    assert.equal((await checkIdle(plugin)).result?.['is_idle'], true);
  });

  it('finds data that a stop would lose', async (test) => {
    const server = await startRedis(test);
    await server.connectClient('SET key value');
    const plugin = await monitor(test, { redis_url: `redis://127.0.0.1:${server.port}` });
    const { result } = await plugin.request('Diagnose');
    assert.equal(result?.['status'], 'degraded');
    const ids = findingsOf(result).map(({ id }) => id);
    assert.deepEqual(ids, ['not-persistent', 'no-memory-limit']);
  });
});

describe('redis-monitor beside a server in trouble', { skip: requires('python3', 'redis-server') }, () => {
  it('finds slow commands, blocked clients, and memory that is full', async (test) => {
    const server = await startRedis(test, '--maxmemory', '500kb', '--save', '3600 1');
    await server.connectClient('CONFIG SET slowlog-log-slower-than 0', 'PING');
    const waiting = await server.connectClient();
    waiting.write('BLPOP nothing 0\r\n');
    const plugin = await monitor(test, { redis_url: `redis://127.0.0.1:${server.port}` });
    const ids = await waitFor('a client that is blocked', async () => {
      const found = findingsOf((await plugin.request('Diagnose')).result).map(({ id }) => id);
      return found.includes('blocked-clients') && found;
    });
    assert.deepEqual(ids, ['memory-full', 'blocked-clients', 'slow-queries']);
    const { result } = await plugin.request('Diagnose', { categories: ['clients', 'replication'] });
    assert.deepEqual(result?.['status'], 'ok');
    assert.deepEqual(
      findingsOf(result).map(({ id }) => id),
      ['blocked-clients'],
    );
  });

  it('finds a replica without its master', async (test) => {
    const nobody = String(await freePort());
    const { port } = await startRedis(test, '--replicaof', '127.0.0.1', nobody);
    const { result } = await (await monitor(test, { redis_url: `redis://127.0.0.1:${port}` })).request('Diagnose');
    assert.equal(result?.['status'], 'failed');
    assert.ok(findingsOf(result).some(({ id }) => id === 'replication-down'));
  });
});

describe('redis-monitor over TLS', { skip: requires('python3', 'redis-server', 'openssl') }, () => {
  async function startTls(test: it.TestContext, which: 'certificate' | 'expired' = 'certificate') {
    const files = makeCertificates(temporaryDirectory(test));
    const tls = ['--tls-port', String(await freePort()), '--tls-auth-clients', 'no'];
    const proof = ['--tls-cert-file', files[which], '--tls-key-file', files.key, '--tls-ca-cert-file', files.authority];
    const bind = ['--bind', '127.0.0.1', '127.0.0.2'];
    const { port } = await startRedis(test, ...bind, ...tls, ...proof, '--requirepass', 'secret');
    return { files, port, at: (host: string) => `rediss://:secret@${host}:${tls[1]}/1` };
  }

  it('asks a server whose certificate is good for its name', async (test) => {
    const { files, at } = await startTls(test);
    for (const host of ['localhost', '127.0.0.1']) {
      const plugin = await monitor(test, { redis_url: at(host), tls_ca: files.authority, connection_threshold: 1 });
      for (let round = 0; round < 2; round++)
        assert.equal((await checkIdle(plugin)).result?.['reason'], '0 clients connected, under 1', host);
      await plugin.end();
    }
  });

  it('has no verdict where it cannot trust who answers, and says what to change', async (test) => {
    const { files, at, port } = await startTls(test);
    const { files: others, at: atOld } = await startTls(test, 'expired');
    const refusals: [config: Record<string, unknown>, reason: RegExp][] = [
      [{ redis_url: at('localhost') }, /not to be trusted: .*; tls_ca names a file with whom to trust$/],
      [{ redis_url: at('localhost'), tls_ca: files.stranger }, /not to be trusted: .*; tls_ca names a file/],
      [{ redis_url: at('127.0.0.2'), tls_ca: files.authority }, /not to be trusted: IP address mismatch/],
      [{ redis_url: atOld('localhost'), tls_ca: others.authority }, /not to be trusted: certificate has expired$/],
      [{ redis_url: at('localhost').replace('rediss', 'redis') }, /closed the connection: does it want TLS/],
    ];
    for (const [config, reason] of refusals) {
      const { error } = await checkIdle(await monitor(test, { ...config, if_down: 'idle' }));
      assert.match(error?.message ?? '', reason, String(config['redis_url']));
      assert.doesNotMatch(error?.message ?? '', /secret/);
    }
    const plain = await monitor(test, { redis_url: `rediss://:secret@127.0.0.1:${port}`, if_down: 'idle' });
    const { error } = await plain.request('CheckIdle', { metrics: {}, context: { deadline_ms: 400 } });
    assert.match(error?.message ?? '', /no answer to the TLS handshake in time: does that port speak TLS\?$/);
  });

  it('refuses an authority that is none', async (test) => {
    const redis_url = 'rediss://127.0.0.1';
    const refusals: [config: Record<string, unknown>, message: RegExp][] = [
      [{ tls_ca: '/nowhere' }, /^tls_ca is of use only with rediss:/],
      [{ redis_url, tls_ca: '/nowhere' }, /^tls_ca: \/nowhere: No such file/],
      [{ redis_url, tls_ca: '/etc/hostname' }, /^tls_ca: \/etc\/hostname has no certificate in PEM format$/],
    ];
    for (const [config, message] of refusals) {
      const { error } = await initialize(talk(directory, { test }), config);
      assert.equal(error?.code, -32004);
      assert.match(error?.message ?? '', message);
    }
  });
});

describe('redis-monitor without a server', { skip: requires('python3') }, () => {
  it('has no verdict, unless it is told that this means idle', async (test) => {
    const redis_url = `redis://127.0.0.1:${await freePort()}`;
    const plugin = await monitor(test, { redis_url });
    assert.match((await checkIdle(plugin)).error?.message ?? '', /^Redis at 127\.0\.0\.1:\d+: connection refused$/);
    await plugin.request('Configure', { config: { redis_url, if_down: 'idle' } });
    const { result } = await checkIdle(plugin);
    assert.equal(result?.['is_idle'], true);
    assert.match(String(result?.['reason']), /^no Redis runs at/);
    assert.equal((await plugin.request('Diagnose')).result?.['status'], 'failed');
  });

  it('takes a missing socket file for no server', async (test) => {
    const plugin = await monitor(test, { redis_url: 'unix:///nowhere/no-such-redis.sock', if_down: 'idle' });
    assert.equal((await checkIdle(plugin)).result?.['is_idle'], true);
  });

  it('never takes a server that does not answer for idle', async (test) => {
    const mute = createServer().listen(0, '127.0.0.1');
    test.after(() => mute.close());
    await once(mute, 'listening');
    const address = mute.address();
    const port = typeof address === 'object' ? address?.port : 0;
    const plugin = await monitor(test, { redis_url: `redis://127.0.0.1:${port}`, if_down: 'idle' });
    const { error } = await plugin.request('CheckIdle', { metrics: {}, context: { deadline_ms: 200 } });
    assert.match(error?.message ?? '', /no answer in time/);
  });

  it('says so when something else answers', async (test) => {
    const other = createServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')).listen(0, '127.0.0.1');
    test.after(() => other.close());
    await once(other, 'listening');
    const address = other.address();
    const port = typeof address === 'object' ? address?.port : 0;
    const plugin = await monitor(test, { redis_url: `redis://127.0.0.1:${port}` });
    assert.match((await checkIdle(plugin)).error?.message ?? '', /that is no Redis: it answered 'HTTP/);
  });

  it('refuses a URL that it cannot use, without repeating the password', async (test) => {
    const plugin = talk(directory, { test });
    for (const redis_url of ['http://:secret@h', 'redis://:secret@h:99999', 'redis://:secret@h/x', 'unix://']) {
      const { error } = await initialize(plugin, { redis_url });
      assert.equal(error?.code, -32004, redis_url);
      assert.match(error?.message ?? '', /^redis_url /);
      assert.doesNotMatch(error?.message ?? '', /secret/);
    }
  });

  it('answers what it does not know with an error, and ends when told', async (test) => {
    const plugin = await monitor(test, {});
    plugin.sendLine('not json');
    plugin.sendLine('{"jsonrpc":"2.0","method":"$/cancelRequest","params":{"id":1}}');
    assert.equal((await plugin.request('Levitate')).error?.code, -32601);
    assert.deepEqual((await plugin.request('Shutdown', { reason: 'test' })).result, {});
    assert.deepEqual(await plugin.exited, { code: 0, signal: null });
  });

  it('ends with its input', async (test) => {
    const plugin = await monitor(test, {});
    assert.deepEqual(await plugin.end(), { code: 0, signal: null });
  });
});

function findingsOf(result: Record<string, unknown> | undefined): { id: string }[] {
  return (result?.['findings'] ?? []) as { id: string }[];
}
