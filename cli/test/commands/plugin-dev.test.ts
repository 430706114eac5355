import assert from 'node:assert/strict';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { processesWithEnvironment } from '../../../daemon/test/support/processes.ts';
import { temporaryDirectory } from '../../../daemon/test/support/temporary-directory.ts';
import { waitFor } from '../../../daemon/test/support/wait-for.ts';
import { shellProgram, writeMine } from '../support/author.ts';
import { ended, runCli, startCli } from '../support/run-cli.ts';

/** `snooze plugin dev` on a folder, with a temporary folder of its own; it is ended with the test. */
function develop(test: TestContext, folder: string, ...typed: string[]) {
  const temporary = temporaryDirectory(test);
  const child = startCli(['plugin', 'dev', folder, '--interval', '1', ...typed], {
    environment: { TMPDIR: temporary },
  });
  test.after(() => child.kill('SIGKILL'));
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (text) => (said += text));
  return {
    child,
    temporary,
    /** Waits for a line, and forgets what was said up to it. */
    async heard(pattern: RegExp): Promise<string> {
      const found = await waitFor(`${pattern} in: ${said}`, () => pattern.exec(said));
      said = said.slice(found.index + found[0].length);
      return found[0];
    },
  };
}

const SAYS = (reason: string) =>
  shellProgram({ cases: `CheckIdle) answer '{"is_idle":true,"reason":"${reason}"}' ;;` });

describe('snooze plugin dev', { concurrency: 2 }, () => {
  it('asks with this host’s own metrics, starts the plugin anew when a file is saved, and ends with ^C', async (test) => {
    const cases = `CheckIdle) load=\${line#*load_1m\\":}; answer '{"is_idle":true,"reason":"load '"\${load%%,*}"'"}' ;;`;
    const folder = writeMine(test, shellProgram({ cases }));
    const { child, temporary, heard } = develop(test, folder);
    await heard(/ok: mine 1\.0\.0 runs: sh run\.sh; \^C ends it\n/);
    await heard(/\n?\d\d:\d\d:\d\d {2}idle {5}load \d[\d.]* · [\d.]+ m?s\n/);
    writeFileSync(join(folder, 'run.sh'), SAYS('better'));
    await heard(/a file has changed: it is started again\n/);
    await heard(/idle {5}better · /);
    const home = join(temporary, readdirSync(temporary)[0] ?? '', 'plugin-state', 'mine');
    child.kill('SIGINT');
    assert.equal(await ended(child), 0);
    assert.deepEqual(processesWithEnvironment(`HOME=${home}`), []);
    assert.deepEqual(readdirSync(temporary), []);
  });

  it('says why the plugin does not run, and goes on when that is mended', async (test) => {
    const folder = writeMine(test, 'echo no such module >&2; exit 3');
    const { heard } = develop(test, folder);
    await heard(
      /not ok: it does not run: .*ended with exit code 3.*no such module\n {2}it is started again when a file is saved\n/,
    );
    writeFileSync(join(folder, 'plugin.json'), '{"name": "mine",\n "version": 1}');
    await heard(
      /not ok: it does not run: .*plugin\.json:2:2: version: expected text, found 1\n|plugin\.json:1:1: type: is missing/,
    );
    writeFileSync(join(folder, 'run.sh'), shellProgram({}));
    const manifest = { name: 'mine', version: '1.0.0', type: 'external', exec: { command: 'sh', args: ['run.sh'] } };
    writeFileSync(join(folder, 'plugin.json'), JSON.stringify(manifest));
    await heard(/idle {5}nothing to do · /);
    writeFileSync(join(folder, 'run.sh'), shellProgram({ cases: 'CheckIdle) exit 4 ;;' }));
    await heard(/unknown {2}.*ended with exit code 4/);
    await heard(/not ok: it does not run: it has ended\n/);
    writeFileSync(join(folder, 'run.sh'), SAYS('well again'));
    await heard(/idle {5}well again · /);
  });

  it('loads a native plugin anew', async (test) => {
    const program = (reason: string) =>
      `export const plugin = { checkIdle: () => ({ is_idle: false, reason: '${reason}' }) };`;
    const folder = writeMine(test, '', { type: 'native', module: 'plugin.mjs', exec: undefined });
    writeFileSync(join(folder, 'plugin.mjs'), program('as it was'));
    const { child, temporary, heard } = develop(test, folder);
    await heard(/busy {5}as it was · /);
    writeFileSync(join(folder, 'plugin.mjs'), program('as it is'));
    await heard(/busy {5}as it is · /);
    child.kill('SIGTERM');
    assert.equal(await ended(child), 0);
    assert.deepEqual(readdirSync(temporary), []);
  });

  it('shows what the plugin logs and what it prints by mistake, and gives it its configuration', async (test) => {
    const cases = `Initialize) echo "config \${line#*config}" >&2; echo oops; answer '{}' ;;`;
    const { heard } = develop(test, writeMine(test, shellProgram({ cases })), '--config', 'limit=2');
    const [log, stray] = [String.raw`\| config.*"limit":2`, String.raw`\| warn: on its standard output: .*oops`];
    await heard(new RegExp(`${log}[^]*${stray}|${stray}[^]*${log}`.replaceAll('[^]', String.raw`[\s\S]`)));
  });

  it('tells a folder without a plugin, and an interval that is none', async (test) => {
    const { code, stderr } = await runCli(['plugin', 'dev', temporaryDirectory(test)]);
    assert.equal(code, 1);
    assert.match(stderr, /there is no plugin\.json in this folder/);
    const wrong = await runCli(['plugin', 'dev', '--interval', 'soon']);
    assert.deepEqual(
      [wrong.code, wrong.stderr.split('\n')[0]],
      [2, 'snooze: --interval: expected a whole number of at least 1, found "soon"'],
    );
  });
});
