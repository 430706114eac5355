import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { systemClock } from '../src/clock.ts';
import { waitFor } from './support/wait-for.ts';

const uptimeMs = () => Number(readFileSync('/proc/uptime', 'utf8').split(' ')[0]) * 1000;
/** `/proc/uptime` counts in steps. */
const STEP_MS = 10;
/** What is shorter is not taken for a sleep of the host. */
const SHORTEST_SLEEP_MS = 100;

test('the time since boot is that of the kernel, never ahead of it, and never goes back', {
  skip: process.platform !== 'linux' && 'reads /proc',
}, async () => {
  const startMs = systemClock.bootMs();
  let lastMs = startMs;
  await waitFor('two seconds, and then the kernel’s time', () => {
    const beforeMs = uptimeMs();
    const nowMs = systemClock.bootMs();
    const afterMs = uptimeMs();
    assert.ok(nowMs >= lastMs, `${nowMs} after ${lastMs}`);
    assert.ok(nowMs <= afterMs + STEP_MS, `${nowMs} at ${afterMs}`);
    lastMs = nowMs;
    return nowMs - startMs > 2_000 && nowMs >= beforeMs - SHORTEST_SLEEP_MS - STEP_MS;
  });
});
