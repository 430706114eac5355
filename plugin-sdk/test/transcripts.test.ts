/** Every SDK holds the same conversations. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { requires } from '../../daemon/test/support/requires.ts';
import { waitFor } from '../../daemon/test/support/wait-for.ts';
import { type Talk, talkToProgram } from '../../plugins-examples/test-support/talk.ts';
import { readVectors, type Transcript } from './vectors.ts';

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
  describe(`the SDK for ${language}`, { skip }, () => {
    if (!skip && language === 'Go') buildTortoise();
    const env = { PYTHONPATH: join(sdk, 'python') };
    const launch = (test: it.TestContext, more?: Record<string, string>) =>
      talkToProgram([...program], { test, env: { ...env, ...more } });

    for (const transcript of readVectors<Transcript>('transcripts')) {
      it(`${transcript.requirement} ${transcript.name}`, async (test) => {
        const plugin = launch(test);
        for (const each of transcript.send) {
          plugin.sendLine(typeof each === 'string' ? each : JSON.stringify(each));
          // What is sent next may rest on this one, and a plugin may answer at once what it got together.
          await answered(plugin, each);
        }
        const { code } = transcript.leaveOpen ? await plugin.exited : await plugin.end();
        assert.equal(code, 0, plugin.stderr());
        assert.deepEqual(plugin.strayLines, []);
        for (const expected of transcript.expect) {
          const found = plugin.messages.find(({ id }) => id === expected.id);
          assert.partialDeepStrictEqual(found, expected, JSON.stringify(plugin.messages));
        }
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

    it('P-39 exits when nobody reads its answers', async (test) => {
      // `true` ends at once; the pipe to it breaks with the first answer after that. stdin stays open.
      const plugin = talkToProgram(['sh', '-c', '"$@" | true; echo gone >&2; cat', 'sh', ...program], { test, env });
      const sending = setInterval(() => plugin.sendLine('{"id":1,"method":"HealthCheck"}'), 20);
      test.after(() => clearInterval(sending));
      await waitFor('the plugin to be gone', () => plugin.stderr().includes('gone'));
    });
  });
}

async function answered(plugin: Talk, sent: object | string): Promise<void> {
  if (typeof sent === 'string' || !('id' in sent)) return;
  const waits = JSON.stringify(sent).includes('"wait":true');
  if (!waits) await waitFor('an answer', () => plugin.messages.some(({ id }) => id === sent.id));
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
