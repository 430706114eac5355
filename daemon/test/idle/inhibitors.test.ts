import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SnoozeEvent } from '../../src/events/event.ts';
import { type InhibitorInputs, inhibitions } from '../../src/idle/inhibitors.ts';
import { openWindow } from '../../src/idle/schedule.ts';

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

test('what matters most comes first', () => {
  assert.deepEqual(kinds({ bootMs: 0, pendingEvents: [event], safety: undefined }), ['event', 'safety', 'boot-grace']);
});

test('a window of the week is open from its first minute to the one before its end', () => {
  const office = [{ days: ['mon' as const, 'tue' as const], from: '09:00', to: '18:00' }];
  assert.ok(openWindow(office, { weekday: 'mon', minutesOfDay: 540 }));
  assert.ok(openWindow(office, { weekday: 'tue', minutesOfDay: 1079 }));
  assert.equal(openWindow(office, { weekday: 'mon', minutesOfDay: 1080 }), undefined);
  assert.equal(openWindow(office, { weekday: 'wed', minutesOfDay: 600 }), undefined);
});

test('a window over midnight belongs to the day on which it begins, over the end of the week too', () => {
  const night = [{ days: ['sat' as const], from: '22:00', to: '06:00' }];
  assert.ok(openWindow(night, { weekday: 'sat', minutesOfDay: 1320 }));
  assert.ok(openWindow(night, { weekday: 'sun', minutesOfDay: 359 }));
  assert.equal(openWindow(night, { weekday: 'sun', minutesOfDay: 360 }), undefined);
  assert.equal(openWindow(night, { weekday: 'sat', minutesOfDay: 300 }), undefined);
});
