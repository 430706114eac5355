import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NO_CRASHES, planRestart } from '../../../src/plugins/instance/restart.ts';

const HOUR_MS = 3_600_000;

test('restarts wait longer and longer, with jitter, and the fifth crash in three minutes parks the plugin for an hour', () => {
  let record = NO_CRASHES;
  const delays = [];
  for (let crash = 0; crash < 4; crash++) {
    const plan = planRestart(record, { bootMs: 1_000 + crash, ranMs: 0, random: 1 });
    ({ record } = plan);
    delays.push(plan.delayMs);
  }
  assert.deepEqual(delays, [1_000, 2_000, 4_000, 8_000]);
  assert.equal(planRestart(record, { bootMs: 2_000, ranMs: 0, random: 0.5 }).delayMs, HOUR_MS);
  assert.equal(planRestart(record, { bootMs: 182_000, ranMs: 0, random: 0 }).delayMs, 500);
});

test('a parked plugin that crashes again waits another hour, until it has run for longer than three minutes', () => {
  const parked = { crashesBootMs: [], parked: true };
  assert.equal(planRestart(parked, { bootMs: HOUR_MS, ranMs: 1_000, random: 1 }).delayMs, HOUR_MS);
  const lasted = planRestart(parked, { bootMs: HOUR_MS, ranMs: 200_000, random: 1 });
  assert.deepEqual([lasted.delayMs, lasted.record.parked], [1_000, false]);
});
