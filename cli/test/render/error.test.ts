import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SnoozeError } from '@cloudsnooze/daemon/errors';
import { exitCodeOf } from '../../src/exit-code.ts';
import { errorLines } from '../../src/render/error.ts';
import { PIPE } from '../support/golden.ts';

describe('an error', () => {
  it('is a line, and below it what to do', () => {
    const error = new SnoozeError('SNOOZE_E_NO_DAEMON', 'no snoozed answers', { hint: 'start it' });
    assert.deepEqual(errorLines(error, PIPE), ['snooze: no snoozed answers', '  start it']);
  });
  it('without a hint is a line', () => assert.deepEqual(errorLines(new Error('odd'), PIPE), ['snooze: odd']));
  it('of several lines is indented, and cannot write on the screen', () => {
    const error = new SnoozeError('SNOOZE_E_PLUGIN_START', 'it ended\n\nTraceback\u001b[31m:\n\tline 1');
    assert.deepEqual(errorLines(error, PIPE), ['snooze: it ended', '  Traceback [31m:', '  \tline 1']);
  });
});

describe('the exit code', () => {
  for (const [code, expected] of [
    ['SNOOZE_E_USAGE', 2],
    ['SNOOZE_E_NO_DAEMON', 3],
    ['SNOOZE_E_NO_ANSWER', 1],
    ['SNOOZE_E_NOT_PERMITTED', 4],
    ['SNOOZE_E_CONFIG_INVALID', 5],
    ['SNOOZE_E_CONFIG_UNREADABLE', 5],
    ['SNOOZE_E_PLUGIN_START', 1],
  ] as const) {
    it(`of ${code} is ${expected}`, () => assert.equal(exitCodeOf(new SnoozeError(code, 'x')), expected));
  }
  it('of anything else is 1', () => assert.equal(exitCodeOf('thrown'), 1));
});
