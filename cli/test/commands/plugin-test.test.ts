import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { processesWithEnvironment } from '../../../daemon/test/support/processes.ts';
import { temporaryDirectory } from '../../../daemon/test/support/temporary-directory.ts';
import { waitFor } from '../../../daemon/test/support/wait-for.ts';
import { shellProgram, writeMine } from '../support/author.ts';
import { callCli } from '../support/call-cli.ts';
import { ended, runCli, startCli } from '../support/run-cli.ts';

const BUSY = `CheckIdle) answer '{"is_idle":false,"reason":"a training runs"}' ;;`;

describe('snooze plugin test', { concurrency: 2 }, () => {
  it('shows each exchange and what the plugin logs, then each requirement, and leaves nothing behind', async (test) => {
    const folder = writeMine(test, shellProgram({ first: 'echo "<4>low on coffee" >&2' }));
    const temporary = temporaryDirectory(test);
    const { code, stdout, stderr } = await runCli(['plugin', 'test', folder], { environment: { TMPDIR: temporary } });
    assert.deepEqual([code, stderr], [0, '']);
    assert.match(stdout, /^mine 1\.0\.0 · sh run\.sh · (in|without) /);
    assert.match(
      stdout,
      /\nan idle host\n {2}→ CheckIdle \{"metrics":.*\n {2}← \{"is_idle":true,"reason":"nothing to do"\} · [\d.]+ m?s\n/,
    );
    assert.match(stdout, /\n {2}\| warn: low on coffee\n/);
    assert.match(stdout, /\nok: P-37 {2}ends when its input ends\n/);
    assert.match(stdout, /\nok: all \d+ requirements that were tried hold\n$/);
    assert.deepEqual(readdirSync(temporary), []);
  });

  it('ends with 1 and the reason where a requirement does not hold', async (test) => {
    const folder = writeMine(test, shellProgram({ cases: 'CheckIdle) echo thinking; exit 3 ;;' }));
    const { code, stdout } = await callCli(['plugin', 'test', folder]);
    assert.equal(code, 1);
    assert.match(
      stdout,
      /\nnot ok: P-30 {2}says whether the host is idle, and why: for an idle host: .* exit code 3\n/,
    );
    assert.match(stdout, /\nnot ok: P-34 {2}keeps its standard output clean: .*thinking/);
    assert.match(stdout, /\nnot ok: \d requirements do not hold, \d+ do\n/);
  });

  it('ends in order where nobody reads on, and does not say that all was well', async (test) => {
    const folder = writeMine(test, shellProgram({}));
    const temporary = temporaryDirectory(test);
    const child = startCli(['plugin', 'test', folder], { environment: { TMPDIR: temporary } });
    const exit = ended(child);
    let complaint = '';
    child.stderr?.on('data', (text) => (complaint += text));
    child.stdout?.once('data', () => child.stdout?.destroy());
    assert.deepEqual([await exit, complaint, readdirSync(temporary)], [1, '', []]);
  });

  it('takes a folder behind --config for one of its words, and says where it goes', async (test) => {
    const folder = writeMine(test, shellProgram({}));
    const { code, stderr } = await callCli(['plugin', 'test', '--config', 'limit=1', folder]);
    assert.equal(code, 2);
    assert.equal(stderr.split('\n')[0], `snooze: --config: expected KEY=VALUE, found ${JSON.stringify(folder)}`);
  });

  it('gives data for programs', async (test) => {
    const { code, stdout } = await callCli(['plugin', 'test', '--json', writeMine(test, shellProgram({}))]);
    assert.equal(code, 0);
    const { plugin, exchanges, outcomes } = JSON.parse(stdout);
    assert.deepEqual(
      [plugin, exchanges[0].method, outcomes[0]],
      [
        'mine',
        'Initialize',
        { requirement: 'P-33', what: 'starts, and takes its configuration', status: 'held', note: null },
      ],
    );
  });

  it('gives the plugin the configuration that is typed, with the defaults of its schema', async (test) => {
    const config_schema = {
      type: 'object',
      properties: { port: { type: 'integer' }, server: { type: 'object' }, limit: { type: 'integer', default: 7 } },
      required: ['port'],
    };
    const folder = writeMine(test, shellProgram({}), { config_schema });
    const run = (...config: string[]) =>
      callCli(['plugin', 'test', folder, ...(config.length ? ['--config', ...config] : [])]);
    const good = await run('port=5', 'server.name=a');
    assert.equal(good.code, 0);
    assert.ok(good.stdout.includes('"config":{"port":5,"server":{"name":"a"},"limit":7}'));
    const missing = await run();
    assert.deepEqual(
      [missing.code, missing.stderr],
      [
        5,
        'snooze: the configuration of mine does not fit: port: is missing\n  give it what it needs: --config KEY=VALUE …\n',
      ],
    );
    assert.match((await run('port=x')).stderr, /does not fit: port: expected a whole number, found "x"\n/);
    const wrong = await run('port');
    assert.deepEqual(
      [wrong.code, wrong.stderr.split('\n')[0]],
      [2, 'snooze: --config: expected KEY=VALUE, found "port"'],
    );
  });

  it('records what was said, and finds later what is decided otherwise', async (test) => {
    const folder = writeMine(test, shellProgram({}));
    const recording = join(temporaryDirectory(test), 'before.json');
    const run = (...typed: string[]) => callCli(['plugin', 'test', folder, ...typed]);
    assert.match(
      (await run('--record', recording)).stdout,
      /\nrecorded in .*before\.json; later: snooze plugin test .* --replay /,
    );
    assert.ok(existsSync(recording));
    const same = await run('--replay', recording);
    assert.equal(same.code, 0);
    assert.match(same.stdout, /\nok: all 5 calls are answered as 1\.0\.0 answered them\n$/);
    writeFileSync(join(folder, 'run.sh'), shellProgram({ cases: BUSY }));
    const other = await run('--replay', recording);
    assert.equal(other.code, 1);
    assert.match(other.stdout, /\nnot ok: CheckIdle: it was is_idle true, and is is_idle false: .*a training runs/);
    assert.match(other.stdout, /\nnot ok: 5 of 5 calls are answered otherwise than by 1\.0\.0\n$/);
    assert.ok(!readFileSync(recording, 'utf8').includes('xxxxx'));
  });

  it('tells a recording that is none, a folder that is none, and a manifest that is not valid, in a line each', async (test) => {
    const folder = writeMine(test, shellProgram({}));
    const run = async (...typed: string[]) => {
      const { code, stdout, stderr } = await callCli(['plugin', 'test', ...typed]);
      assert.deepEqual([code, stdout], [1, '']);
      return stderr.split('\n')[0];
    };
    assert.match(
      (await run(folder, '--replay', join(folder, 'run.sh'))) ?? '',
      /run\.sh: it is no recording of a plugin: /,
    );
    assert.match((await run(join(folder, 'none'))) ?? '', /none: there is no such folder$/);
    assert.match(
      (await run(folder, '--record', join(folder, 'none', 'x'))) ?? '',
      /none\/x: the recording cannot be written: ENOENT: /,
    );
    writeFileSync(join(folder, 'plugin.json'), '{"name": "mine", "version": "1.0.0"}');
    assert.match((await run(folder)) ?? '', /plugin\.json:1:1: type: is missing$/);
  });

  it('builds first what must be built, and shows what the compiler says', async (test) => {
    const build = (script: string) => ({ build: { command: 'sh', args: ['-c', script] } });
    const good = await callCli(['plugin', 'test', writeMine(test, shellProgram({}), build('true'))]);
    assert.match(good.stdout, /\nbuilt with: sh -c true\n/);
    const bad = await callCli([
      'plugin',
      'test',
      writeMine(test, '', build('echo main.go:5: undefined: x >&2; exit 2')),
    ]);
    assert.equal(bad.code, 1);
    assert.match(bad.stderr, /^snooze: mine: sh -c .* ended with exit code 2\n {2}main\.go:5: undefined: x\n/);
  });

  it('ends the plugin when it is interrupted', async (test) => {
    const folder = writeMine(test, shellProgram({ cases: 'CheckIdle) echo waiting >&2; sleep 600 ;;' }), {
      timeouts: { check_seconds: 600 },
    });
    const temporary = temporaryDirectory(test);
    const child = startCli(['plugin', 'test', folder], { environment: { TMPDIR: temporary } });
    let said = '';
    child.stdout?.on('data', (text) => (said += text));
    await waitFor('the plugin to be asked', () => said.includes('| waiting'));
    const home = join(temporary, readdirSync(temporary)[0] ?? '', 'plugin-state', 'mine');
    child.kill('SIGINT');
    assert.deepEqual(await once(child, 'close'), [1, null]);
    assert.match(said, /\n\nok: P-33 .*\n\nnot ok: interrupted: the rest was not tried\n$/);
    assert.deepEqual(processesWithEnvironment(`HOME=${home}`), []);
    assert.deepEqual(readdirSync(temporary), []);
    assert.ok(!tmpdir().startsWith(temporary));
  });
});
