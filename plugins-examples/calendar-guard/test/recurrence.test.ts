import { describe, it } from 'node:test';
import { requires } from '../../../daemon/test/support/requires.ts';
import { assertTimes, give, guard, ics } from './calendar.ts';

describe('calendar-guard with events that recur', { skip: requires('python3') }, () => {
  const rules: [string, string, string, string[], string[]][] = [
    [
      'every weekday',
      'DTSTART:20261102T090000Z',
      'FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR',
      ['2026-11-20T09:30:00Z', '2031-01-01T09:30:00Z'],
      ['2026-11-21T09:30:00Z', '2026-11-01T09:30:00Z'],
    ],
    [
      'every other week',
      'DTSTART:20261102T090000Z',
      'FREQ=WEEKLY;INTERVAL=2',
      ['2026-11-16T09:30:00Z'],
      ['2026-11-09T09:30:00Z', '2026-11-17T09:30:00Z'],
    ],
    [
      'three times',
      'DTSTART:20261120T090000Z',
      'FREQ=DAILY;COUNT=3',
      ['2026-11-22T09:30:00Z'],
      ['2026-11-23T09:30:00Z'],
    ],
    [
      'until a day',
      'DTSTART:20261120T090000Z',
      'FREQ=DAILY;UNTIL=20261122T090000Z',
      ['2026-11-22T09:30:00Z'],
      ['2026-11-23T09:30:00Z'],
    ],
    [
      'the second Monday',
      'DTSTART:20261109T090000Z',
      'FREQ=MONTHLY;BYDAY=2MO',
      ['2026-12-14T09:30:00Z'],
      ['2026-12-07T09:30:00Z'],
    ],
    [
      'the last Friday',
      'DTSTART:20261127T090000Z',
      'FREQ=MONTHLY;BYDAY=-1FR',
      ['2026-12-25T09:30:00Z'],
      ['2026-12-18T09:30:00Z'],
    ],
    [
      'the last day of a month',
      'DTSTART:20260131T090000Z',
      'FREQ=MONTHLY;BYMONTHDAY=-1',
      ['2028-02-29T09:30:00Z'],
      ['2028-02-28T09:30:00Z'],
    ],
    [
      'the 31st, where there is one',
      'DTSTART:20260131T090000Z',
      'FREQ=MONTHLY',
      ['2026-03-31T09:30:00Z'],
      ['2026-04-30T09:30:00Z'],
    ],
    [
      'the last working day',
      'DTSTART:20260130T090000Z',
      'FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1',
      ['2026-05-29T09:30:00Z'],
      ['2026-05-28T09:30:00Z'],
    ],
    ['once a year', 'DTSTART:20201120T090000Z', 'FREQ=YEARLY', ['2026-11-20T09:30:00Z'], ['2026-11-21T09:30:00Z']],
    [
      'in two months of a year',
      'DTSTART:20200120T090000Z',
      'FREQ=YEARLY;BYMONTH=1,7',
      ['2026-07-20T09:30:00Z'],
      ['2026-08-20T09:30:00Z'],
    ],
    [
      'every Monday of a year',
      'DTSTART:20260105T090000Z',
      'FREQ=YEARLY;BYDAY=MO',
      ['2026-11-23T09:30:00Z'],
      ['2026-11-24T09:30:00Z'],
    ],
    [
      'on the last Friday of a year, and the 20th Monday',
      'DTSTART:20260518T090000Z',
      'FREQ=YEARLY;BYDAY=20MO,-1FR',
      ['2027-05-17T09:30:00Z', '2026-12-25T09:30:00Z'],
      ['2026-11-27T09:30:00Z', '2026-06-15T09:30:00Z'],
    ],
    [
      'on the first day of each month of a year',
      'DTSTART:20260101T090000Z',
      'FREQ=YEARLY;BYMONTHDAY=1',
      ['2026-12-01T09:30:00Z'],
      ['2026-12-02T09:30:00Z'],
    ],
    [
      'on the last day of a month, day by day',
      'DTSTART:20260131T090000Z',
      'FREQ=DAILY;BYMONTHDAY=-1',
      ['2026-11-30T09:30:00Z'],
      ['2026-11-29T09:30:00Z'],
    ],
    [
      'after a first time that the rule does not name',
      'DTSTART:20261120T090000Z',
      'FREQ=WEEKLY;BYDAY=MO',
      ['2026-11-20T09:30:00Z', '2026-11-23T09:30:00Z'],
      ['2026-11-27T09:30:00Z'],
    ],
    [
      'three times, where the first and the last of a month are one',
      'DTSTART:20260130T090000Z',
      'FREQ=MONTHLY;BYDAY=-1FR;BYSETPOS=1,-1;COUNT=3',
      ['2026-03-27T09:30:00Z'],
      ['2026-04-24T09:30:00Z'],
    ],
    [
      'every other week that begins on Sunday',
      'DTSTART:20261110T090000Z',
      'FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,SU;WKST=SU',
      ['2026-11-22T09:30:00Z', '2026-11-24T09:30:00Z'],
      ['2026-11-15T09:30:00Z', '2026-11-29T09:30:00Z'],
    ],
  ];
  it('knows what recurs', async (test) => {
    const plugin = await guard(test, ics());
    for (const [name, start, rule, busy, idle] of rules)
      await test.test(name, async (part) => {
        await give(part, plugin, ics([start, 'DURATION:PT1H', `RRULE:${rule}`]));
        await assertTimes(plugin, busy, idle);
      });
  });

  it('keeps the wall-clock time of its zone when the clock is changed', async (test) => {
    const event = [
      'DTSTART;TZID=Europe/Berlin:20261001T090000',
      'DTEND;TZID=Europe/Berlin:20261001T100000',
      'RRULE:FREQ=DAILY',
    ];
    await assertTimes(
      await guard(test, ics(event)),
      ['2026-10-20T07:30:00Z', '2026-10-30T08:30:00Z'],
      ['2026-10-20T08:30:00Z', '2026-10-30T07:30:00Z'],
    );
  });

  it('leaves out what was deleted, moved, canceled, or is marked as free', async (test) => {
    const series = [
      'UID:s',
      'DTSTART:20261102T090000Z',
      'DURATION:PT1H',
      'RRULE:FREQ=DAILY',
      'EXDATE:20261103T090000Z,20261104T090000Z',
    ];
    const moved = ['UID:s', 'RECURRENCE-ID:20261105T090000Z', 'DTSTART:20261105T150000Z', 'DURATION:PT1H'];
    const canceled = ['UID:s', 'RECURRENCE-ID:20261106T090000Z', 'DTSTART:20261106T090000Z', 'STATUS:CANCELLED'];
    const free = ['DTSTART:20261101T090000Z', 'DURATION:PT1H', 'TRANSP:TRANSPARENT'];
    const marked = ['UID:s', 'RECURRENCE-ID:20261108T090000Z', 'DTSTART:20261108T090000Z', 'TRANSP:TRANSPARENT'];
    const alarmed = [
      'DTSTART:20261031T090000Z',
      'DURATION:PT1H',
      'BEGIN:VALARM',
      'TRIGGER:-PT15M',
      'DURATION:PT9H',
      'END:VALARM',
    ];
    await assertTimes(
      await guard(test, ics(series, moved, canceled, marked, free, alarmed)),
      ['2026-11-02T09:30:00Z', '2026-11-05T15:30:00Z', '2026-11-07T09:30:00Z', '2026-10-31T09:30:00Z'],
      [
        '2026-11-03T09:30:00Z',
        '2026-11-04T09:30:00Z',
        '2026-11-05T09:30:00Z',
        '2026-11-06T09:30:00Z',
        '2026-11-08T09:30:00Z',
        '2026-11-01T09:30:00Z',
        '2026-10-31T12:00:00Z',
      ],
    );
  });

  it('takes ends, exceptions and moves in UTC for what they are in the zone of the event', async (test) => {
    const course = ['UID:a', 'SUMMARY:Course', 'DTSTART;TZID=Pacific/Auckland:20261101T120000', 'DURATION:PT1H'];
    const plugin = await guard(
      test,
      ics(
        [...course, 'RRULE:FREQ=DAILY;UNTIL=20261120T230000Z', 'EXDATE:20261110T230000Z', 'RDATE:20261125T050000Z'],
        ['UID:a', 'RECURRENCE-ID:20261111T230000Z', 'DTSTART:20261112T050000Z', 'DURATION:PT1H'],
      ),
    );
    await assertTimes(
      plugin,
      ['2026-11-20T23:30:00Z', '2026-11-25T05:30:00Z', '2026-11-12T05:30:00Z'],
      ['2026-11-21T23:30:00Z', '2026-11-10T23:30:00Z', '2026-11-11T23:30:00Z'],
    );
  });
});
