import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { startDaemonProcess, writePlugin } from '../../../daemon/test/support/daemon-process.ts';
import { temporaryDirectory } from '../../../daemon/test/support/temporary-directory.ts';
import { waitFor } from '../../../daemon/test/support/wait-for.ts';
import { adviceFor } from '../../src/plugin-author/doctor/advice.ts';
import { shellProgram } from '../support/author.ts';
import { callCli } from '../support/call-cli.ts';
import { startFakeDaemon } from '../support/fake-daemon.ts';
import { runCli } from '../support/run-cli.ts';
import { samplePlugin } from '../support/samples.ts';

const RUN = { exec: { command: 'sh', args: ['run.sh'] } };

/** A process of a plugin of the daemon with that state folder: its shell ends at once, and leaves it to process 1. */
async function orphan(test: it.TestContext, stateDirectory: string): Promise<number> {
  const HOME = join(stateDirectory, 'plugin-state', 'lost-and-found');
  const shell = spawn('sh', ['-c', 'sleep 600 >/dev/null 2>&1 & echo $!'], {
    env: { PATH: process.env['PATH'], SNOOZE_PLUGIN: 'lost-and-found', HOME },
  });
  const [text] = await once(shell.stdout, 'data');
  test.after(() => process.kill(Number(text), 'SIGKILL'));
  if (shell.exitCode === null) await once(shell, 'exit');
  await waitFor('its program', () => readFileSync(`/proc/${Number(text)}/comm`, 'utf8') === 'sleep\n');
  return Number(text);
}

describe('snooze plugin doctor', () => {
  it('tells what is wrong with each plugin of the daemon, the sick ones first, and what to do', async (test) => {
    const plugins = temporaryDirectory(test);
    writePlugin(plugins, { name: 'well', ...RUN }, { 'run.sh': shellProgram({}) });
    writePlugin(plugins, { name: 'spare', ...RUN }, { 'run.sh': shellProgram({}) });
    const missing = `echo "ModuleNotFoundError: No module named 'redis.client'" >&2; exit 1`;
    const sick = writePlugin(plugins, { name: 'sick', ...RUN }, { 'run.sh': missing });
    const daemon = await startDaemonProcess(test, {
      config: { plugins: { sandbox: 'off', plugin_configs: { well: {}, sick: {}, gone: {} } } },
      environment: { SNOOZE_PLUGIN_PATH: plugins },
    });
    // sick is started again and again, and seen as failed between two of its starts
    const { code, stdout } = await waitFor('what is wrong', async () => {
      const found = await runCli(['plugin', 'doctor'], { socket: daemon.socket });
      return /^not ok: sick {2}failed$/m.test(found.stdout) && /^ok: well {2}running$/m.test(found.stdout) && found;
    });
    assert.equal(code, 1);
    assert.match(stdout, /^not ok: (gone|sick) {2}failed\n/);
    assert.match(
      stdout,
      new RegExp(
        `\\nnot ok: sick {2}failed\\n.*exit code 1; it said last: ModuleNotFoundError.*\\n.*pip install --target ${sick} redis\\n`,
      ),
    );
    assert.match(
      stdout,
      /not ok: gone {2}failed\n.*there is no plugin gone in .*\n.*snooze plugin install PATH-OF-gone/,
    );
    assert.match(
      stdout,
      /\nok: well {2}running\n +nothing keeps it to its manifest: .*\n +type: snooze config set plugins\.sandbox auto\n/,
    );
    assert.match(stdout, /\nok: spare {2}disabled\n.*not in use\n.*snooze plugin enable spare\n/);
    assert.match(stdout, /\nsomething is wrong with 2 of 4\n$/);

    const one = await callCli(['plugin', 'doctor', 'well'], { socket: daemon.socket });
    assert.equal(one.code, 0);
    assert.match(one.stdout, /^ok: well {2}running\n[\s\S]*\nnothing is wrong\n$/);
    const none = await callCli(['plugin', 'doctor', 'wel'], { socket: daemon.socket });
    assert.deepEqual([none.code, none.stderr.split('\n')[0]], [1, 'snooze: there is no plugin or instance wel']);
    const { plugins: data } = JSON.parse(
      (await callCli(['plugin', 'doctor', '--json'], { socket: daemon.socket })).stdout,
    );
    const [complaint] = data.find(({ name }: { name: string }) => name === 'well').complaints;
    assert.equal(complaint.kind, 'note');
  });

  it('looks at the folders and the configuration where no daemon answers', async (test) => {
    const directory = temporaryDirectory(test);
    const plugins = join(directory, 'plugins');
    const config_schema = { type: 'object', properties: { port: { type: 'integer' } }, required: ['port'] };
    writePlugin(plugins, { name: 'well', ...RUN }, { 'run.sh': '' });
    writePlugin(plugins, { name: 'unset', ...RUN, config_schema }, { 'run.sh': '' });
    const bad = writePlugin(plugins, { name: 'bad', exec: { command: 'sh' }, timeout: 5 });
    const config = join(directory, 'snooze.json');
    writeFileSync(
      config,
      JSON.stringify({ plugins: { plugin_configs: { well: {}, unset: {}, other: { plugin: 'none' } } } }),
    );
    const environment = { SNOOZE_PLUGIN_PATH: plugins, SNOOZE_CONFIG: config, SNOOZE_STATE_DIR: directory };
    const { code, stdout } = await callCli(['plugin', 'doctor'], { environment });
    assert.equal(code, 1);
    assert.match(stdout, /^no snoozed answers on .*; so only the folders are looked at\n/);
    assert.match(
      stdout,
      new RegExp(`\\nnot ok: bad\\n +${bad}/plugin\\.json:\\d+:3: timeout: unknown key, did you mean timeouts\\?\\n`),
    );
    assert.match(stdout, /\nnot ok: unset\n.*unset\.port: is missing\n.*snooze plugin configure unset port=VALUE\n/);
    assert.match(stdout, /\nok: well\n/);
    assert.match(stdout, /\nnot ok: other\n.*there is no plugin none in /);
    assert.match(stdout, /\nsomething is wrong with 3 of 4\n$/);

    writeFileSync(config, '{"naptime_minutes": }');
    assert.match(
      (await callCli(['plugin', 'doctor'], { environment })).stdout,
      /\n.*snooze\.json:1:21: expected a value, found "\}"\n/,
    );
  });

  it('sends nobody to a folder that is gone', async (test) => {
    const directory = join(temporaryDirectory(test), 'gone');
    const mine = samplePlugin({
      plugin: 'mine',
      instance: 'mine',
      directory,
      state: 'failed',
      last_error: 'what is this',
    });
    const { socket } = await startFakeDaemon(test, { 'plugin.list': () => [mine], 'plugin.installed': () => [] });
    const { stdout } = await runCli(['plugin', 'doctor', 'mine'], { socket });
    assert.match(stdout, /what is this\n +see what it says: snooze plugin info mine\n/);
  });

  it('is content where there is no plugin at all', async (test) => {
    const empty = join(temporaryDirectory(test), 'empty');
    mkdirSync(empty);
    const environment = { SNOOZE_STATE_DIR: empty, SNOOZE_CONFIG: '' };
    const { stdout } = await callCli(['plugin', 'doctor', '--json'], { environment });
    assert.deepEqual(JSON.parse(stdout).plugins, []);
  });

  it('finds a process of its own daemon that nobody owns any more, and leaves those of another alone', async (test) => {
    const [ours, others] = [temporaryDirectory(test), temporaryDirectory(test)];
    const pid = await orphan(test, ours);
    await orphan(test, others);
    const { code, stdout } = await waitFor('it to be found', async () => {
      const found = await callCli(['plugin', 'doctor'], { environment: { SNOOZE_STATE_DIR: ours } });
      return found.stdout.includes('lost-and-found') && found;
    });
    assert.equal(code, 1);
    assert.match(
      stdout,
      new RegExp(
        `\\n(not ok: process ${pid} \\(sleep\\) of plugin lost-and-found is owned by nobody)\\n +type: kill ${pid}\\n1 process is owned by nobody\\n$`,
      ),
    );
  });

  const words: [message: string, advice: RegExp][] = [
    ['there is no program redis-cli on the PATH', /^install redis-cli where snoozed can see it/],
    ['./run: the file is not executable (chmod +x)', /chmod \+x/],
    ['mine did not answer CheckIdle within 5000 ms', /^raise its time under "timeouts"/],
    ['it answered with an error: 127.0.0.1:6379: connection refused', /^what it asks does not answer/],
    ['open /etc/shadow: permission denied', /^it lacks a permission/],
    ['mine is not as it was installed: run.sh has changed', /^install it again.*: snooze plugin install \/mine\.tgz$/],
    ['runs on as it was: its folder /p is gone', /^install it again: snooze plugin install \/mine\.tgz$/],
    ['there is no plugin mine in /p', /^type: snooze plugin install \/mine\.tgz, or .* snooze plugin disable mine$/],
    [
      'plugins.plugin_configs.mine.port: expected a whole number, found "x"',
      /snooze plugin configure mine port=VALUE$/,
    ],
    ['sh run.sh ended with exit code 78', /its configuration is wrong/],
    ['TypeError: unsupported operand', /^it is a mistake in its program; .*snooze plugin test \/p$/],
    [
      'mine is not started: plugins.sandbox is "require" and bubblewrap does not work here: bwrap is not installed',
      /^install bubblewrap and restart snoozed, /,
    ],
    ['mine needs base ^1.0.0, which is not enabled', /^type: snooze plugin enable base$/],
    [
      'mine needs other, which cannot be used: other needs base >=1 <2, which is not installed',
      /^type: snooze plugin install PATH-OF-base$/,
    ],
    ['mine needs base ^2.0.0, found 1.0.0', /^type: snooze plugin update base$/],
    ['mine can never be started: mine needs other needs mine', /^take one of them out of the "dependencies"/],
    ['something that nobody has thought of', /^see what it says: snooze plugin test \/p$/],
  ];
  for (const [message, advice] of words) {
    it(`knows what to do about: ${message}`, () =>
      assert.match(adviceFor(message, { name: 'mine', directory: '/p', source: '/mine.tgz' }), advice));
  }
});
