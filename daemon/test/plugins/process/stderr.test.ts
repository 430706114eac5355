import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import { followStderr } from '../../../src/plugins/process/stderr.ts';
import { createFakeClock } from '../../support/fake-clock.ts';
import { waitFor } from '../../support/wait-for.ts';

const LINES = 'error: something is wrong\n'.repeat(20_000);

function follow(stream: PassThrough) {
  const silent = () => {};
  const clock = createFakeClock();
  const log = { debug: silent, info: silent, warn: silent, error: silent };
  return { clock, ...followStderr(stream, { log, clock, instance: 'flood' }) };
}

test('of a flood of lines 128 KiB are read in a second, and what it says last is read at once when it has ended', async () => {
  const stream = new PassThrough({ highWaterMark: 16 * 1024 });
  const { clock, lastLines, readOn } = follow(stream);
  for (let at = 0; at < LINES.length; at += 16 * 1024) stream.write(LINES.slice(at, at + 16 * 1024));
  stream.end('the last word\n');
  await waitFor('the pause', () => stream.isPaused());
  await clock.advance(999);
  assert.equal(stream.isPaused(), true);
  await clock.advance(1);
  await waitFor('the next pause', () => stream.isPaused());
  assert.equal(lastLines().at(-1), 'error: something is wrong');
  readOn();
  await waitFor('its end', () => lastLines().at(-1) === 'the last word');
  await waitFor('the end of its stream', () => clock.waiting() === 0);
});
