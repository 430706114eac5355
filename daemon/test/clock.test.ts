import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { systemClock } from '../src/clock.ts';
import { waitFor } from './support/wait-for.ts';

const uptimeMs = () => Number(readFileSync('/proc/uptime', 'utf8').split(' ')[0]) * 1000;
const STEP_MS = 10;

test('the time since boot is that of the kernel, and never goes back', {
  skip: process.platform !== 'linux' && 'reads /proc',
}, async () => {
  const startMs = systemClock.bootMs();
  let lastMs = startMs;
  await waitFor('two more seconds', () => {
    const beforeMs = uptimeMs();
    const nowMs = systemClock.bootMs();
    const afterMs = uptimeMs();
    assert.ok(nowMs >= lastMs, `${nowMs} after ${lastMs}`);
    assert.ok(
      nowMs >= beforeMs - STEP_MS && nowMs <= afterMs + 2 * STEP_MS,
      `${nowMs} within ${beforeMs} … ${afterMs}`,
    );
    lastMs = nowMs;
    return nowMs - startMs > 2_000;
  });
});
