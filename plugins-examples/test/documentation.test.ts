/** What docs/plugins.md shows is what works: its files are written, built and run. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { pathToFileURL } from 'node:url';
import { createAsking } from '../../cli/src/plugin-author/asking.ts';
import { writeNewPlugin } from '../../cli/src/plugin-author/new/new-plugin.ts';
import { ORDINARY } from '../../cli/src/plugin-author/samples.ts';
import { withTrial } from '../../cli/src/plugin-author/session.ts';
import { benchFor } from '../../cli/test/support/author.ts';
import { parseManifest } from '../../daemon/src/plugins/manifest/read-manifest.ts';
import { requires } from '../../daemon/test/support/requires.ts';
import { temporaryDirectory } from '../../daemon/test/support/temporary-directory.ts';
import type { Plugin } from '../../plugin-sdk/typescript/src/index.ts';
import { readBlocks, writeFiles } from '../test-support/documentation.ts';
import { checkIdle, initialize, QUIET_METRICS } from '../test-support/host.ts';
import { nativeCall } from '../test-support/native.ts';
import { readManifest, talk, talkToProgram } from '../test-support/talk.ts';

const root = new URL('../..', import.meta.url).pathname;
const blocks = readBlocks(join(root, 'docs/plugins.md')).filter(({ kind }) => kind === 'file');

/** A folder with the page's plugins, whose fixed paths lie in the folder too. */
function writePlugins(test: it.TestContext): string {
  const directory = temporaryDirectory(test);
  writeFiles(blocks, directory, { '/run': `${directory}/run` });
  mkdirSync(join(directory, 'run'));
  return directory;
}

function run(directory: string, command: string, ...args: string[]): string {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd: directory, encoding: 'utf8' });
  assert.equal(status, 0, stdout + stderr);
  return stdout;
}

/** What a plugin says in its sandbox before something happens, and after it. */
async function beforeAndAfter(directory: string, happens: () => void): Promise<unknown[]> {
  const bench = benchFor(directory);
  return withTrial(bench, 'auto', async (trial) => {
    await trial.initialize();
    const asking = createAsking(trial, bench.spec);
    const ask = async () => {
      const answer = await asking.check({ metrics: ORDINARY[0].metrics });
      return answer.kind === 'answered' ? answer.value : answer.message;
    };
    const before = await ask();
    happens();
    return [before, await ask()];
  });
}

describe('the smallest plugin', () => {
  const pages = readBlocks(join(root, 'docs/plugins.md'));
  const languages = [
    { language: 'python', needs: 'python3', lines: 10, program: ['python3', 'evening_check.py'] },
    { language: 'go', needs: 'go', lines: 15, program: ['./evening'] },
    { language: 'typescript', needs: 'sh', lines: 10, program: [process.execPath, 'plugin.ts'] },
  ];
  for (const { language, needs, lines, program } of languages) {
    it(`in ${language} has at most ${lines} lines, takes the place of a new one's program, makes its manifest, and works`, {
      skip: requires(needs),
    }, async (test) => {
      const { directory } = writeNewPlugin({ path: join(temporaryDirectory(test), 'evening'), language, handles: [] });
      const [block] = pages.filter(({ walk }) => walk === `smallest-${language}`);
      assert.ok(block && block.text.trimEnd().split('\n').length <= lines);
      const file = join(directory, block.target);
      assert.ok(existsSync(file), `new wrote no ${block.target}`);
      writeFileSync(file, block.text);
      const readme = readFileSync(join(directory, 'README.md'), 'utf8');
      const command = /^.* --manifest.*$/m.exec(readme)?.[0] ?? 'false';
      run(directory, 'env', 'GOTOOLCHAIN=local', 'GOPROXY=off', 'sh', '-c', command);
      const manifest = JSON.parse(readFileSync(join(directory, 'plugin.json'), 'utf8')) as {
        name: string;
        version: string;
      };
      assert.deepEqual([manifest.name, manifest.version], ['evening', '1.0.0']);
      const plugin = talkToProgram(program, { test, directory });
      await plugin.request('Initialize', { config: { evening: 20 } });
      for (const [hour, isIdle] of [
        [19, false],
        [20, true],
      ] as const) {
        const metrics = { ...QUIET_METRICS, timestamp: Date.UTC(2026, 10, 21, hour) / 1000 };
        const { result } = await plugin.request('CheckIdle', { metrics, context: {} });
        assert.deepEqual(result, { is_idle: isIdle, reason: `it is ${hour} h UTC, evening begins at 20` });
      }
    });
  }
});

describe('the plugins of docs/plugins.md', () => {
  it('are all there, with manifests that the daemon takes', () => {
    const folders = [...new Set(blocks.map(({ target }) => target.split('/')[0]))];
    assert.deepEqual(folders, ['night-shift', 'mine', 'backup-guard', 'login-guard']);
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

  for (const { name, needs, file, idle, busy } of small) {
    it(`${name} sees in its sandbox what comes to be while it runs`, {
      skip: requires(needs, 'bwrap'),
    }, async (test) => {
      const directory = writePlugins(test);
      const found = await beforeAndAfter(join(directory, name), () => writeFileSync(join(directory, file), ''));
      assert.deepEqual(found, [
        { isIdle: true, reason: idle },
        { isIdle: false, reason: busy },
      ]);
    });
  }

  it('the ten lines of the front page see it, too', { skip: requires('python3', 'bwrap') }, async (test) => {
    const directory = temporaryDirectory(test);
    writeFiles(readBlocks(join(root, 'README.md')), directory, { '/tmp': directory });
    assert.deepEqual(
      await beforeAndAfter(join(directory, 'mine'), () => writeFileSync(join(directory, 'training'), '')),
      [
        { isIdle: true, reason: 'no training' },
        { isIdle: false, reason: 'a training runs' },
      ],
    );
  });

  it('login-guard is idle by its exit code, with the reason on its first line', (test) => {
    const directory = join(writePlugins(test), 'login-guard');
    const { command = '', args = [] } = readManifest(directory).exec ?? {};
    const said = run(directory, 'env', 'SNOOZE_CONFIG_LIMIT=1000', command, ...args);
    assert.match(said, /^\d+ sessions, limit 1000\n$/);
  });

  it('the first one answers a line by hand', { skip: requires('python3') }, (test) => {
    const directory = writePlugins(test);
    const page = readFileSync(join(root, 'docs/plugins.md'), 'utf8');
    const command = /^echo .* \| python3 mine\.py$/m.exec(page)?.[0] ?? '';
    const answer = JSON.parse(run(join(directory, 'mine'), 'sh', '-c', command)) as unknown;
    assert.deepEqual(answer, { id: 1, result: { is_idle: true, reason: 'no training' } });
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
});
