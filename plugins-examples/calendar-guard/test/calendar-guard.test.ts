import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { requires } from '../../../daemon/test/support/requires.ts';
import { initialize } from '../../test-support/host.ts';
import { freePort, startHttp } from '../../test-support/service.ts';
import { talk } from '../../test-support/talk.ts';
import { ask, assertTimes, directory, guard, ics } from './calendar.ts';

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

  it('takes whole days, and times without a zone, as the configured zone has them', async (test) => {
    const plugin = await guard(
      test,
      ics(
        ['DTSTART;VALUE=DATE:20261120'],
        ['DTSTART;VALUE=DATE:20261101'],
        ['DTSTART:20261125T090000', 'DURATION:PT1H'],
      ),
      { time_zone: 'America/New_York' },
    );
    await assertTimes(
      plugin,
      // the first of November has 25 hours there
      ['2026-11-02T04:59:00Z', '2026-11-20T05:00:00Z', '2026-11-21T04:59:00Z', '2026-11-25T14:30:00Z'],
      ['2026-11-02T05:00:00Z', '2026-11-20T04:59:00Z', '2026-11-21T05:00:00Z', '2026-11-25T09:30:00Z'],
    );
  });

  it('takes a whole day that recurs until a midnight in UTC to its last day', async (test) => {
    const days = ['DTSTART;VALUE=DATE:20261120', 'RRULE:FREQ=DAILY;UNTIL=20261122T000000Z'];
    const plugin = await guard(test, ics(days), { time_zone: 'America/New_York' });
    await assertTimes(plugin, ['2026-11-22T15:00:00Z'], ['2026-11-23T15:00:00Z']);
  });

  it('knows a zone that only the calendar describes, as Outlook exports them, through changes of the clock', async (test) => {
    const changes = (name: string, offset: string, rule: string) => [
      `BEGIN:${name}`,
      'DTSTART:16010101T020000',
      `TZOFFSETTO:${offset}`,
      `RRULE:FREQ=YEARLY;${rule}`,
      `END:${name}`,
    ];
    const zone = [
      ...['BEGIN:VTIMEZONE', 'TZID:W. Europe Standard Time'],
      ...changes('STANDARD', '+0100', 'BYDAY=-1SU;BYMONTH=10'),
      ...changes('DAYLIGHT', '+0200', 'BYDAY=-1SU;BYMONTH=3'),
      ...['END:VTIMEZONE', ''],
    ];
    const event = ics(['DTSTART;TZID="W. Europe Standard Time":20260701T090000', 'DURATION:PT1H', 'RRULE:FREQ=DAILY']);
    await assertTimes(
      await guard(test, event.replace('BEGIN:VEVENT', `${zone.join('\r\n')}BEGIN:VEVENT`)),
      ['2026-07-01T07:30:00Z', '2026-10-30T08:30:00Z', '2027-03-27T08:30:00Z', '2027-03-28T07:30:00Z'],
      ['2026-07-01T08:30:00Z', '2026-10-30T07:30:00Z', '2027-03-27T07:30:00Z', '2027-03-28T08:30:00Z'],
    );
  });

  it('puts folded lines together before it reads their characters', async (test) => {
    const [before, after] = ics(['SUMMARY:Schulung für alle', 'DTSTART:20261120T090000Z', 'DURATION:PT1H']).split('ü');
    const folded = Buffer.concat([
      Buffer.from(`${before}\xc3`, 'latin1'),
      Buffer.from('\r\n \xbc', 'latin1'),
      Buffer.from(`${after}`),
    ]);
    const plugin = await guard(test, folded, { summary: 'für' });
    await assertTimes(plugin, ['2026-11-20T09:30:00Z'], []);
  });

  it('has a verdict whatever the clock says, and says of an event of millennia that it has none', async (test) => {
    const last = '9999-12-31T23:59:59Z';
    const weekly = ['DTSTART:20261120T090000Z', 'DURATION:PT1H', 'RRULE:FREQ=WEEKLY;UNTIL=20271120T090000Z'];
    const once = ['DTSTART:20261120T090000Z', 'DTEND:20261120T100000Z'];
    await assertTimes(await guard(test, ics(weekly, once), { lead_minutes: 10 }), [], [last]);
    for (const length of ['P99999999999W', 'P200000W']) {
      const long = await guard(test, ics(['DTSTART:20261120T090000Z', `DURATION:${length}`]));
      assert.match((await ask(long, '2026-11-20T09:30:00Z')).error?.message ?? '', /is not understood: /);
    }
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
