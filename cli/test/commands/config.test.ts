import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { temporaryDirectory } from '../../../daemon/test/support/temporary-directory.ts';
import { parseValue } from '../../src/parse-value.ts';
import { callCli } from '../support/call-cli.ts';
import { startFakeDaemon } from '../support/fake-daemon.ts';
import { runCli } from '../support/run-cli.ts';

describe('a typed value', () => {
  for (const [typed, value] of [
    ['5', 5],
    ['null', null],
    ['"5"', '5'],
    ['stop', 'stop'],
    ['', ''],
    ['[1,2]', [1, 2]],
    ['[1,', '[1,'],
  ] as const) {
    it(`${JSON.stringify(typed)} is ${JSON.stringify(value)}`, () => assert.deepEqual(parseValue(typed), value));
  }
});

describe('snooze config', () => {
  it('sets a value and shows before and after', async (test) => {
    const { socket, calls } = await startFakeDaemon(test, {
      'config.set': ({ value }) => ({ before: 'a', after: value, file: '/f.json' }),
    });
    const run = async (...typed: string[]) => (await callCli(['config', 'set', ...typed], { socket })).stdout;
    assert.equal(await run('naptime_minutes', '5'), 'naptime_minutes: "a" → 5  (/f.json)\n');
    assert.equal(await run('action', 'none'), 'action: "a" → "none"  (/f.json)\n');
    assert.deepEqual(
      calls.map(({ params }) => params),
      [
        { key: 'naptime_minutes', value: 5 },
        { key: 'action', value: 'none' },
      ],
    );
  });

  it('gets a value as it would be typed', async (test) => {
    const values: Record<string, unknown> = { a: 'text', b: { c: [1] }, d: null };
    const { socket } = await startFakeDaemon(test, {
      'config.get': ({ key }) => ({ value: values[key], origin: 'file' }),
    });
    const run = async (...typed: string[]) => (await callCli(['config', 'get', ...typed], { socket })).stdout;
    assert.deepEqual([await run('a'), await run('b'), await run('d')], ['text\n', '{"c":[1]}\n', 'null\n']);
    assert.deepEqual(JSON.parse(await run('a', '--json')), { value: 'text', origin: 'file' });
  });

  it('shows all, and reloads', async (test) => {
    let changed = ['naptime_minutes', 'action'];
    const { socket } = await startFakeDaemon(test, {
      'config.show': () => ({ config: { naptime_minutes: 5 }, origins: { naptime_minutes: 'flag' }, file: null }),
      'config.reload': () => ({ changed }),
    });
    const run = async (...typed: string[]) => (await callCli(['config', ...typed], { socket })).stdout;
    assert.match(
      await run('show'),
      /^no configuration file; .*\nKEY {14}FROM {2}VALUE\nnaptime_minutes {2}flag {2}5\n$/,
    );
    assert.equal(await run('reload'), 'in force now: naptime_minutes, action\n');
    changed = [];
    assert.equal(
      await run('reload'),
      'nothing has changed in it; plugins, and whether a stop is safe, are looked at again\n',
    );
  });

  it('ends with 5 where the daemon finds the configuration invalid', async (test) => {
    const { socket } = await startFakeDaemon(test, {
      'config.reload': () => ({ failure: { code: 'SNOOZE_E_CONFIG_INVALID', message: '/f:1:1: x: unknown key' } }),
    });
    const { code, stderr } = await runCli(['config', 'reload'], { socket });
    assert.deepEqual([code, stderr], [5, 'snooze: /f:1:1: x: unknown key\n']);
  });
});

describe('snooze config validate', () => {
  it('needs no daemon', async (test) => {
    const file = join(temporaryDirectory(test), 'snooze.json');
    writeFileSync(file, '{ // short\n  "naptime_minutes": 5 }');
    const { code, stdout } = await runCli(['config', 'validate', file]);
    assert.deepEqual([code, stdout], [0, `${file}: valid\n`]);
  });

  it('names place, key and what was meant, and ends with 5', async (test) => {
    const file = join(temporaryDirectory(test), 'snooze.json');
    writeFileSync(file, '{\n  "napetime_minutes": 5\n}');
    const { code, stdout, stderr } = await runCli(['config', 'validate', file]);
    assert.deepEqual([code, stdout], [5, '']);
    assert.match(
      stderr,
      /^snooze: .*snooze\.json:2:\d+: napetime_minutes: unknown key, did you mean naptime_minutes\?\n$/,
    );
  });

  it('looks at the file of the daemon that answers, where none is named', async (test) => {
    const file = join(temporaryDirectory(test), 'theirs.json');
    writeFileSync(file, '{}');
    const { socket } = await startFakeDaemon(test, { 'config.show': () => ({ config: {}, origins: {}, file }) });
    const { stdout } = await runCli(['config', 'validate', '--json'], { socket });
    assert.deepEqual(JSON.parse(stdout), { valid: true, file });
  });

  it('looks at SNOOZE_CONFIG where no daemon answers', async () => {
    const { code, stderr } = await runCli(['config', 'validate'], {
      environment: { SNOOZE_CONFIG: '/nonexistent.json' },
    });
    assert.equal(code, 5);
    assert.match(stderr, /\/nonexistent\.json/);
  });
});
