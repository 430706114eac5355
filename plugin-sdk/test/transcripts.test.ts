/** Every SDK holds the same conversations. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { isRunning } from '../../daemon/test/support/processes.ts';
import { requires } from '../../daemon/test/support/requires.ts';
import { temporaryDirectory } from '../../daemon/test/support/temporary-directory.ts';
import { waitFor } from '../../daemon/test/support/wait-for.ts';
import { type Talk, talkToProgram } from '../../plugins-examples/test-support/talk.ts';
import { idOf, readVectors, type Transcript, textOf } from './vectors.ts';

const sdk = new URL('..', import.meta.url).pathname;
const built = mkdtempSync(join(tmpdir(), 'snooze-tortoise-'));
after(() => rmSync(built, { recursive: true, force: true }));

const tortoises = [
  {
    language: 'TypeScript',
    skip: false,
    program: [process.execPath, join(sdk, 'typescript/test/fixtures/tortoise.ts')],
  },
  {
    language: 'Python',
    skip: requires('python3'),
    program: ['python3', join(sdk, 'python/tests/tortoise.py')],
  },
  { language: 'Go', skip: requires('go'), program: [join(built, 'tortoise')] },
] as const;

for (const { language, skip, program } of tortoises) {
  describe(`the SDK for ${language}`, { skip, concurrency: 4 }, () => {
    if (!skip && language === 'Go') buildTortoise();
    const env = { PYTHONPATH: join(sdk, 'python') };
    const launch = (test: it.TestContext) => talkToProgram([...program], { test, env });

    const seen = new Set<string>();
    for (const transcript of readVectors<Transcript>('transcripts')) {
      const { requirement, name, send, host, calls, expect } = transcript;
      // Lines that are no messages exist in that framing alone; of the others one for each requirement is enough.
      const isFirst = !seen.has(requirement) && !send.some((each) => typeof each === 'string');
      const framings = isFirst ? ['lines', 'headers'] : ['lines'];
      seen.add(requirement);
      for (const framing of framings as ('lines' | 'headers')[])
        it(`${requirement} ${name}, in ${framing}`, async (test) => {
          const plugin = talkToProgram([...program], { test, env, framing, ...(host && { host }) });
          for (const each of send) {
            plugin.sendLine(textOf(each));
            // What is sent next may rest on this one, and a plugin may answer at once what it got together.
            await answered(plugin, each);
          }
          const hasAnswered = (id: number | null) => plugin.messages.some((message) => message.id === id);
          if (!transcript.leaveOpen) await waitFor('every answer', () => expect.every(({ id }) => hasAnswered(id)));
          const { code } = transcript.leaveOpen ? await plugin.exited : await plugin.end();
          assert.equal(code, 0, plugin.stderr());
          assert.deepEqual(plugin.strayLines, []);
          for (const expected of expect) {
            const found = plugin.messages.find(({ id }) => id === expected.id);
            assert.partialDeepStrictEqual(found, expected, JSON.stringify(plugin.messages));
          }
          if (calls) assert.deepEqual(plugin.calls, calls);
          assert.equal(plugin.messages.length, transcript.answers ?? plugin.messages.length);
        });
    }

    it('P-35 logs what it prints', async (test) => {
      const plugin = launch(test);
      await plugin.request('CheckIdle', { metrics: { cpu_usage: 1 }, context: {} });
      await plugin.end();
      assert.match(plugin.stderr(), /a stray print/);
    });

    it('P-37 answers by hand what was typed before the end', async (test) => {
      const plugin = talkToProgram(['sh', '-c', 'unset SNOOZE_PLUGIN; exec "$@"', 'sh', ...program], { test, env });
      plugin.sendLine('{"id":7,"method":"CheckIdle","params":{"metrics":{"cpu_usage":1},"context":{}}}');
      await plugin.end();
      assert.deepEqual(
        plugin.messages.map(({ id }) => id),
        [7],
      );
    });

    it('P-37 exits at the end of stdin, although a call hangs', async (test) => {
      const plugin = launch(test);
      plugin.start('HandleEvent', { event: { type: 'cloud.spot.interrupt', id: 'e', data: { wait: true } } });
      assert.equal((await plugin.end()).signal, null);
    });

    it('P-38 exits on SIGTERM', async (test) => {
      const plugin = launch(test);
      await plugin.request('HealthCheck');
      plugin.kill('SIGTERM');
      assert.deepEqual(await plugin.exited, { code: 0, signal: null });
    });

    it('P-44 exits with the daemon, although another process holds its input open', async (test) => {
      const start = 'exec 3<&0; "$@" <&3 & echo "pid $!" >&2; wait';
      const plugin = talkToProgram(['sh', '-c', start, 'sh', ...program], { test, env });
      await plugin.request('HealthCheck');
      const pid = Number(await waitFor('its pid', () => /pid (\d+)\n/.exec(plugin.stderr())?.[1]));
      test.after(() => isRunning(pid) && process.kill(pid, 'SIGKILL'));
      assert.ok(isRunning(pid));
      plugin.kill('SIGKILL');
      await waitFor('the plugin to be gone', () => !isRunning(pid));
    });

    it('P-53 says what to type when it is started by hand', (test) => {
      const command = ['env', '-u', 'SNOOZE_PLUGIN', ...program].map((word) => `'${word}'`).join(' ');
      const terminal = join(temporaryDirectory(test), 'typescript');
      const options = { env: { ...process.env, ...env }, encoding: 'utf8' } as const;
      const { status, stdout } = spawnSync('script', ['-qec', command, terminal], options);
      assert.equal(status, 2, stdout);
      assert.match(stdout, /^ {2}snooze plugin test \S+\r$/m);
    });

    it('P-39 exits when nobody reads its answers', async (test) => {
      // `true` ends at once; the pipe to it breaks with the first answer after that. stdin stays open.
      const plugin = talkToProgram(['sh', '-c', '"$@" | true; echo gone >&2; cat', 'sh', ...program], { test, env });
      const sending = setInterval(() => plugin.sendLine('{"id":1,"method":"HealthCheck"}'), 20);
      test.after(() => clearInterval(sending));
      await waitFor('the plugin to be gone', () => plugin.stderr().includes('gone'));
    });
  });
}

async function answered(plugin: Talk, sent: Transcript['send'][number]): Promise<void> {
  const wanted = idOf(sent);
  if (wanted === undefined || JSON.stringify(sent).includes('"wait":true')) return;
  await waitFor('an answer', () => plugin.messages.some(({ id }) => id === wanted));
}

function buildTortoise(): void {
  const { status, stderr } = spawnSync(
    'go',
    ['build', '-trimpath', '-o', join(built, 'tortoise'), './testdata/tortoise'],
    {
      cwd: join(sdk, 'go'),
      env: { ...process.env, GOTOOLCHAIN: 'local', GOPROXY: 'off' },
      encoding: 'utf8',
    },
  );
  if (status !== 0) throw new Error(`go build failed: ${stderr}`);
}
