import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { checkMonitor } from '../../src/idle/monitor-check.ts';
import type { Monitor, Reading } from '../../src/monitors/monitor.ts';

const cpu = { name: 'cpu', unit: '%', idleWhen: 'below' } as const;
const input = { name: 'input', unit: 's', idleWhen: 'above' } as const;

const check = (monitor: Pick<Monitor, 'name' | 'unit' | 'idleWhen'>, reading: Reading, threshold: number) =>
  checkMonitor(monitor, reading, { threshold, onError: 'busy', bootMs: 7, tookMs: 3 });
const measured = (value: number): Reading => ({ status: 'measured', value });

test('a check carries all that status shows of it', () => {
  assert.deepEqual(check(cpu, { status: 'measured', value: 62, detail: '4 cores' }, 10), {
    name: 'cpu',
    kind: 'monitor',
    verdict: 'busy',
    value: 62,
    threshold: 10,
    unit: '%',
    reason: 'cpu 62 %, over 10 % (4 cores)',
    weight: 1,
    onError: 'busy',
    counts: true,
    bootMs: 7,
    tookMs: 3,
  });
});

const REASONS: [
  monitor: Pick<Monitor, 'name' | 'unit' | 'idleWhen'>,
  value: number,
  threshold: number,
  reason: string,
][] = [
  [cpu, 10, 10, 'cpu 10 %, not over 10 %'],
  [cpu, 62.04, 10, 'cpu 62.0 %, over 10 %'],
  [cpu, 3.456, 10, 'cpu 3.46 %, not over 10 %'],
  [cpu, 10.04, 10, 'cpu 10.04 %, over 10 %'],
  [cpu, 0, 0.5, 'cpu 0 %, not over 0.50 %'],
  [{ ...cpu, name: 'load', unit: 'load' }, 1.5, 1, 'load 1.50, over 1'],
  [{ ...cpu, name: 'network', unit: 'KiB/s' }, 80.25, 50, 'network 80.3 KiB/s, over 50 KiB/s'],
  [input, 180, 900, 'no input for 3 min, less than 15 min'],
  [input, 900, 900, 'no input for 15 min, at least 15 min'],
  [input, 899.7, 900, 'no input for 14 min, less than 15 min'],
  [input, 59.9, 60, 'no input for 59 s, less than 1 min'],
  [input, 904, 905, 'no input for 904 s, less than 905 s'],
  [input, 7_260, 3_600, 'no input for 2 h 1 min, at least 1 h 0 min'],
];
for (const [monitor, value, threshold, reason] of REASONS) {
  test(`in words: ${reason}`, () => assert.equal(check(monitor, measured(value), threshold).reason, reason));
}

test('below: idle up to the threshold; above: idle from the threshold on', () => {
  const verdicts = (monitor: typeof cpu | typeof input) =>
    [9.99, 10, 10.01].map((value) => check(monitor, measured(value), 10).verdict);
  assert.deepEqual(verdicts(cpu), ['idle', 'idle', 'busy']);
  assert.deepEqual(verdicts(input), ['busy', 'idle', 'idle']);
});

test('what is not measured is unknown, what does not exist is absent, and neither has a value', () => {
  const found = (reading: Reading) => {
    const { verdict, value, reason } = check(cpu, reading, 10);
    return [verdict, value, reason];
  };
  assert.deepEqual(found({ status: 'pending', reason: 'it needs a second sample' }), [
    'unknown',
    null,
    'cpu is not measured yet: it needs a second sample',
  ]);
  assert.deepEqual(found({ status: 'failed', reason: 'EIO' }), ['unknown', null, 'cpu: EIO']);
  assert.deepEqual(found({ status: 'absent', reason: 'no such thing' }), ['absent', null, 'cpu: no such thing']);
  for (const value of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -1])
    for (const monitor of [cpu, input]) {
      const { verdict, reason } = check(monitor, measured(value), 10);
      assert.deepEqual([verdict, reason], ['unknown', `${monitor.name}: what was read is no number`]);
    }
});

test('where nothing can be busy the verdict is idle under every threshold, in the words of the monitor', () => {
  const nobody: Reading = { status: 'measured', value: 20, detail: 'nobody is logged in', idle: true };
  const { verdict, value, reason } = check(input, nobody, 900);
  assert.deepEqual([verdict, value, reason], ['idle', 20, 'input: nobody is logged in']);
});

test('property: only what was measured is ever idle, whatever was read and whatever the threshold', () => {
  const readings: fc.Arbitrary<Reading> = fc.oneof(
    fc.record({ status: fc.constant('measured'), value: fc.double() }),
    fc.record({ status: fc.constantFrom('pending', 'absent', 'failed'), reason: fc.string() }),
  );
  return fc.assert(
    fc.property(fc.constantFrom(cpu, input), readings, fc.double({ noNaN: true }), (monitor, reading, threshold) => {
      const { verdict } = check(monitor, reading, threshold);
      const isKnown = reading.status === 'measured' && Number.isFinite(reading.value) && reading.value >= 0;
      assert.equal(verdict === 'idle' || verdict === 'busy', isKnown);
    }),
  );
});

test('property: the words never say that a value is over what looks the same', () => {
  return fc.assert(
    fc.property(
      fc.constantFrom(cpu, input),
      fc.double({ min: 0, max: 100_000, noNaN: true }),
      fc.double({ min: 0, max: 100_000, noNaN: true }),
      (monitor, value, threshold) => {
        const [, shown, limit] =
          /^(?:no )?\w+(?: for)? (.+), (?:not over|over|at least|less than) (.+)$/.exec(
            check(monitor, measured(value), threshold).reason,
          ) ?? [];
        assert.equal(shown === limit, value === threshold);
      },
    ),
  );
});
