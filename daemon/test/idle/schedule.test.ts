import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import type { Weekday } from '../../src/config/config.ts';
import { localTimeOf, openWindow } from '../../src/idle/schedule.ts';

const WEEK: readonly Weekday[] = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
const DAY_MINUTES = 24 * 60;
const clockTime = (minutes: number) =>
  `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`;

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

test('a window that ends when it begins lasts the whole day', () => {
  const always = [{ days: ['mon' as const], from: '08:00', to: '08:00' }];
  assert.ok(openWindow(always, { weekday: 'mon', minutesOfDay: 480 }));
  assert.ok(openWindow(always, { weekday: 'tue', minutesOfDay: 479 }));
  assert.equal(openWindow(always, { weekday: 'tue', minutesOfDay: 480 }), undefined);
});

test('of several open windows the first is named', () => {
  const windows = [
    { name: 'night', days: ['mon' as const], from: '22:00', to: '06:00' },
    { name: 'office', days: ['tue' as const], from: '05:00', to: '18:00' },
    { name: 'lunch', days: ['tue' as const], from: '12:00', to: '13:00' },
  ];
  assert.equal(openWindow(windows, { weekday: 'tue', minutesOfDay: 330 })?.name, 'night');
  assert.equal(openWindow(windows, { weekday: 'tue', minutesOfDay: 725 })?.name, 'office');
});

test('property: in a week a window is open for its length on each of its days, counted in minutes from its begin', () => {
  const minutes = fc.integer({ min: 0, max: DAY_MINUTES - 1 });
  return fc.assert(
    fc.property(fc.subarray([...WEEK], { minLength: 1 }), minutes, minutes, minutes, (days, from, to, minutesOfDay) => {
      const window = { days, from: clockTime(from), to: clockTime(to) };
      const length = to > from ? to - from : to - from + DAY_MINUTES;
      for (const [index, weekday] of WEEK.entries()) {
        const now = index * DAY_MINUTES + minutesOfDay;
        const expected = days.some((day) => {
          const since = (now - (WEEK.indexOf(day) * DAY_MINUTES + from) + 7 * DAY_MINUTES) % (7 * DAY_MINUTES);
          return since < length;
        });
        assert.equal(openWindow([window], { weekday, minutesOfDay }) !== undefined, expected);
      }
    }),
  );
});

test('a wall time is a moment of the local week, whatever the zone of this host', () => {
  // 2026-03-04 is a Wednesday.
  assert.deepEqual(localTimeOf(new Date(2026, 2, 4, 0, 0).getTime()), { weekday: 'wed', minutesOfDay: 0 });
  assert.deepEqual(localTimeOf(new Date(2026, 2, 7, 23, 59, 59).getTime()), { weekday: 'sat', minutesOfDay: 1439 });
  assert.deepEqual(localTimeOf(new Date(2026, 2, 8, 12, 30).getTime()), { weekday: 'sun', minutesOfDay: 750 });
});
