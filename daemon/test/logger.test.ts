import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readableLine } from '../src/logger.ts';

test('what a plugin says begins no line of its own in the log for people, and writes nothing else to a terminal', () => {
  const msg = 'twelve is idle: \u001b[2J\u001b]0;title\u0007\nsecond line\u0000\u202e.';
  const line = readableLine(JSON.stringify({ time: '2026-01-01T12:00:00Z', level: 30, msg }), false);
  assert.match(line, /^\d\d:00:00 {3}twelve is idle: {2}\[2J \]0;title second line \.\n$/);
});
