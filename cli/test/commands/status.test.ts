import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import { startFakeDaemon } from '../support/fake-daemon.ts';
import { ended, runCli, startCli } from '../support/run-cli.ts';
import { sampleStatus } from '../support/samples.ts';

describe('snooze status', () => {
  it("shows the daemon's answer in words, without colours in a pipe", async (test) => {
    const { socket, calls } = await startFakeDaemon(test, {
      status: () => sampleStatus({ snooze_at: null, next: 'nothing' }),
    });
    const { code, stdout, stderr } = await runCli(['status'], { socket });
    assert.deepEqual([code, stderr], [0, '']);
    assert.match(stdout, /^idle · nothing\n {2}every check is idle/);
    assert.match(stdout, /cpu {6}█+░+ .* idle/);
    assert.ok(!stdout.includes('\u001b'));
    assert.deepEqual(calls, [{ method: 'status', params: {} }]);
  });

  it('is as wide as COLUMNS says', async (test) => {
    const { socket } = await startFakeDaemon(test, { status: () => sampleStatus() });
    const { stdout } = await runCli(['status'], { socket, environment: { COLUMNS: '50' } });
    assert.deepEqual(
      stdout.split('\n').filter((line) => [...line].length > 50),
      [],
    );
  });

  it('cuts nothing in a pipe, and breaks what is long where the window ends', async (test) => {
    const reason = `it ended with exit code 1: ${'no module named redis '.repeat(8)}and that is all`;
    const [plugin] = sampleStatus().plugins;
    assert.ok(plugin);
    const found = sampleStatus({ plugins: [{ ...plugin, state: 'failed', last_error: reason }] });
    const { socket } = await startFakeDaemon(test, { status: () => found });
    const piped = await runCli(['status'], { socket });
    assert.ok(piped.stdout.includes(reason), piped.stdout);
    const { stdout } = await runCli(['status'], { socket, environment: { COLUMNS: '60' } });
    assert.ok(stdout.replaceAll(/\s+/g, ' ').includes(reason), stdout);
  });

  it('prints the whole answer as JSON', async (test) => {
    const { socket } = await startFakeDaemon(test, { status: () => sampleStatus() });
    const { stdout } = await runCli(['status', '--json'], { socket });
    assert.deepEqual(JSON.parse(stdout), sampleStatus());
  });

  it('is the same in sentences with why', async (test) => {
    const { socket } = await startFakeDaemon(test, { status: () => sampleStatus({ state: 'starting' }) });
    const { stdout } = await runCli(['why'], { socket });
    assert.match(stdout, /^snoozed has just started and has not looked at this host yet\.\n/);
    const { stdout: json } = await runCli(['why', '--json'], { socket });
    assert.match(JSON.parse(json)[0], /^snoozed has just started/);
  });
});

describe('without a daemon', () => {
  it('snooze status ends with 3 and says how to start it', async () => {
    const { code, stdout, stderr } = await runCli(['status'], { socket: '/nonexistent/x.sock' });
    assert.deepEqual([code, stdout], [3, '']);
    assert.match(stderr, /^snooze: no snoozed answers on \/nonexistent\/x\.sock\n {2}start it .*\n$/);
  });

  it('a named socket wins over the environment', async () => {
    const { stderr } = await runCli(['why', '--socket', '/nonexistent/y.sock'], { socket: '/nonexistent/x.sock' });
    assert.match(stderr, /y\.sock/);
  });

  it('snooze version still tells its own', async () => {
    const { code, stdout } = await runCli(['version'], { socket: '/nonexistent/x.sock' });
    assert.equal(code, 0);
    assert.match(stdout, /^snooze \d\S+\nsnoozed: none answers on \/nonexistent\/x\.sock\n$/);
  });
});

describe('snooze version', () => {
  it('tells both versions', async (test) => {
    const daemon = { version: '0.2.0', protocol: 1, node: 'v26.0.0', pid: 7 };
    const { socket } = await startFakeDaemon(test, { version: () => daemon });
    const [text, json] = await Promise.all([
      runCli(['version'], { socket }),
      runCli(['version', '--json'], { socket }),
    ]);
    assert.match(text.stdout, /\nsnoozed 0\.2\.0 \(plugin protocol 1, Node v26\.0\.0, process 7\)\n$/);
    assert.deepEqual(JSON.parse(json.stdout).daemon, daemon);
  });
});

describe('what goes wrong at the daemon', () => {
  it('is told with its hint, and the exit code fits', async (test) => {
    const { socket } = await startFakeDaemon(test, {
      status: () => ({ failure: { code: 'SNOOZE_E_NOT_PERMITTED', message: 'only root may', hint: 'use sudo' } }),
      'history.list': () => ({ failure: { code: 'SNOOZE_E_STATE', message: 'the disk is full' } }),
    });
    const [status, history, list] = await Promise.all([
      runCli(['status'], { socket }),
      runCli(['history'], { socket }),
      runCli(['plugin', 'list'], { socket }),
    ]);
    assert.deepEqual([status.code, status.stderr], [4, 'snooze: only root may\n  use sudo\n']);
    assert.deepEqual([history.code, history.stderr], [1, 'snooze: the disk is full\n']);
    assert.deepEqual([list.code, list.stderr], [1, 'snooze: no plugin.list here\n']);
  });

  it('such as its end in the middle of a call ends with 3', async (test) => {
    const daemon = await startFakeDaemon(test, {
      status: () => {
        void daemon.stop();
        return sampleStatus();
      },
    });
    const { code, stderr } = await runCli(['status'], { socket: daemon.socket });
    assert.equal(code, 3);
    assert.match(stderr, /went away/);
  });
});

describe('a reader that goes away', () => {
  it('ends the program quietly', async (test) => {
    const entry = {
      id: 1,
      at: '2026-11-20T14:00:00Z',
      kind: 'event' as const,
      cause: 'x',
      summary: 'y'.repeat(500),
      details: {},
    };
    const { socket } = await startFakeDaemon(test, { 'history.list': () => Array.from({ length: 1500 }, () => entry) });
    const child = startCli(['history'], { socket });
    let complaint = '';
    child.stderr?.on('data', (chunk) => {
      complaint += String(chunk);
    });
    const end = ended(child);
    if (child.stdout) await once(child.stdout, 'readable');
    child.stdout?.destroy();
    assert.equal(await end, 0);
    assert.equal(complaint, '');
  });
});
