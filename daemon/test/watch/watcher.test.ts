import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { sleep } from '../../src/clock.ts';
import { createLocalProvider } from '../../src/cloud/local.ts';
import { backoffOf } from '../../src/idle/tracker.ts';
import type { Log } from '../../src/log.ts';
import type { Monitor, Sample } from '../../src/monitors/monitor.ts';
import { startWatcher, type WatcherParts } from '../../src/watch/watcher.ts';
import { configWith } from '../cloud/config-with.ts';
import { createFakeClock } from '../support/fake-clock.ts';

const MINUTE_MS = 60_000;
const SECOND_MS = 1_000;

/** A host on which every check is idle; `change` breaks parts of it. */
function setUp(t: TestContext, change: Partial<WatcherParts> = {}) {
  const clock = createFakeClock();
  const lines: string[] = [];
  const history: string[] = [];
  const keep = (level: string) => (_fields: object, message: string) => void lines.push(`${level}: ${message}`);
  const log: Log = { debug: keep('debug'), info: keep('info'), warn: keep('warn'), error: keep('error') };
  const config = configWith({
    check_interval_seconds: 60,
    naptime_minutes: 5,
    warning_minutes: 0,
    boot_grace_minutes: 0,
    action: 'exec',
    exec_command: ['true'],
    enable_instance_tags: false,
  });
  const looks: boolean[] = [];
  const sample = (): Sample => ({
    wallMs: clock.wallMs(),
    bootMs: clock.bootMs(),
    readings: { cpu: { status: 'measured', value: 1, message: 'cpu 1 %' } as never },
    tookMs: {},
  });
  const cpu = { name: 'cpu', title: 'CPU', unit: '%', idleWhen: 'below' } as unknown as Monitor;
  const watcher = startWatcher({
    sampler: {
      sample({ fresh } = { fresh: false }) {
        looks.push(fresh);
        return Promise.resolve(sample());
      },
    },
    monitors: [cpu],
    plugins: { checkAll: () => Promise.resolve([]), beforeSnooze: () => Promise.resolve(null) },
    config: () => config,
    clock,
    log,
    inhibitions: (tracker) => [backoffOf(tracker, clock.bootMs())].filter((found) => found !== undefined),
    provider: createLocalProvider,
    snoozeIsNear() {},
    action: () => ({ name: 'exec', describe: () => 'run it', perform: () => Promise.resolve() }),
    run: () => Promise.reject(new Error('not asked for')),
    history: { add: ({ kind, summary }) => void history.push(`${kind}: ${summary}`), list: () => [] },
    onSample() {},
    onChange() {},
    ...change,
  });
  t.after(() => watcher.stop());
  return { watcher, clock, lines, history, looks };
}

test('a round that throws counts as busy, says so, and does not take the backoff of a failed snooze away', async (t) => {
  let broken = false;
  const { watcher, clock, lines } = setUp(t, {
    plugins: {
      checkAll: () => (broken ? Promise.reject(new Error('the plugins are on fire')) : Promise.resolve([])),
      beforeSnooze: () => Promise.resolve(null),
    },
    action: () => ({
      name: 'exec',
      describe: () => 'fail',
      perform: () => Promise.reject(new Error('the program is missing')),
    }),
  });
  await clock.advance(6 * MINUTE_MS + 10 * SECOND_MS);
  assert.equal(watcher.snapshot().lastFailure?.message, 'the program is missing');
  const backoff = backoffOf(watcher.snapshot().tracker, clock.bootMs());
  assert.ok(backoff, 'the failed snooze is followed by a backoff');

  broken = true;
  watcher.lookSoon();
  await clock.advance(2 * SECOND_MS);
  const { tracker, round } = watcher.snapshot();
  assert.equal(tracker.phase, 'active');
  assert.deepEqual(backoffOf(tracker, clock.bootMs()), backoff);
  assert.equal(round?.host.verdict, 'busy');
  assert.equal(round?.host.reason, 'the last check round failed: the plugins are on fire');
  assert.ok(lines.some((line) => /^error: .*the plugins are on fire/.test(line)));
});

test('plugins are asked on time, however long one of them takes', async (t) => {
  const askedMs: number[] = [];
  const { clock } = setUp(t, {
    plugins: {
      checkAll: async (_metrics, _context, { waitMs, signal }) => {
        askedMs.push(clock.bootMs());
        await sleep(clock, waitMs, signal);
        return [];
      },
      beforeSnooze: () => Promise.resolve(null),
    },
  });
  await clock.advance(5 * MINUTE_MS);
  const gaps = askedMs.slice(1).map((atMs, index) => atMs - (askedMs[index] ?? 0));
  assert.deepEqual(gaps, [MINUTE_MS, MINUTE_MS, MINUTE_MS, MINUTE_MS]);
});

test('only the look right before the act wants everything found anew', async (t) => {
  const { clock, looks, history } = setUp(t, {});
  for (let second = 0; second < 600 && history.length === 0; second++) await clock.advance(SECOND_MS);
  assert.match(String(history), /^snooze:/);
  assert.deepEqual([looks.indexOf(true), looks.at(-1)], [looks.length - 1, true]);
});

test('that a snooze is near is told in the last two intervals before it, and at no other time', async (t) => {
  const near: number[] = [];
  const started: { clock?: { bootMs(): number } } = {};
  const { clock, history } = setUp(t, { snoozeIsNear: () => void near.push(started.clock?.bootMs() ?? 0) });
  started.clock = clock;
  const startBootMs = clock.bootMs();
  await clock.advance(5 * MINUTE_MS + 10 * SECOND_MS);
  assert.deepEqual(history, ['snooze: run it']);
  assert.deepEqual(
    near.map((bootMs) => Math.round((bootMs - startBootMs) / MINUTE_MS)),
    [3, 4],
  );
});
