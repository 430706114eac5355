import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { requires } from '../../../daemon/test/support/requires.ts';
import { waitFor } from '../../../daemon/test/support/wait-for.ts';
import { checkIdle, initialize } from '../../test-support/host.ts';
import { readManifest, type Talk, talk } from '../../test-support/talk.ts';

const directory = new URL('..', import.meta.url).pathname;
const environment = { ...process.env, GOTOOLCHAIN: 'local', GOPROXY: 'off' };

describe('process-watch', { skip: requires('go') }, () => {
  let built = '';
  before(() => {
    built = mkdtempSync(join(tmpdir(), 'snooze-process-watch-'));
    const { build } = readManifest(directory);
    // The manifest's own build, with the program put elsewhere: tests must not change the folder.
    const args = (build?.args ?? []).map((word) => (word === 'process-watch' ? join(built, word) : word));
    const { status, stderr } = spawnSync(build?.command ?? '', args, {
      cwd: directory,
      env: environment,
      encoding: 'utf8',
    });
    assert.equal(status, 0, stderr);
  });
  after(() => rmSync(built, { recursive: true, force: true }));

  async function watch(test: it.TestContext, config: Record<string, unknown>): Promise<Talk> {
    const plugin = talk(directory, { test, command: join(built, 'process-watch') });
    const { error } = await initialize(plugin, config);
    assert.equal(error, undefined);
    return plugin;
  }

  /** Runs a program under a name that nothing else on the machine has. */
  async function runAs(test: it.TestContext, name: string, program: string, ...args: string[]) {
    copyFileSync(program, join(built, name));
    const child = spawn(join(built, name), args, { stdio: 'ignore' });
    test.after(() => child.kill('SIGKILL'));
    await once(child, 'spawn');
    // its command line is there a moment after its name
    await waitFor('its command line', () => readFileSync(`/proc/${child.pid}/cmdline`, 'utf8').includes(name));
    return child;
  }

  it('is busy while a program of that name runs, and idle after', async (test) => {
    const plugin = await watch(test, { names: ['snooze-t-job'] });
    assert.partialDeepStrictEqual((await checkIdle(plugin)).result, {
      is_idle: true,
      reason: 'none of the watched programs runs',
    });
    const child = await runAs(test, 'snooze-t-job', '/bin/sleep', '600');
    const reason = `snooze-t-job (${child.pid}) running`;
    assert.partialDeepStrictEqual((await checkIdle(plugin)).result, { is_idle: false, reason });
    child.kill('SIGKILL');
    await once(child, 'exit');
    assert.equal((await checkIdle(plugin)).result?.['is_idle'], true);
  });

  it('finds a name of more than the 15 characters that the kernel keeps', async (test) => {
    await runAs(test, 'snooze-test-with-a-long-name', '/bin/sleep', '600');
    const plugin = await watch(test, { names: ['snooze-test-with-a-long-name'] });
    assert.equal((await checkIdle(plugin)).result?.['is_idle'], false);
  });

  it('looks for patterns in the whole command line', async (test) => {
    await runAs(test, 'snooze-t-pattern', '/bin/sleep', '600.125');
    const plugin = await watch(test, { patterns: ['snooze-t-pattern 600\\.125$'] });
    assert.equal((await checkIdle(plugin)).result?.['is_idle'], false);
    await plugin.request('Configure', { config: { patterns: ['snooze-t-pattern 600$'] } });
    assert.equal((await checkIdle(plugin)).result?.['is_idle'], true);
  });

  it('with a CPU minimum leaves out what only waits, and not what works', async (test) => {
    const config = { names: ['snooze-t-waits', 'snooze-t-works'], min_cpu_percent: 1 };
    await runAs(test, 'snooze-t-waits', '/bin/sleep', '600');
    const plugin = await watch(test, config);
    const first = await checkIdle(plugin);
    assert.match(String(first.result?.['reason']), /CPU known from the next check on$/);
    const idle = await waitFor('a verdict', async () => {
      const { result } = await checkIdle(plugin);
      return result?.['is_idle'] === true && result;
    });
    assert.match(String(idle['reason']), /^1 watched running, none over 1 % CPU$/);
    // Some CPU now and then: the machine is shared.
    const script = 'while :; do i=0; while [ $i -lt 2000 ]; do i=$((i+1)); done; sleep 0.02; done';
    await runAs(test, 'snooze-t-works', '/bin/sh', '-c', script);
    const reason = await waitFor('it to be seen working', async () => {
      const { result } = await checkIdle(plugin);
      const reasonNow = String(result?.['reason']);
      return !reasonNow.includes('just started') && result?.['is_idle'] === false && reasonNow;
    });
    assert.match(reason, /^snooze-t-works \(\d+\) at \d+ %, idle up to 1 %$/);
  });

  it('has no verdict where it is told to watch nothing', async (test) => {
    const plugin = await watch(test, {});
    assert.match((await checkIdle(plugin)).error?.message ?? '', /set names or patterns/);
  });

  it('refuses a pattern that is none', async (test) => {
    const plugin = talk(directory, { test, command: join(built, 'process-watch') });
    const { error } = await initialize(plugin, { patterns: ['('] });
    assert.equal(error?.code, -32004);
    assert.match(error?.message ?? '', /^patterns: .*missing closing/);
  });

  it('answers what it does not know with an error, and ends when told or with its input', async (test) => {
    const plugin = await watch(test, {});
    plugin.sendLine('\nnot json');
    assert.equal((await plugin.request('Levitate')).error?.code, -32601);
    assert.deepEqual((await plugin.request('Shutdown', { reason: 'test' })).result, {});
    assert.deepEqual(await plugin.exited, { code: 0, signal: null });
    assert.deepEqual(await (await watch(test, {})).end(), { code: 0, signal: null });
  });

  it('passes its own tests', () => {
    const { status, stdout, stderr } = spawnSync('go', ['test', '.'], {
      cwd: directory,
      env: environment,
      encoding: 'utf8',
    });
    assert.equal(status, 0, stdout + stderr);
  });
});
