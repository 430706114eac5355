import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import { requires } from '../../../daemon/test/support/requires.ts';
import { waitFor } from '../../../daemon/test/support/wait-for.ts';
import { checkIdle, initialize } from '../../test-support/host.ts';
import { type Talk, talk, talkToProgram } from '../../test-support/talk.ts';

const directory = new URL('..', import.meta.url).pathname;
// somebody else's tmux must not count; only root can be somebody who has none
const uid = process.getuid?.() === 0 ? 54321 : userInfo().uid;
const users = [String(uid)];

/** A tmux server of its own for one test. */
function tmux(test: it.TestContext): (...args: string[]) => string {
  const folder = mkdtempSync(join(tmpdir(), 'snooze-tmux-'));
  chownSync(folder, uid, -1);
  const env = { ...process.env, TMUX: '', TMUX_TMPDIR: folder, SHELL: '/bin/sh', ENV: '' };
  const run = (...args: string[]) => {
    const { status, stdout, stderr } = spawnSync('tmux', ['-f', '/dev/null', ...args], { env, uid, encoding: 'utf8' });
    assert.equal(status, 0, stderr);
    return stdout.trim();
  };
  test.after(() => {
    run('kill-server');
    rmSync(folder, { recursive: true });
  });
  return run;
}

async function monitor(test: it.TestContext, config: Record<string, unknown>): Promise<Talk> {
  const plugin = talk(directory, { test });
  assert.equal((await initialize(plugin, { users, ...config })).error, undefined);
  return plugin;
}

/** Waits for a verdict with that reason. */
function reasonOf(plugin: Talk, pattern: RegExp): Promise<string> {
  return waitFor(String(pattern), async () => {
    const reason = String((await checkIdle(plugin)).result?.['reason']);
    return pattern.test(reason) && reason;
  });
}

describe('tmux-monitor', { skip: requires('python3', 'bwrap') }, () => {
  it('has no verdict where it cannot see the processes of others', async (test) => {
    const blind = ['bwrap', '--dev-bind', '/', '/', '--tmpfs', '/proc', 'python3', 'tmux_monitor.py'];
    const plugin = talkToProgram(blind, { test, directory });
    assert.equal((await initialize(plugin, {})).error, undefined);
    assert.match((await checkIdle(plugin)).error?.message ?? '', /^\/proc hides the processes of other users/);
  });
});

describe('tmux-monitor beside a real tmux', { skip: requires('python3', 'tmux') }, () => {
  it('is busy while a program runs in a session that nobody is attached to, and idle after it', async (test) => {
    const run = tmux(test);
    run('new-session', '-d', '-s', 'work', '/bin/sh');
    const plugin = await monitor(test, { idle_minutes: 0 });
    await reasonOf(plugin, /^nothing runs in 1 tmux pane$/);
    run('send-keys', '-t', 'work', 'sleep 600', 'Enter');
    await reasonOf(plugin, /^sleep runs in tmux of \S+ on pts\/\d+$/);
    run('send-keys', '-t', 'work', 'C-c');
    await reasonOf(plugin, /^nothing runs in 1 tmux pane$/);
  });

  it('takes a program that tmux itself has started for a job', async (test) => {
    const run = tmux(test);
    run('new-session', '-d', '-s', 'work', 'exec sleep 600');
    run('new-window', '-t', 'work', 'exec sleep 601');
    const plugin = await monitor(test, { idle_minutes: 0 });
    await reasonOf(plugin, /^sleep runs in tmux of \S+ on pts\/\d+, and 1 more$/);
    await plugin.request('Configure', { config: { users, idle_minutes: 0, ignore: ['sleep'] } });
    assert.equal((await checkIdle(plugin)).result?.['is_idle'], true);
    await plugin.request('Configure', { config: { users, idle_minutes: 0, jobs: false } });
    assert.equal((await checkIdle(plugin)).result?.['is_idle'], true);
    await plugin.request('Configure', { config: { users: ['4294967294'], idle_minutes: 0 } });
    assert.equal((await checkIdle(plugin)).result?.['reason'], 'no tmux runs');
  });

  it('tells a script from a shell that waits to be typed into', async (test) => {
    const run = tmux(test);
    run('new-session', '-d', '-s', 'work', 'exec sh');
    const plugin = await monitor(test, { idle_minutes: 0 });
    await reasonOf(plugin, /^nothing runs in 1 tmux pane$/);
    run('send-keys', '-t', 'work', "exec sh -c 'while sleep 1; do :; done'", 'Enter');
    await reasonOf(plugin, /^sh runs in tmux of \S+ on pts\/\d+$/);
  });

  it('names the script, the user and the terminal by which tmux finds the session, and no argument', async (test) => {
    const run = tmux(test);
    const script = join(mkdtempSync(join(tmpdir(), 'snooze-tmux-')), 'train model.py');
    writeFileSync(script, 'import time\ntime.sleep(600)\n');
    chmodSync(dirname(script), 0o755);
    test.after(() => rmSync(dirname(script), { recursive: true }));
    run('new-session', '-d', '-s', 'work', `exec /usr/bin/env python3 -u '${script}' --password=SECRET`);
    const terminal = run('display-message', '-p', '-t', 'work', '#{pane_tty}').replace('/dev/', '');
    const plugin = await monitor(test, { idle_minutes: 0 });
    // before it is Python it is env
    await reasonOf(plugin, new RegExp(`^python3\\S* train model\\.py runs in tmux of \\S+ on ${terminal}$`));
  });

  it('counts a pane for a while after it was used', async (test) => {
    const run = tmux(test);
    run('new-session', '-d', '-s', 'work', '/bin/sh');
    const terminal = run('display-message', '-p', '-t', 'work', '#{pane_tty}');
    const plugin = await monitor(test, {});
    await reasonOf(plugin, /^a pane of tmux of \S+ on pts\/\d+ was used 0 min ago, idle after 15$/);
    await waitFor('the pane to look old', async () => {
      const old = Date.now() / 1000 - 20 * 60;
      utimesSync(terminal, old, old); // the shell may still be writing its prompt
      return (await checkIdle(plugin)).result?.['is_idle'];
    });
  });
});
