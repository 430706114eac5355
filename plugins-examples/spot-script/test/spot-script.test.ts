import assert from 'node:assert/strict';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { isRunning } from '../../../daemon/test/support/processes.ts';
import { requires } from '../../../daemon/test/support/requires.ts';
import { temporaryDirectory } from '../../../daemon/test/support/temporary-directory.ts';
import { waitFor } from '../../../daemon/test/support/wait-for.ts';
import { initialize } from '../../test-support/host.ts';
import { type Talk, talk } from '../../test-support/talk.ts';

const directory = new URL('..', import.meta.url).pathname;

/** The plugin with a script of these lines; gives the script's folder too. */
async function start(
  test: it.TestContext,
  lines: string[],
  more: object = {},
): Promise<{ plugin: Talk; folder: string }> {
  const folder = temporaryDirectory(test);
  const path = join(folder, 'save.sh');
  writeFileSync(path, ['#!/bin/sh', `cd '${folder}'`, ...lines, ''].join('\n'));
  chmodSync(path, 0o755);
  const plugin = talk(directory, { test });
  assert.equal((await initialize(plugin, { shutdown_script_path: path, ...more })).error, undefined);
  return { plugin, folder };
}

function event(deadlineSeconds: number | null = 120) {
  const deadline = deadlineSeconds === null ? null : new Date(Date.now() + deadlineSeconds * 1000).toISOString();
  return {
    event: { id: 'e-1', type: 'cloud.spot.interrupt', source: 'test', timestamp: '', data: {}, severity: 3, deadline },
  };
}

const pidIn = async (file: string) => Number(await waitFor('its pid', () => textOf(file)));

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    return '';
  }
}

/**
 * Has a script that writes its `pid` use up its time, and gives its folder. Where the machine is so slow that it was ended
 * before it had come so far, another one gets twice the time.
 */
async function useUpTime(test: it.TestContext, lines: string[], seconds = 0.25): Promise<string> {
  const { plugin, folder } = await start(test, lines, { timeout_seconds: seconds });
  const { error } = await plugin.request('HandleEvent', event());
  assert.match(error?.message ?? '', /because no time was left/);
  return textOf(join(folder, 'pid')) === '' ? await useUpTime(test, lines, 2 * seconds) : folder;
}

describe('spot-script', { skip: requires('python3') }, () => {
  it('runs the script and gives its output', async (test) => {
    const script = ['echo "saved for $SNOOZE_EVENT_ID, $1"', 'echo "$SNOOZE_EVENT_SECONDS_LEFT" > left'];
    const { plugin, folder } = await start(test, script, { arguments: ['now'] });
    const { result } = await plugin.request('HandleEvent', event());
    assert.partialDeepStrictEqual(result, { handled: true, result: { exit_code: 0, output: ['saved for e-1, now'] } });
    const left = Number(readFileSync(join(folder, 'left'), 'utf8'));
    assert.ok(left <= 90, `${left} s`);
  });

  it('takes another exit code for a failure, with the last output', async (test) => {
    const { plugin } = await start(test, ['echo no bucket >&2', 'exit 3']);
    const { error } = await plugin.request('HandleEvent', event(null));
    assert.match(error?.message ?? '', /exit code 3; its last output: no bucket$/);
  });

  it('ends the script and what it started before the deadline', async (test) => {
    const folder = await useUpTime(test, ['trap "" TERM', 'sleep 600 &', 'echo $! > pid', 'wait', 'wait']);
    const pid = await pidIn(join(folder, 'pid'));
    await waitFor('what it started to be gone', () => !isRunning(pid));
  });

  it('is done when the script is, and does not wait for what that leaves behind, nor when its time is up', async (test) => {
    const left = 'setsid sleep 30 & echo $! > pid; echo saved';
    const { plugin, folder } = await start(test, [left]);
    const { result } = await plugin.request('HandleEvent', event());
    assert.partialDeepStrictEqual(result, { handled: true, result: { output: ['saved'] } });
    const slow = await useUpTime(test, [left, 'sleep 600']);
    for (const each of [folder, slow]) process.kill(await pidIn(join(each, 'pid')));
  });

  it('does not begin where no time is left', async (test) => {
    const { plugin } = await start(test, ['touch ran']);
    const { error } = await plugin.request('HandleEvent', event(4));
    assert.match(error?.message ?? '', /^\d s are left, and the script must have ended 5 s before that$/);
  });

  it('ends the script when the event is taken back', async (test) => {
    const { plugin, folder } = await start(test, ['echo $$ > pid', 'exec sleep 600']);
    const { id, answer } = plugin.start('HandleEvent', event());
    const pid = await pidIn(join(folder, 'pid'));
    plugin.cancel(id);
    assert.match((await answer).error?.message ?? '', /because the event was canceled/);
    assert.ok(!isRunning(pid));
  });

  it('leaves no script behind when it is ended', async (test) => {
    const { plugin, folder } = await start(test, ['echo $$ > pid', 'exec sleep 600']);
    plugin.start('HandleEvent', event());
    const pid = await pidIn(join(folder, 'pid'));
    plugin.kill('SIGTERM');
    await plugin.exited;
    await waitFor('the script to be gone', () => !isRunning(pid));
  });

  it('needs a script, and leaves other events alone', async (test) => {
    const { error } = await initialize(talk(directory, { test }), {});
    assert.match(error?.message ?? '', /no `shutdown_script_path`/);
    const { plugin } = await start(test, []);
    const other = event();
    other.event.type = 'system.disk.low';
    assert.equal((await plugin.request('HandleEvent', other)).result?.['handled'], false);
  });
});
