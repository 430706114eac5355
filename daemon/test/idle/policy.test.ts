import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import type { CheckResult } from '../../src/idle/check.ts';
import { decide, type Policy } from '../../src/idle/policy.ts';
import { checkResult } from './model.ts';

const all: Policy = { kind: 'all', quorum: 0.5 };
const any: Policy = { kind: 'any', quorum: 0.5 };
const quorum = (share: number): Policy => ({ kind: 'quorum', quorum: share });

const checkArbitrary: fc.Arbitrary<CheckResult> = fc
  .record({
    kind: fc.constantFrom('monitor' as const, 'plugin' as const),
    verdict: fc.constantFrom('idle' as const, 'busy' as const, 'unknown' as const, 'absent' as const),
    onError: fc.constantFrom('busy' as const, 'ignore' as const),
    counts: fc.boolean(),
    weight: fc.integer({ min: 0, max: 10 }),
  })
  .map((given) => checkResult(given));
const policyArbitrary = fc.record({
  kind: fc.constantFrom('all' as const, 'any' as const, 'quorum' as const),
  quorum: fc.double({ min: 0.01, max: 1, noNaN: true }),
});

test('all: one busy check is enough, and it is named with its reason', () => {
  const verdict = decide(all, [
    checkResult({}),
    checkResult({ name: 'disk', verdict: 'busy', reason: 'disk 200 KiB/s, over 100 KiB/s' }),
  ]);
  assert.deepEqual(verdict, { verdict: 'busy', reason: 'disk 200 KiB/s, over 100 KiB/s', blockers: ['disk'] });
});

test('unknown is busy, unless the check is told to be ignored', () => {
  const unknown = checkResult({ name: 'redis', verdict: 'unknown', reason: 'no answer' });
  assert.equal(decide(all, [checkResult({}), unknown]).verdict, 'busy');
  assert.equal(decide(all, [checkResult({}), { ...unknown, onError: 'ignore' }]).verdict, 'idle');
});

test('a host that nothing speaks for is busy', () => {
  for (const checks of [
    [],
    [checkResult({ verdict: 'absent' })],
    [checkResult({ counts: false })],
    [checkResult({ verdict: 'unknown', onError: 'ignore' })],
  ]) {
    for (const policy of [all, any, quorum(0.5)]) assert.equal(decide(policy, checks).verdict, 'busy');
  }
});

test('any: one plugin that says idle is enough, or all monitors', () => {
  const busyMonitor = checkResult({ verdict: 'busy' });
  const plugin = checkResult({ kind: 'plugin', name: 'redis' });
  assert.equal(decide(any, [busyMonitor, plugin]).verdict, 'idle');
  assert.equal(decide(any, [busyMonitor, { ...plugin, verdict: 'busy' }]).verdict, 'busy');
  assert.equal(decide(any, [checkResult({}), { ...plugin, verdict: 'busy' }]).verdict, 'idle');
  assert.equal(decide(any, [{ ...plugin, verdict: 'unknown' }]).verdict, 'busy');
});

test('quorum: the idle share of the weight decides; the unknown is in the whole', () => {
  const checks = [
    checkResult({ weight: 2 }),
    checkResult({ weight: 1, verdict: 'busy' }),
    checkResult({ weight: 1, verdict: 'unknown' }),
  ];
  assert.equal(decide(quorum(0.5), checks).verdict, 'idle');
  assert.equal(decide(quorum(0.51), checks).verdict, 'busy');
  assert.match(decide(quorum(0.75), checks).reason, /^2 of 4 by weight say idle, 3 are needed/);
  assert.equal(decide(quorum(0.5), [checkResult({ weight: 0 })]).verdict, 'busy');
});

test('quorum: a share that is met exactly is met, whatever the arithmetic of fractions says', () => {
  for (let percent = 1; percent <= 100; percent++) {
    const checks = [checkResult({ weight: percent }), checkResult({ weight: 100 - percent, verdict: 'busy' })];
    assert.equal(decide(quorum(percent / 100), checks).verdict, 'idle', `${percent} of 100`);
  }
});

test('any: the reason names the monitors, since a plugin may well be busy', () => {
  const checks = [checkResult({}), checkResult({}), checkResult({ kind: 'plugin', verdict: 'busy' })];
  assert.equal(decide(any, checks).reason, 'all 2 monitors say idle');
});

test('property: under all, an idle host has no counting check that is busy or unknown', () => {
  return fc.assert(
    fc.property(fc.array(checkArbitrary), (checks) => {
      if (decide(all, checks).verdict === 'busy') return;
      for (const check of checks.filter(({ counts }) => counts)) {
        assert.ok(
          check.verdict === 'idle' ||
            check.verdict === 'absent' ||
            (check.verdict === 'unknown' && check.onError === 'ignore'),
        );
      }
    }),
  );
});

test('property: a check that becomes busy never makes a host idle', () => {
  return fc.assert(
    fc.property(policyArbitrary, fc.array(checkArbitrary, { minLength: 1 }), fc.nat(), (policy, checks, seed) => {
      const index = seed % checks.length;
      const busier = checks.map((check, at) =>
        at === index && check.verdict === 'idle' ? { ...check, verdict: 'busy' as const } : check,
      );
      if (decide(policy, checks).verdict === 'busy') assert.equal(decide(policy, busier).verdict, 'busy');
    }),
  );
});

test('property: a busy host always says why', () => {
  return fc.assert(
    fc.property(policyArbitrary, fc.array(checkArbitrary), (policy, checks) => {
      assert.notEqual(decide(policy, checks).reason, '');
    }),
  );
});
