/** What docs/plugins.md shows is what works: its files are written, built and run. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { pathToFileURL } from 'node:url';
import { parseManifest } from '../../daemon/src/plugins/read-manifest.ts';
import { requires } from '../../daemon/test/support/requires.ts';
import { temporaryDirectory } from '../../daemon/test/support/temporary-directory.ts';
import type { Plugin } from '../../plugin-sdk/typescript/src/index.ts';
import { readBlocks, writeFiles } from '../test-support/documentation.ts';
import { checkIdle, initialize, QUIET_METRICS } from '../test-support/host.ts';
import { nativeCall } from '../test-support/native.ts';
import { readManifest, talk } from '../test-support/talk.ts';

const root = new URL('../..', import.meta.url).pathname;
const sdk = join(root, 'plugin-sdk');
const blocks = readBlocks(join(root, 'docs/plugins.md'));

/** A folder with the page's plugins, whose fixed paths lie in the folder too. */
function writePlugins(test: it.TestContext): string {
  const directory = temporaryDirectory(test);
  writeFiles(blocks, directory, { '/run/': `${directory}/run/`, '/var/spool/jobs': `${directory}/spool/jobs` });
  mkdirSync(join(directory, 'run'));
  mkdirSync(join(directory, 'spool/jobs'), { recursive: true });
  return directory;
}

function run(directory: string, command: string, ...args: string[]): string {
  const env = {
    ...process.env,
    SDK: sdk,
    PYTHONPATH: join(sdk, 'python'),
    GOTOOLCHAIN: 'local',
    GOPROXY: 'off',
    GOFLAGS: '',
  };
  const { status, stdout, stderr } = spawnSync(command, args, { cwd: directory, encoding: 'utf8', env });
  assert.equal(status, 0, stdout + stderr);
  return stdout;
}

describe('the plugins of docs/plugins.md', () => {
  it('are all there, with manifests that the daemon takes', () => {
    const folders = [...new Set(blocks.map(({ target }) => target.split('/')[0]))];
    assert.deepEqual(folders, ['mine', 'queue-monitor', 'night-shift', 'spool-monitor', 'backup-guard', 'login-guard']);
    for (const { target, text } of blocks.filter((block) => block.target.endsWith('plugin.json')))
      assert.equal(parseManifest(text, target).name, target.split('/')[0]);
  });

  const small = [
    { name: 'mine', needs: 'python3', file: 'run/training.pid', idle: 'no training', busy: 'a training runs' },
    { name: 'backup-guard', needs: 'sh', file: 'run/backup.pid', idle: 'no backup runs', busy: 'a backup runs' },
  ];
  for (const { name, needs, file, idle, busy } of small) {
    it(`${name} runs without anything beside it`, { skip: requires(needs) }, async (test) => {
      const directory = writePlugins(test);
      const plugin = talk(join(directory, name), { test });
      assert.equal((await initialize(plugin, {})).error, 'not supported');
      assert.deepEqual((await checkIdle(plugin)).result, { is_idle: true, reason: idle });
      writeFileSync(join(directory, file), '');
      plugin.cancel(1);
      assert.deepEqual((await checkIdle(plugin)).result, { is_idle: false, reason: busy });
      assert.equal((await plugin.end()).code, 0);
      assert.deepEqual(plugin.strayLines, []);
      assert.equal(plugin.messages.length, 3);
    });
  }

  it('login-guard is idle by its exit code, with the reason on its first line', (test) => {
    const directory = writePlugins(test);
    const said = run(join(directory, 'login-guard'), 'env', 'SNOOZE_CONFIG_LIMIT=1000', 'sh', 'login-guard.sh');
    assert.match(said, /^\d+ sessions, limit 1000\n$/);
  });

  it('the first one answers a line by hand', { skip: requires('python3') }, (test) => {
    const directory = writePlugins(test);
    const page = readFileSync(join(root, 'docs/plugins.md'), 'utf8');
    const command = /^echo .* \| python3 mine\.py$/m.exec(page)?.[0] ?? '';
    const answer = JSON.parse(run(join(directory, 'mine'), 'sh', '-c', command)) as unknown;
    assert.deepEqual(answer, { id: 1, result: { is_idle: true, reason: 'no training' } });
  });

  it('queue-monitor writes its manifest and runs with it', { skip: requires('python3') }, async (test) => {
    const directory = writePlugins(test);
    const folder = join(directory, 'queue-monitor');
    writeFileSync(join(folder, 'plugin.json'), run(folder, 'python3', 'queue_monitor.py', '--manifest'));
    const manifest = parseManifest(readFileSync(join(folder, 'plugin.json'), 'utf8'), 'plugin.json');
    assert.equal(manifest.events?.['cloud.spot.interrupt']?.priority, 50);
    const plugin = talk(folder, { test });
    await initialize(plugin, { limit: 1 });
    for (const job of ['a', 'b']) writeFileSync(join(directory, 'spool/jobs', job), '');
    assert.deepEqual((await checkIdle(plugin)).result, { is_idle: false, reason: '2 jobs wait, more than 1' });
    const event = { type: 'cloud.spot.interrupt', id: 'e', data: {}, deadline: '2026-11-20T08:22:00Z' };
    const { result } = await plugin.request('HandleEvent', { event });
    assert.deepEqual(result, { handled: true, result: { until: '2026-11-20T08:22:00Z' } });
    assert.ok(existsSync(join(directory, 'spool/a')));
    assert.deepEqual((await checkIdle(plugin)).result, { is_idle: true, reason: '0 jobs wait' });
  });

  it('night-shift is loaded as it stands', async (test) => {
    const directory = join(writePlugins(test), 'night-shift');
    const module = await import(pathToFileURL(join(directory, readManifest(directory).module ?? '')).href);
    const { plugin } = module as { plugin: Plugin<{ from_hour: number; to_hour: number }> };
    const at = (time: string) => {
      const metrics = { ...QUIET_METRICS, timestamp: Date.parse(time) / 1000 };
      return plugin.checkIdle?.({ ...nativeCall({ from_hour: 7, to_hour: 19 }), metrics });
    };
    assert.deepEqual(at('2026-11-20T06:59:00Z'), { is_idle: true, reason: 'it is 6 h UTC, night' });
    assert.deepEqual(at('2026-11-20T07:00:00Z'), { is_idle: false, reason: 'it is 7 h UTC, the day shift' });
  });

  it('spool-monitor is built where no SDK is, and runs', { skip: requires('go') }, async (test) => {
    const directory = writePlugins(test);
    const preparation = blocks.find(({ kind }) => kind === 'run');
    run(join(directory, 'spool-monitor'), 'sh', '-ec', preparation?.text ?? '');
    const installed = join(directory, 'installed');
    renameSync(join(directory, 'spool-monitor'), installed);
    const { build } = readManifest(installed);
    run(installed, build?.command ?? '', ...(build?.args ?? []));
    const plugin = talk(installed, { test });
    await initialize(plugin, {});
    assert.deepEqual((await checkIdle(plugin)).result, { is_idle: true, reason: '0 jobs wait, limit 0' });
    writeFileSync(join(directory, 'spool/jobs/a'), '');
    assert.deepEqual((await checkIdle(plugin)).result, { is_idle: false, reason: '1 jobs wait, limit 0' });
  });
});
