import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SnoozeEvent } from '../../src/events/event.ts';
import { type InhibitorInputs, inhibitions } from '../../src/idle/inhibitors.ts';

const quiet: InhibitorInputs = {
  bootMs: 3_600_000,
  bootGraceMs: 300_000,
  schedule: [],
  localTime: { weekday: 'sat', minutesOfDay: 600 },
  pendingEvents: [],
  safety: [],
  backoff: undefined,
};
const event: SnoozeEvent = {
  id: 'e1',
  type: 'cloud.spot.interrupt',
  source: 'ec2-metadata',
  timestamp: '2026-01-01T00:00:00Z',
  data: {},
  severity: 3,
  deadline: '2026-01-01T00:02:00Z',
};
const kinds = (change: Partial<InhibitorInputs>) => inhibitions({ ...quiet, ...change }).map(({ kind }) => kind);

test('a quiet host is not inhibited', () => {
  assert.deepEqual(inhibitions(quiet), []);
});

test('the boot grace holds to its last millisecond and names its end', () => {
  assert.deepEqual(kinds({ bootMs: 299_999 }), ['boot-grace']);
  assert.deepEqual(kinds({ bootMs: 300_000 }), []);
  assert.equal(inhibitions({ ...quiet, bootMs: 60_000 })[0]?.untilBootMs, 300_000);
});

test('a pending cloud event with a deadline inhibits; one without, or an event of one’s own, does not', () => {
  assert.deepEqual(kinds({ pendingEvents: [event] }), ['event']);
  assert.deepEqual(kinds({ pendingEvents: [{ ...event, deadline: null }] }), []);
  assert.deepEqual(kinds({ pendingEvents: [{ ...event, type: 'custom.backup' }] }), []);
});

test('until the safety look has ended nothing is stopped; only what forbids inhibits after it', () => {
  assert.deepEqual(kinds({ safety: undefined }), ['safety']);
  assert.deepEqual(kinds({ safety: [{ id: 'permission', effect: 'warns', message: 'no' }] }), []);
  assert.deepEqual(kinds({ safety: [{ id: 'one-time-spot', effect: 'forbids', message: 'no' }] }), ['safety']);
});

test('a lease inhibits with its owner, its reason and its end', () => {
  const leases = [{ id: 'lease-1', name: 'backup', reason: 'it copies', owner: 'user alice', untilBootMs: 3_700_000 }];
  assert.deepEqual(inhibitions({ ...quiet, leases }), [
    { kind: 'lease', name: 'backup', reason: 'user alice keeps it awake: it copies', untilBootMs: 3_700_000 },
  ]);
});

test('a boot grace of odd length is told in minutes that can be read', () => {
  const [grace] = inhibitions({ ...quiet, bootMs: 61_000, bootGraceMs: 100_000 });
  assert.equal(grace?.reason, 'the host was started 1 min ago, the boot grace is 1.7 min');
});

test('what matters most comes first', () => {
  assert.deepEqual(kinds({ bootMs: 0, pendingEvents: [event], safety: undefined }), ['event', 'safety', 'boot-grace']);
});
