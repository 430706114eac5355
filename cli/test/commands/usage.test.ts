import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ControlMethod } from '@cloudsnooze/daemon/control/api';
import { SnoozeError } from '@cloudsnooze/daemon/errors';
import { checkParams } from '../../../daemon/src/control/params.ts';
import { parseTyped } from '../../src/program.ts';
import { startFakeDaemon } from '../support/fake-daemon.ts';
import { runCli } from '../support/run-cli.ts';

const refusal = async (line: string) => {
  try {
    await parseTyped(line.split(' '), 80);
  } catch (error) {
    assert.ok(error instanceof SnoozeError);
    assert.equal(error.code, 'SNOOZE_E_USAGE');
    return [error.message, error.hint];
  }
  return assert.fail(`${line} was accepted`);
};

describe('wrong usage', () => {
  for (const [line, message, hint] of [
    ['statsu', "unknown command 'statsu'", 'did you mean status?'],
    ['help statsu', "unknown command 'statsu'", 'did you mean status?'],
    ['plugin lst', "unknown command 'lst'", 'did you mean list?'],
    ['xyzzy', "unknown command 'xyzzy'", 'type: snooze --help'],
    ['plugin xyzzy', "unknown command 'xyzzy'", 'type: snooze plugin --help'],
    ['status --wach', "unknown option '--wach'", 'did you mean --watch?'],
    ['status --jsn', "unknown option '--jsn'", 'did you mean --json?'],
    ['--socket', "option '--socket <PATH>' argument missing", 'type: snooze --help'],
    ['plugin info', "missing required argument 'NAME'", 'type: snooze plugin info --help'],
    ['why now', "too many arguments for 'why'. Expected 0 arguments but got 1: now", 'type: snooze why --help'],
    ['history --limit 0', '--limit: expected a whole number of at least 1, found "0"', undefined],
    [
      'history --kind foo',
      '--kind: expected one of snooze, snooze-failed, veto, resume, event, plugin, config, daemon, found "foo"',
      undefined,
    ],
    ['history --limit 1e3', '--limit: expected a whole number of at least 1, found "1e3"', undefined],
  ] as const) {
    it(`snooze ${line}`, async () => assert.deepEqual(await refusal(line), [message, hint]));
  }

  it('ends with 2, and says so on standard error alone', async () => {
    const { code, stdout, stderr } = await runCli(['statsu']);
    assert.deepEqual(
      { code, stdout, stderr },
      { code: 2, stdout: '', stderr: "snooze: unknown command 'statsu'\n  did you mean status?\n" },
    );
  });

  it('of no command, or half a one, shows the help', async () => {
    for (const typed of [[], ['plugin']]) {
      const { code, stdout, stderr } = await runCli(typed);
      assert.deepEqual({ code, stdout }, { code: 2, stdout: '' });
      assert.match(stderr, /^Usage: snooze/);
    }
  });
});

describe('right usage', () => {
  it('asks for no more at once than the daemon gives, however much is wanted', async (test) => {
    const { socket, calls } = await startFakeDaemon(test, {
      'history.list': () => [],
      'events.list': () => [],
      'plugin.slowlog': () => ({ threshold_ms: 50, calls: [] }),
      'plugin.logs': () => ({ lines: [] }),
    });
    const lines = ['history --limit', 'events list --limit', 'plugin slowlog --limit', 'plugin logs db --lines'];
    const ended = await Promise.all(lines.map((line) => runCli([...line.split(' '), '200000'], { socket })));
    assert.deepEqual(
      ended.map(({ code }) => code),
      [0, 0, 0, 0],
    );
    assert.equal(calls.length, 4);
    for (const { method, params } of calls) checkParams(method as ControlMethod, params);
  });

  it('takes the global options before and after the command', async () => {
    for (const line of [
      '--json --no-color --socket /s history',
      'history --socket /s --json --no-color',
      '--socket /s history --json --no-color',
    ]) {
      const typed = await parseTyped(line.split(' '), 80);
      assert.deepEqual(
        typed.kind === 'command' && [typed.globals, typed.options],
        [
          { socket: '/s', json: true, color: false },
          { limit: 20, kind: undefined },
        ],
        line,
      );
    }
  });

  it('is not led astray by a socket that is called like a command', async () => {
    const typed = await parseTyped(['--socket', 'status', 'why'], 80);
    assert.ok(typed.kind === 'command');
    assert.equal(typed.globals.socket, 'status');
    assert.match(typed.command.summary, /sentences/);
  });

  it('fills in what was not typed', async () => {
    const typed = await parseTyped(['events', 'send', 'custom'], 80);
    assert.deepEqual(typed.kind === 'command' && [typed.arguments, typed.options], [
      { type: 'custom' },
      { data: [], id: undefined, severity: undefined, deadline: undefined },
    ]);
  });

  it('takes values that look like numbers below zero', async () => {
    const typed = await parseTyped(['config', 'set', 'x', '-5'], 80);
    assert.deepEqual(typed.kind === 'command' && typed.arguments, { key: 'x', value: '-5' });
  });

  it('helps with a command by the word help, too', async () => {
    const [before, after] = await Promise.all(
      [
        ['help', 'events', 'show'],
        ['events', 'show', '--help'],
      ].map((line) => parseTyped(line, 80)),
    );
    assert.deepEqual(before, after);
    assert.match(before?.kind === 'text' ? before.text : '', /^Usage: snooze events show /);
  });

  it('prints help and version on standard output', async () => {
    const [help, version] = await Promise.all([runCli(['events', '--help']), runCli(['--version'])]);
    assert.deepEqual([help.code, help.stderr, version.code, version.stderr], [0, '', 0, '']);
    assert.match(help.stdout, /^Usage: snooze events .*send <TYPE>|send \[options\] <TYPE>/s);
    assert.match(version.stdout, /^snooze \d+\.\d+\.\d+\n$/);
  });
});
