import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { isRunning } from '../../../daemon/test/support/processes.ts';
import { requires } from '../../../daemon/test/support/requires.ts';
import { temporaryDirectory } from '../../../daemon/test/support/temporary-directory.ts';
import { waitFor } from '../../../daemon/test/support/wait-for.ts';
import { initialize } from '../../test-support/host.ts';
import { type Talk, talk } from '../../test-support/talk.ts';

const directory = new URL('..', import.meta.url).pathname;

type Config = { script: string | string[]; margin_seconds?: number; timeout_seconds?: number; output_lines?: number };

/** The plugin, with a folder for its state and for what scripts write. */
async function checkpoint(test: it.TestContext, config: Config, folder = temporaryDirectory(test)) {
  const plugin = talk(directory, { test, env: { OUT: folder } });
  assert.equal((await initialize(plugin, config, folder)).error, undefined);
  return { plugin, folder };
}

function interrupt(more: { id?: string; secondsLeft?: number | null } = {}) {
  const { id = 'event-1', secondsLeft = 120 } = more;
  const deadline = secondsLeft === null ? null : new Date(Date.now() + secondsLeft * 1000).toISOString();
  const event = { type: 'cloud.spot.interrupt', source: 'test', timestamp: new Date().toISOString(), severity: 3 };
  return { event: { ...event, id, data: { action: 'terminate' }, deadline } };
}

const handle = (plugin: Talk, more = {}) => plugin.request('HandleEvent', interrupt(more));

/**
 * Has a script that writes `pids` use up its time, and gives them and what is said of it. Where the machine is so slow that
 * it was ended before it had come so far, another one gets twice the time.
 */
async function useUpTime(test: it.TestContext, script: string, seconds = 0.5): Promise<[pids: number[], said: string]> {
  const { plugin, folder } = await checkpoint(test, { script, margin_seconds: 0, timeout_seconds: seconds });
  const { error } = await handle(plugin);
  assert.match(error?.message ?? '', /^the script was ended after .* no time was left/);
  const file = join(folder, 'pids');
  const hasBegun = existsSync(file) && readFileSync(file, 'utf8') !== '';
  return hasBegun ? [await pidsIn(file), error?.message ?? ''] : await useUpTime(test, script, 2 * seconds);
}

/** Waits for a file that a script writes, and gives the process ids in it. */
async function pidsIn(path: string): Promise<number[]> {
  const text = await waitFor(
    path,
    () => existsSync(path) && readFileSync(path, 'utf8').endsWith('\n') && readFileSync(path, 'utf8'),
  );
  return text.trim().split(/\s+/).map(Number);
}

describe('spot-checkpoint', { skip: requires('python3'), concurrency: 4 }, () => {
  it('runs the script with the event in its environment', async (test) => {
    const names = ['TYPE', 'ID', 'DATA', 'DEADLINE', 'SECONDS_LEFT'].map((name) => `"$SNOOZE_EVENT_${name}"`);
    const { plugin } = await checkpoint(test, { script: `printf '%s\\n' ${names.join(' ')}` });
    const params = interrupt();
    const { result } = await plugin.request('HandleEvent', params);
    assert.equal(result?.['handled'], true);
    const run = (result?.['result'] ?? {}) as Record<string, unknown>;
    const output = run['output'] as string[];
    assert.deepEqual([run['status'], run['exit_code']], ['succeeded', 0]);
    assert.deepEqual(output.slice(0, 4), [
      'cloud.spot.interrupt',
      'event-1',
      '{"action": "terminate"}',
      params.event.deadline,
    ]);
    assert.match(output[4] ?? '', /^1\d\d$|^\d\d?$/);
    assert.ok(Number(output[4]) <= 110, 'the longest time holds');
  });

  it('runs a list as it stands, without a shell', async (test) => {
    const { plugin } = await checkpoint(test, { script: ['printf', '%s', '$HOME; exit 1'] });
    assert.partialDeepStrictEqual((await handle(plugin)).result, { result: { output: ['$HOME; exit 1'] } });
  });

  it('says with which code a script failed, and what it wrote last', async (test) => {
    const { plugin } = await checkpoint(test, { script: 'seq 100; echo no space >&2; exit 3', output_lines: 2 });
    const { error } = await handle(plugin);
    assert.match(error?.message ?? '', /exit code 3 after .*; last output: 100 \| no space$/);
  });

  it('says that a program is missing', async (test) => {
    const { plugin } = await checkpoint(test, { script: ['/nowhere/save'] });
    const { error } = await handle(plugin);
    assert.match(error?.message ?? '', /could not be started; last output: \/nowhere\/save: No such file/);
  });

  it('ends the script and all that it started when the time is over', async (test) => {
    const [pids, said] = await useUpTime(test, 'echo saving; sleep 600 & echo $$ $! > "$OUT/pids"; wait');
    assert.match(said, / no time was left; last output: saving$/);
    assert.equal(pids.length, 2);
    await waitFor('both to be gone', () => pids.every((pid) => !isRunning(pid)));
  });

  it('ends it before the deadline, by the margin', async (test) => {
    const { plugin } = await checkpoint(test, { script: 'sleep 600', margin_seconds: 119 });
    const { error } = await handle(plugin, { secondsLeft: 121.5 });
    assert.match(error?.message ?? '', /no time was left/);
  });

  it('kills what does not heed the request to end', async (test) => {
    const script = `trap '' TERM; echo $$ > "$OUT/pids"; while :; do sleep 0.1; done`;
    const [[pid = 0]] = await useUpTime(test, script);
    await waitFor('it to be gone', () => !isRunning(pid));
  });

  it('does not start what cannot be done in time', async (test) => {
    const { plugin, folder } = await checkpoint(test, { script: 'touch "$OUT/ran"' });
    assert.match((await handle(plugin, { secondsLeft: 3 })).error?.message ?? '', /s are left .* margin_seconds is 5/);
    assert.match((await handle(plugin, { secondsLeft: -60 })).error?.message ?? '', /^-\d+ s are left/);
    assert.equal(existsSync(join(folder, 'ran')), false);
  });

  it('needs no deadline', async (test) => {
    const { plugin } = await checkpoint(test, { script: 'echo $SNOOZE_EVENT_SECONDS_LEFT', timeout_seconds: 30 });
    assert.partialDeepStrictEqual((await handle(plugin, { secondsLeft: null })).result, { result: { output: ['30'] } });
  });

  it('does not wait for what the script left running on purpose', async (test) => {
    const { plugin, folder } = await checkpoint(test, { script: 'sleep 600 & echo $! > "$OUT/pids"; echo done' });
    assert.partialDeepStrictEqual((await handle(plugin)).result, { handled: true, result: { output: ['done'] } });
    const [pid = 0] = await pidsIn(join(folder, 'pids'));
    assert.ok(isRunning(pid));
    process.kill(pid, 'SIGKILL');
  });

  it('runs again for the same event only where it did not succeed', async (test) => {
    const script = 'echo run >> "$OUT/runs"; test -e "$OUT/disk"';
    const { plugin, folder } = await checkpoint(test, { script });
    const runs = () => readFileSync(join(folder, 'runs'), 'utf8').match(/run/g)?.length;
    assert.match((await handle(plugin)).error?.message ?? '', /exit code 1/);
    writeFileSync(join(folder, 'disk'), '');
    assert.partialDeepStrictEqual((await handle(plugin)).result, { result: { status: 'succeeded' } });
    assert.partialDeepStrictEqual((await handle(plugin)).result, { handled: true, result: { status: 'already done' } });
    assert.equal(runs(), 2);
    assert.partialDeepStrictEqual((await handle(plugin, { id: 'event-2' })).result, {
      result: { status: 'succeeded' },
    });
    assert.equal(runs(), 3);
    await plugin.end();
    const { plugin: restarted } = await checkpoint(test, { script }, folder);
    assert.partialDeepStrictEqual((await handle(restarted)).result, { result: { status: 'already done' } });
    assert.equal(runs(), 3);
  });

  it('lets the same event wait for the run that is under way', async (test) => {
    const script = 'echo run >> "$OUT/runs"; while ! test -e "$OUT/go"; do sleep 0.02; done';
    const { plugin, folder } = await checkpoint(test, { script });
    const first = handle(plugin);
    await waitFor('the first run', () => existsSync(join(folder, 'runs')));
    const second = handle(plugin);
    // Other requests are answered meanwhile.
    assert.equal((await plugin.request('Levitate')).error?.code, -32601);
    writeFileSync(join(folder, 'go'), '');
    assert.partialDeepStrictEqual((await first).result, { result: { status: 'succeeded' } });
    assert.partialDeepStrictEqual((await second).result, { result: { status: 'already done' } });
    assert.equal(readFileSync(join(folder, 'runs'), 'utf8'), 'run\n');
  });

  it('ends the script when the event is canceled, and nothing else', async (test) => {
    const script = 'echo $$ > "$OUT/pids"; exec sleep 600';
    const { plugin, folder } = await checkpoint(test, { script });
    const first = plugin.start('HandleEvent', interrupt());
    const [pid = 0] = await pidsIn(join(folder, 'pids'));
    const waiting = plugin.start('HandleEvent', interrupt({ id: 'event-2' }));
    plugin.cancel(waiting.id);
    assert.match((await waiting.answer).error?.message ?? '', /canceled while another event's script ran/);
    assert.ok(isRunning(pid));
    plugin.cancel(first.id);
    assert.match((await first.answer).error?.message ?? '', /the event was canceled/);
    await waitFor('it to be gone', () => !isRunning(pid));
  });

  for (const ending of ['end of input', 'SIGTERM', 'SIGKILL', 'Shutdown'] as const) {
    it(`leaves no script behind at ${ending}`, async (test) => {
      const script = `trap '' TERM; sleep 600 & echo $$ $! > "$OUT/pids"; while :; do wait; done`;
      const { plugin, folder } = await checkpoint(test, { script });
      plugin.start('HandleEvent', interrupt());
      const pids = await pidsIn(join(folder, 'pids'));
      if (ending === 'SIGTERM' || ending === 'SIGKILL') plugin.kill(ending);
      else if (ending === 'Shutdown') await plugin.request('Shutdown', { reason: 'test' });
      const { code } = ending === 'end of input' ? await plugin.end() : await plugin.exited;
      assert.equal(code, ending === 'SIGKILL' ? null : 0);
      await waitFor('all to be gone', () => pids.every((pid) => !isRunning(pid)));
    });
  }

  it('does not start without a script', async (test) => {
    const plugin = talk(directory, { test });
    const { error } = await initialize(plugin, {});
    assert.equal(error?.code, -32004);
    assert.match(error?.message ?? '', /^script is not set/);
  });
});
