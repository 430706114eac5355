import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { writePlugin } from '../../../../daemon/test/support/daemon-process.ts';
import { temporaryDirectory } from '../../../../daemon/test/support/temporary-directory.ts';
import { FILES, validate, WHOLE } from '../../support/author.ts';
import { runCli } from '../../support/run-cli.ts';

describe('snooze plugin validate', () => {
  it('finds nothing in a whole plugin, and says what to type next', async (test) => {
    const { code, lines, directory } = await validate(test, {});
    assert.deepEqual([code, lines], [0, ['ok: mine 1.0.0: nothing to ask', `next: snooze plugin test ${directory}`]]);
  });

  it('names line and column of each fault of the manifest, and what to write instead', async (test) => {
    const directory = join(temporaryDirectory(test), 'p');
    mkdirSync(directory);
    const text =
      '{\n  "name": "Redis Monitor!",\n  "version": "v1",\n  "typ": "external",\n  "timeouts": {"check": 5}\n}';
    writeFileSync(join(directory, 'plugin.json'), text);
    const { code, stdout } = await runCli(['plugin', 'validate', join(directory, 'plugin.json')]);
    assert.equal(code, 1);
    assert.deepEqual(stdout.split('\n').slice(0, 8), [
      'not ok: plugin.json:1:1: type: is missing',
      '    "type": "external"',
      'not ok: plugin.json:2:3: name: expected lower-case letters, digits and hyphens, beginning with a letter, at most 64, found "Redis Monitor!"',
      '    "name": "redis-monitor"',
      'not ok: plugin.json:3:3: version: expected a version such as 1.2.3, found "v1"',
      '    "version": "1.0.0"',
      'not ok: plugin.json:4:3: typ: unknown key, did you mean type?',
      'not ok: plugin.json:5:16: timeouts.check: unknown key, expected check_seconds, event_seconds, start_seconds',
    ]);
    assert.match(stdout, /\nnot ok: .*: 5 faults\n$/);
  });

  it('says where the JSON breaks', async (test) => {
    const directory = temporaryDirectory(test);
    writeFileSync(join(directory, 'plugin.json'), '{\n  "name": "mine"\n  "version": "1.0.0"\n}');
    const { code, stdout } = await runCli(['plugin', 'validate', directory]);
    assert.equal(code, 1);
    assert.match(stdout, /^not ok: plugin\.json:3:3: expected a comma, found "\\"version\\""\n/);
  });

  it('says which of two equal keys to take out', async (test) => {
    const directory = temporaryDirectory(test);
    writeFileSync(join(directory, 'plugin.json'), '{\n  "name": "mine",\n  "name": "yours"\n}');
    const { stdout } = await runCli(['plugin', 'validate', directory]);
    assert.match(
      stdout,
      /^not ok: plugin\.json:3:3: name: the same key stands at 2:3 already\n {4}take one of the two out\n/,
    );
  });

  it('gives data for programs', async (test) => {
    const directory = writePlugin(temporaryDirectory(test), { ...WHOLE, license: undefined }, FILES);
    const { code, stdout } = await runCli(['plugin', 'validate', directory, '--json']);
    assert.equal(code, 0);
    assert.deepEqual(JSON.parse(stdout), {
      valid: true,
      directory,
      findings: [
        {
          kind: 'question',
          file: 'plugin.json',
          place: '1:1',
          path: 'license',
          message: 'under which license may it be used?',
          suggestion: '"license": "Apache-2.0"',
        },
      ],
    });
  });

  it('tells a folder that is none, and one without a plugin, in a line each', async (test) => {
    const directory = temporaryDirectory(test);
    for (const [folder, expected] of [
      [join(directory, 'none'), /^snooze: .*none: there is no such folder\n/],
      [directory, /^snooze: .*: there is no plugin\.json in this folder, so it is no plugin\n/],
    ] as const) {
      const { code, stdout, stderr } = await runCli(['plugin', 'validate', folder]);
      assert.deepEqual([code, stdout], [1, '']);
      assert.match(stderr, expected);
    }
  });
});
