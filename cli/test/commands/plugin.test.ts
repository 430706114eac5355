import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import type { ControlMethods } from '@cloudsnooze/daemon/control/api';

import { integrityOf } from '../../../daemon/src/install/hash-files.ts';
import { requires } from '../../../daemon/test/support/requires.ts';
import { temporaryDirectory } from '../../../daemon/test/support/temporary-directory.ts';
import { callCli } from '../support/call-cli.ts';
import { startFakeDaemon } from '../support/fake-daemon.ts';
import { ended, runCli, startCli, startOnTerminal, TERMINAL_PROGRAM } from '../support/run-cli.ts';
import { SAMPLE_MANIFEST, SAMPLE_SANDBOX, samplePackage, samplePlugin } from '../support/samples.ts';

type First = ControlMethods['plugin.enable']['result']['first'];

const FIRST: NonNullable<First> = {
  name: 'redis-monitor',
  kind: 'plugin',
  verdict: 'idle',
  value: null,
  threshold: null,
  unit: null,
  reason: '2 clients',
  weight: 1,
  onError: 'busy',
  counts: true,
  bootMs: 1,
  tookMs: 4,
};

/** A daemon that takes every package; `sent` gives what has come. */
async function startTaker(
  test: TestContext,
  change: Parameters<typeof samplePackage>[0] = {},
  configGet: () => ControlMethods['config.get']['result'] = () => ({ value: [], origin: 'default' }),
) {
  const parts: Buffer[] = [];
  const daemon = await startFakeDaemon(test, {
    'config.get': configGet,
    'plugin.install.begin': () => ({ upload: 'u1' }),
    'plugin.install.chunk': ({ base64 }) => {
      parts.push(Buffer.from(base64, 'base64'));
      return {};
    },
    'plugin.install.inspect': () => samplePackage(change),
    'plugin.install.cancel': () => ({}),
    'plugin.install.finish': () => ({
      manifest: SAMPLE_MANIFEST,
      directory: '/d',
      replaced: null,
      enabled: false,
      hidden_by: null,
    }),
  });
  const directory = temporaryDirectory(test);
  writeFileSync(join(directory, 'plugin.json'), '{}');
  const methods = () => daemon.calls.map(({ method }) => method.replace('plugin.install.', ''));
  return { ...daemon, directory, parts, methods };
}

describe('snooze plugin install', () => {
  it('sends the package in chunks, shows it, and prints what to type next', async (test) => {
    const { socket, calls, parts, directory } = await startTaker(test);
    const contents = randomBytes(600 * 1024);
    writeFileSync(join(directory, 'p.tar.gz'), contents);
    const { code, stdout, stderr } = await runCli(['plugin', 'install', 'p.tar.gz', '--yes'], { socket, directory });
    assert.deepEqual([code, stderr], [0, '']);
    assert.ok(Buffer.concat(parts).equals(contents));
    assert.deepEqual(
      parts.map(({ length }) => length),
      [262_144, 262_144, 90_112],
    );
    assert.deepEqual(calls[0]?.params, { source: join(directory, 'p.tar.gz') });
    assert.match(stdout, /^redis-monitor 1\.0\.0\n/);
    assert.match(stdout, /network +declared +connects to 127\.0\.0\.1:6379/);
    assert.match(stdout, /installed in \/d \(disabled\); next: snooze plugin enable redis-monitor\n$/);
  });

  it('packs a folder', async (test) => {
    const { socket, parts, directory } = await startTaker(test);
    const { code, stdout } = await runCli(['plugin', 'install', directory, '--json', '--yes'], { socket });
    assert.equal(code, 0);
    assert.equal(JSON.parse(stdout).manifest.name, 'redis-monitor');
    assert.equal(JSON.parse(stdout).sandbox.permissions.length, 2);
    assert.deepEqual([...Buffer.concat(parts).subarray(0, 2)], [0x1f, 0x8b], 'gzip');
  });

  it('says to add --yes where there is no terminal to ask on, ends with 2, and installs nothing', async (test) => {
    const { socket, methods, directory } = await startTaker(test);
    const { code, stdout, stderr } = await runCli(['plugin', 'install', directory], { socket });
    assert.equal(code, 2);
    assert.match(stdout, /connects to/, 'what it is about is shown');
    assert.equal(
      stderr,
      'snooze: redis-monitor 1.0.0 is not installed: there is no terminal to ask on\n  if you trust it, add --yes\n',
    );
    assert.deepEqual(methods(), ['begin', 'chunk', 'inspect', 'cancel']);
  });

  for (const [typed, code, last] of [
    ['y\r', 0, 'finish'],
    ['Yes\r', 0, 'finish'],
    ['n\r', 1, 'cancel'],
    ['\r', 1, 'cancel'],
    ['yesterday\r', 1, 'cancel'],
    ['\u0003', 1, 'cancel'],
    ['\u0004', 1, 'cancel'],
  ] as const) {
    it(`asks on a terminal; ${JSON.stringify(typed)} ends with ${code}`, {
      skip: requires(TERMINAL_PROGRAM),
    }, async (test) => {
      const { socket, methods, directory } = await startTaker(test);
      const child = startOnTerminal(`plugin install ${directory}`, { socket });
      let shown = '';
      child.stdout?.on('data', (chunk) => {
        if (!shown.includes('[y/N]') && `${shown}${chunk}`.includes('[y/N]')) child.stdin?.write(typed);
        shown += chunk;
      });
      assert.equal(await ended(child), code, shown);
      assert.equal(methods().at(-1), last);
      if (code === 1) assert.match(shown, /\n\S*snooze:\S* redis-monitor 1\.0\.0 is not installed/);
    });
  }

  it('installs nothing where ^C came while it was fetched', async (test) => {
    const repository = temporaryDirectory(test);
    const contents = randomBytes(1024);
    writeFileSync(join(repository, 'p.tar.gz'), contents);
    const versions = [{ version: '1.0.0', file: 'p.tar.gz', integrity: integrityOf(contents) }];
    const index = { index_version: 1, plugins: [{ name: 'redis-monitor', versions }] };
    writeFileSync(join(repository, 'index.json'), JSON.stringify(index));
    const taker = await startTaker(test, {}, () => {
      child.kill('SIGINT');
      return { value: [{ name: 'local', url: repository }], origin: 'default' };
    });
    const child = startCli(['plugin', 'install', 'local:redis-monitor', '--yes'], taker);
    assert.equal(await ended(child), 1);
    assert.ok(!taker.methods().includes('finish'), taker.methods().join());
  });

  it('does not trouble the daemon with what is no plugin', async (test) => {
    const { socket, calls } = await startFakeDaemon(test, {});
    const { code, stderr } = await runCli(['plugin', 'install', '/nonexistent'], { socket });
    assert.equal(code, 1);
    assert.match(stderr, /^snooze: \/nonexistent: there is no such file or folder\n/);
    assert.deepEqual(calls, []);
  });
});

describe('snooze plugin enable', () => {
  const enable = async (test: Parameters<typeof startFakeDaemon>[0], first: First, ...more: string[]) => {
    const { socket } = await startFakeDaemon(test, { 'plugin.enable': () => ({ summary: samplePlugin(), first }) });
    return await callCli(['plugin', 'enable', 'redis-monitor', ...more], { socket });
  };

  it('shows the first verdict', async (test) => {
    const { code, stdout } = await enable(test, FIRST);
    assert.deepEqual([code, stdout], [0, 'ok: redis-monitor running · idle · 2 clients · 4 ms\n']);
  });

  it('says that a plugin which only handles events waits for them', async (test) => {
    const { stdout } = await enable(test, null);
    assert.equal(stdout, 'ok: redis-monitor running · waits for events\n');
  });

  it('prints the answer as JSON', async (test) => {
    const { stdout } = await enable(test, FIRST, '--json');
    assert.equal(JSON.parse(stdout).first.reason, '2 clients');
  });

  it('shows why it does not start, with the last lines of its standard error, and ends with 1', async (test) => {
    const { socket } = await startFakeDaemon(test, {
      'plugin.enable': () => ({
        failure: {
          code: 'SNOOZE_E_PLUGIN_START',
          message: 'redis-monitor: python3 redis_monitor.py ended with exit code 1\nTraceback:\nNo module named redis',
          hint: 'it is left disabled',
        },
      }),
    });
    const { code, stdout, stderr } = await runCli(['plugin', 'enable', 'redis-monitor'], { socket });
    assert.deepEqual([code, stdout], [1, '']);
    assert.equal(
      stderr,
      'snooze: redis-monitor: python3 redis_monitor.py ended with exit code 1\n  Traceback:\n  No module named redis\n  it is left disabled\n',
    );
  });
});

describe('snooze plugin', () => {
  it('lists, explains, disables and uninstalls', async (test) => {
    const { socket, calls } = await startFakeDaemon(test, {
      'plugin.list': () => [
        samplePlugin({ instance: 'broken', state: 'failed', last_error: 'x'.repeat(200) }),
        samplePlugin(),
      ],
      'plugin.info': () => ({
        summary: samplePlugin(),
        manifest: SAMPLE_MANIFEST,
        config: {},
        sandbox: SAMPLE_SANDBOX,
        installed: null,
      }),
      'plugin.disable': () => ({ summary: samplePlugin({ state: 'disabled', enabled: false }) }),
      'plugin.uninstall': () => ({ directory: '/d', kept: [], use_of: null }),
    });
    const run = async (...typed: string[]) => (await callCli(['plugin', ...typed], { socket })).stdout;
    const list = (await run('list')).split('\n');
    assert.match(list[1] ?? '', /^broken .*x{200}$/, 'nothing is cut in a pipe');
    assert.match(await run('info', 'redis-monitor'), /^redis-monitor {2}1\.0\.0 {2}running\n/);
    assert.equal(await run('disable', 'redis-monitor'), 'redis-monitor is disabled\n');
    assert.equal(await run('uninstall', 'redis-monitor', '--yes'), 'redis-monitor is uninstalled, /d is removed\n');
    assert.deepEqual(
      calls.slice(1).map(({ params }) => params),
      [{}, {}, {}, { purge: false }].map((more) => ({ name: 'redis-monitor', ...more })),
    );
  });

  it('says what to do where there is none', async (test) => {
    const { socket } = await startFakeDaemon(test, { 'plugin.list': () => [] });
    assert.match(
      (await callCli(['plugin', 'list'], { socket })).stdout,
      /^no plugin is installed; next: snooze plugin install PATH\n$/,
    );
  });
});
