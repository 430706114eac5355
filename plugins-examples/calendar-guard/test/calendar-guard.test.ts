import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { requires } from '../../../daemon/test/support/requires.ts';
import { temporaryDirectory } from '../../../daemon/test/support/temporary-directory.ts';
import { initialize, QUIET_METRICS } from '../../test-support/host.ts';
import { freePort, startHttp } from '../../test-support/service.ts';
import { type Talk, talk } from '../../test-support/talk.ts';

const directory = new URL('..', import.meta.url).pathname;

/** A calendar of events, each given by its lines. */
function ics(...events: string[][]): string {
  const lines = events.flatMap((event, i) => [
    'BEGIN:VEVENT',
    ...(event.some((line) => line.startsWith('UID')) ? [] : [`UID:${i}`]),
    ...event,
    'END:VEVENT',
  ]);
  return ['BEGIN:VCALENDAR', 'VERSION:2.0', ...lines, 'END:VCALENDAR', ''].join('\r\n');
}

async function guard(test: it.TestContext, calendar: string, config: object = {}): Promise<Talk> {
  const path = join(temporaryDirectory(test), 'team.ics');
  writeFileSync(path, calendar);
  const plugin = talk(directory, { test });
  assert.equal((await initialize(plugin, { calendar: path, lead_minutes: 0, ...config })).error, undefined);
  return plugin;
}

function ask(plugin: Talk, time: string) {
  const context = { check_interval_seconds: 60, naptime_seconds: 1800, state: 'active', deadline_ms: 5000 };
  return plugin.request('CheckIdle', { metrics: { ...QUIET_METRICS, timestamp: Date.parse(time) / 1000 }, context });
}

/** Busy at these times and idle at those. */
async function assertTimes(plugin: Talk, busy: string[], idle: string[]): Promise<void> {
  for (const time of [...busy, ...idle]) {
    const { result, error } = await ask(plugin, time);
    assert.equal(error, undefined);
    assert.equal(result?.['is_idle'], idle.includes(time), `${time}: ${JSON.stringify(result)}`);
  }
}

describe('calendar-guard', { skip: requires('python3') }, () => {
  it('is busy during an event and says until when', async (test) => {
    const event = ['SUMMARY:GPU course\\, part 1', 'DTSTART:20261120T090000Z', 'DTEND:20261120T103000Z'];
    const plugin = await guard(test, ics(event));
    const { result } = await ask(plugin, '2026-11-20T10:00:00Z');
    assert.equal(result?.['reason'], 'GPU course, part 1 until 2026-11-20 10:30 UTC');
    await assertTimes(
      plugin,
      ['2026-11-20T09:00:00Z', '2026-11-20T10:29:59Z'],
      ['2026-11-20T08:59:59Z', '2026-11-20T10:30:00Z'],
    );
  });

  it('is busy for a while before an event too', async (test) => {
    const plugin = await guard(test, ics(['SUMMARY:Demo', 'DTSTART:20261120T090000Z', 'DURATION:PT1H30M']), {
      lead_minutes: 15,
    });
    assert.equal((await ask(plugin, '2026-11-20T08:50:00Z')).result?.['reason'], 'Demo begins at 09:00 UTC');
    await assertTimes(plugin, ['2026-11-20T10:29:00Z'], ['2026-11-20T08:44:00Z']);
  });

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
  ];
  for (const [name, start, rule, busy, idle] of rules)
    it(`knows what recurs ${name}`, async (test) => {
      await assertTimes(await guard(test, ics([start, 'DURATION:PT1H', `RRULE:${rule}`])), busy, idle);
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

  it('takes whole days, and times without a zone, as the configured zone has them', async (test) => {
    const plugin = await guard(
      test,
      ics(['DTSTART;VALUE=DATE:20261120'], ['DTSTART:20261125T090000', 'DURATION:PT1H']),
      { time_zone: 'America/New_York' },
    );
    await assertTimes(
      plugin,
      ['2026-11-20T05:00:00Z', '2026-11-21T04:59:00Z', '2026-11-25T14:30:00Z'],
      ['2026-11-20T04:59:00Z', '2026-11-21T05:00:00Z', '2026-11-25T09:30:00Z'],
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
    const alarmed = [
      'DTSTART:20261031T090000Z',
      'DURATION:PT1H',
      'BEGIN:VALARM',
      'TRIGGER:-PT15M',
      'DURATION:PT9H',
      'END:VALARM',
    ];
    await assertTimes(
      await guard(test, ics(series, moved, canceled, free, alarmed)),
      ['2026-11-02T09:30:00Z', '2026-11-05T15:30:00Z', '2026-11-07T09:30:00Z', '2026-10-31T09:30:00Z'],
      [
        '2026-11-03T09:30:00Z',
        '2026-11-04T09:30:00Z',
        '2026-11-05T09:30:00Z',
        '2026-11-06T09:30:00Z',
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

  it('counts only the events that are meant', async (test) => {
    const plugin = await guard(test, ics(['SUMMARY:Lunch', 'DTSTART:20261120T090000Z', 'DURATION:PT1H']), {
      summary: 'gpu|training',
    });
    await assertTimes(plugin, [], ['2026-11-20T09:30:00Z']);
  });

  it('has no verdict for what it does not understand, and says what that is', async (test) => {
    const hourly = await guard(test, ics(['DTSTART:20261120T090000Z', 'RRULE:FREQ=HOURLY']));
    assert.match(
      (await ask(hourly, '2026-11-20T09:30:00Z')).error?.message ?? '',
      /is not understood: the rule FREQ=HOURLY recurs neither/,
    );
    const zone = await guard(test, ics(['DTSTART;TZID=W. Europe Standard Time:20261120T090000']));
    assert.match(
      (await ask(zone, '2026-11-20T09:30:00Z')).error?.message ?? '',
      /the time zone W\. Europe Standard Time; export/,
    );
    const cut = await guard(test, ics(['DTSTART:20261120T090000Z', 'DURATION:PT1H']).slice(0, -30));
    assert.match((await ask(cut, '2026-11-20T09:30:00Z')).error?.message ?? '', /: a part of it is missing$/);
    const range = ['RECURRENCE-ID;RANGE=THISANDFUTURE:20261120T090000Z', 'DTSTART:20261120T100000Z'];
    assert.match((await ask(await guard(test, ics(range)), '2026-11-20T09:30:00Z')).error?.message ?? '', /\(RANGE\)$/);
    const page = await guard(test, '<html>');
    assert.match((await ask(page, '2026-11-20T09:30:00Z')).error?.message ?? '', /does not begin with BEGIN:VCALENDAR/);
  });

  it('reads an address, and goes on with what it read where that is away', async (test) => {
    let status = 200;
    const port = await startHttp(test, (_, response) => {
      response.statusCode = status;
      response.end(ics(['DTSTART:20261120T090000Z', 'DURATION:PT1H']));
    });
    const plugin = talk(directory, { test });
    const calendar = `http://127.0.0.1:${port}/private-KEY/basic.ics`;
    await initialize(plugin, { calendar, refresh_minutes: 0 });
    await assertTimes(plugin, ['2026-11-20T09:30:00Z'], []);
    status = 503;
    await assertTimes(plugin, ['2026-11-20T09:30:00Z'], ['2026-11-20T11:30:00Z']);
    await plugin.request('Configure', {
      config: { calendar: `http://127.0.0.1:${await freePort()}/private-KEY/basic.ics` },
    });
    const { error } = await ask(plugin, '2026-11-20T09:30:00Z');
    assert.match(error?.message ?? '', /^http:\/\/127\.0\.0\.1:\d+: .*refused/);
  });

  it('refuses a zone that does not exist', async (test) => {
    const { error } = await initialize(talk(directory, { test }), { calendar: '/a', time_zone: 'Mars/Olympus' });
    assert.equal(error?.code, -32004);
  });
});
