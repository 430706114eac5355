import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { SnoozeError } from '../../../src/errors.ts';
import { createLogBook } from '../../../src/plugins/records/log-book.ts';
import { createSlowLog } from '../../../src/plugins/records/slow-log.ts';
import { createStatistics } from '../../../src/plugins/records/statistics.ts';
import { createFakeClock } from '../../support/fake-clock.ts';
import { idlePlugin, shellPlugin, startHost } from '../plugin-host.ts';

const call = (tookMs: number, error?: unknown) => ({ method: 'CheckIdle', params: {}, tookMs, error });
const silent = { debug() {}, info() {}, warn() {}, error() {} };

test('a quantile is never under the true one, never half as much again over it, and never over the longest call', () => {
  const times = fc.array(fc.double({ min: 0.06, max: 60_000, noNaN: true }), { minLength: 1, maxLength: 200 });
  fc.assert(
    fc.property(times, (tookMs) => {
      const statistics = createStatistics();
      for (const ms of tookMs) statistics.count(call(ms));
      const { p50_ms: p50, p99_ms: p99, max_ms: max, calls } = statistics.ofMethods()['CheckIdle'] ?? assert.fail();
      const sorted = tookMs.toSorted((a, b) => a - b);
      assert.deepEqual([calls, max], [tookMs.length, Math.round((sorted.at(-1) ?? 0) * 100) / 100]);
      for (const [share, found] of [
        [0.5, p50],
        [0.99, p99],
      ] as const) {
        const exact = sorted[Math.ceil(sorted.length * share) - 1] ?? 0;
        assert.ok(found !== null && found >= exact - 0.006 && found <= exact * 1.5 + 0.006, `${found} for ${exact}`);
        assert.ok(found <= (max ?? 0));
      }
    }),
  );
});

test('errors are counted, and those that are timeouts again by themselves', () => {
  const statistics = createStatistics();
  for (const error of [undefined, 'no', new SnoozeError('SNOOZE_E_PLUGIN_TIMEOUT', 'late')])
    statistics.count(call(1, error));
  const { calls, errors, timeouts } = statistics.ofMethods()['CheckIdle'] ?? assert.fail();
  assert.deepEqual([calls, errors, timeouts, statistics.timeouts()], [3, 2, 1, 1]);
});

test('the slow log keeps what is over its threshold, the last of them, and is emptied by hand', () => {
  const slow = createSlowLog(createFakeClock());
  slow.note('p', call(99));
  for (let ms = 100; ms < 400; ms++)
    slow.note('p', { method: 'HandleEvent', params: { event: { type: 'custom' } }, tookMs: ms, error: undefined });
  assert.deepEqual(
    slow.list(2).map(({ took_ms: ms, about }) => [ms, about]),
    [
      [399, 'custom'],
      [398, 'custom'],
    ],
  );
  assert.deepEqual([slow.list(1_000).length, slow.list(1_000).at(-1)?.took_ms], [200, 200]);
  slow.setThreshold(1_000);
  slow.reset();
  slow.note('p', call(999));
  assert.deepEqual(slow.list(10), []);
});

test('the log of an instance keeps its last lines, and no more than so many characters of them', async () => {
  const book = createLogBook(silent, createFakeClock());
  const waiting = book.more('p', new AbortController().signal);
  for (let line = 1; line <= 600; line++) book.of('p').info({}, `line ${line}`);
  await waiting;
  const lines = book.lines('p', 0, 1_000);
  assert.deepEqual([lines.length, lines[0]?.message, lines.at(-1)?.number], [500, 'line 101', 600]);
  assert.deepEqual(
    book.lines('p', 598, 10).map(({ number }) => number),
    [599, 600],
  );
  for (let line = 0; line < 100; line++) book.of('p').keep('warn', 'x'.repeat(2_000));
  assert.equal(book.lines('p', 0, 1_000).length, 32);
  assert.deepEqual(book.lines('nobody', 0, 10), []);
});

test('an instance is measured over its restarts: calls, bytes, memory, and what it says of itself', async (t) => {
  const said = `echo said >&2; echo '{"id":'$id',"result":{"is_idle":true,"reason":"quiet","mood":"fine"}}'`;
  // time stands still: nobody waits for long for what it says of itself
  const clock = createFakeClock();
  const { host, check } = await startHost(t, [shellPlugin('mine', said), idlePlugin('other')], { clock });
  await check();
  const before = await host.details('mine');
  assert.equal(before.statistics.methods['CheckIdle']?.calls, 1);
  assert.deepEqual(before.reported?.['mood'], 'fine');
  assert.ok(before.usage !== null && before.usage.rss_bytes > 100_000 && before.usage.processes >= 1);
  await host.restart('mine', 'test');
  await check();
  const after = await host.details('mine');
  assert.equal(after.statistics.methods['CheckIdle']?.calls, 2);
  assert.equal(after.statistics.methods['Initialize']?.calls, 2);
  assert.ok(after.statistics.bytes_from_plugin > before.statistics.bytes_from_plugin);
  const lines = host.logs.lines('mine', 0, 100).map(({ message }) => message);
  assert.ok(lines.includes('said') && lines.includes('is stopped: test'), lines.join());
  assert.equal(
    host.logs.lines('other', 0, 100).some(({ message }) => message === 'said'),
    false,
  );
});
