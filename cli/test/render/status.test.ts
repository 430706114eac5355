import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import type { Status } from '@cloudsnooze/daemon/control/api';
import { eventStory } from '../../src/render/event.ts';
import { eventSentence } from '../../src/render/notices.ts';
import { statusScreen } from '../../src/render/status.ts';
import { displayWidth } from '../../src/render/text.ts';
import { assertGolden, MONOCHROME, PIPE, TERMINAL } from '../support/golden.ts';
import { NOW_MS, sampleCheck, sampleEvent, samplePlugin, sampleStatus } from '../support/samples.ts';

const frame = { width: 80, style: MONOCHROME, nowMs: NOW_MS };
const textOf = (status: Status) => statusScreen(status, frame).join('\n');

/** A host with everything wrong that can be wrong. */
const TROUBLED = sampleStatus({
  state: 'active',
  dry_run: true,
  idle_since: null,
  idle_seconds: 0,
  snooze_at: null,
  reason: 'cpu 62.0 %, over 10 %',
  next: 'nothing until it is idle; then 30 min must pass',
  checks: [
    sampleCheck({ name: 'cpu', value: 62.04, threshold: 10, verdict: 'busy' }),
    sampleCheck({ name: 'network', value: 10_752, threshold: 50, unit: 'KiB/s', verdict: 'busy', counts: false }),
    sampleCheck({
      name: 'disk',
      verdict: 'unknown',
      threshold: 100,
      unit: 'KiB/s',
      reason: 'disk: /proc/diskstats: EACCES',
    }),
    sampleCheck({ name: 'input', value: 65, threshold: 900, unit: 's', idle_when: 'above', verdict: 'busy' }),
  ],
  plugins: [
    samplePlugin({
      instance: 'broken',
      state: 'failed',
      restarts: 3,
      last_error: 'exited with code 1: no module named redis is on this host',
    }),
    samplePlugin({ instance: 'a-ok' }),
    samplePlugin({ instance: 'off', state: 'disabled', enabled: false }),
  ],
  events: {
    pending: [sampleEvent({ state: 'dispatching', endedAt: null })],
    last: null,
    ahead: [],
    sources: [{ name: 'ec2-spot', status: 'failing', message: 'answered 401', since: '2026-11-20T14:00:00Z' }],
    warning: null,
    unwritten: null,
  },
  inhibitors: [
    { kind: 'event', name: 'spot-i-0abc-stop', reason: 'cloud.spot.interrupt is pending', until: null },
    { kind: 'safety', name: 'permission', reason: 'this instance may not stop itself', until: null },
    { kind: 'boot-grace', name: 'boot grace', reason: 'the boot grace is 5 min', until: '2026-11-20T14:22:00Z' },
  ],
  safety: [
    { id: 'permission', effect: 'forbids', message: 'this instance may not stop itself' },
    { id: 'instance-store', effect: 'warns', message: 'data on the instance store would be lost' },
    { id: 'stop-protection', effect: 'fine', message: 'stop protection is off' },
  ],
  last_failure: { at: '2026-11-20T13:58:00Z', message: 'StopInstances was denied', retry_at: '2026-11-20T14:30:00Z' },
  config_error: '/etc/cloudsnooze/snooze.json:3:5: napetime_minutes: unknown key, did you mean naptime_minutes?',
  instance: null,
  provider: 'local',
  config_file: null,
});

describe('the status screen', () => {
  it('of an idle host', () => assertGolden('status-idle', statusScreen(sampleStatus(), frame)));
  it('of an idle host in colours', () =>
    assertGolden('status-idle-colour', statusScreen(sampleStatus(), { ...frame, style: TERMINAL })));
  it('of a host in trouble', () => assertGolden('status-troubled', statusScreen(TROUBLED, frame)));
  it('of a host in trouble, in a pipe', () =>
    assertGolden('status-troubled-pipe', statusScreen(TROUBLED, { ...frame, style: PIPE })));
  it('of a host in trouble, in a narrow window', () =>
    assertGolden('status-troubled-narrow', statusScreen(TROUBLED, { ...frame, width: 46 })));
  it('of a daemon that has just started', () => {
    const fresh = sampleStatus({
      state: 'starting',
      idle_since: null,
      snooze_at: null,
      checks: [],
      plugins: [],
      reason: 'the first check has not been made yet',
      next: 'the first check follows within seconds',
    });
    assertGolden('status-starting', statusScreen(fresh, frame));
  });

  for (const width of [40, 60, 80, 132]) {
    it(`has no line wider than a window of ${width} columns`, () => {
      for (const status of [sampleStatus(), TROUBLED]) {
        const wide = statusScreen(status, { ...frame, width, style: TERMINAL })
          .map(stripVTControlCharacters)
          .filter((line) => displayWidth(line) > width);
        assert.deepEqual(wide, []);
      }
    });
  }

  it('has words for signs in a pipe', () => {
    const text = statusScreen(TROUBLED, { ...frame, style: PIPE }).join('\n');
    for (const sign of ['●', '✓', '▲', '◆', '‖', '\u001b']) assert.ok(!text.includes(sign), sign);
  });

  it('puts pending events above everything else', () => {
    assert.match(textOf(TROUBLED), /^◆ cloud\.spot\.interrupt \(critical\): this host is taken away in 1 min 40 s/);
  });

  it('says above the verdict that a full disk keeps events in memory alone', () => {
    const unwritten = 'the journal of events cannot be written: the disk is full (/var/lib/x); 2 events are kept';
    const events = { ...sampleStatus().events, unwritten };
    assert.equal(textOf(sampleStatus({ events })).split('\n\n')[0]?.replaceAll(/\n */g, ' '), `▲ ${unwritten}`);
  });

  it('puts what takes the host away above everything else, too, when every handler is done', () => {
    const ahead = (event: ReturnType<typeof sampleEvent>) =>
      textOf(
        sampleStatus({
          events: { pending: [], ahead: [event], last: event, sources: [], warning: null, unwritten: null },
        }),
      );
    const text = ahead(sampleEvent());
    const words =
      /^◆ cloud\.spot\.interrupt \(critical\): this host is taken away in 1 min 40 s \(14:21:00\); all handlers are done, 1 of 3 handled · snooze events show spot-i-0abc-stop$/;
    assert.match(text.split('\n\n')[0]?.replaceAll(/\n */g, ' ') ?? '', words);
    assert.doesNotMatch(text, /^event /m);
    assert.match(ahead(sampleEvent({ outcomes: [] })), /no plugin handles it/);
    const { event } = sampleEvent();
    assert.match(
      ahead(sampleEvent({ event: { ...event, data: { rehearsal: true } } })),
      /\(rehearsal\).*would be taken/s,
    );
  });

  it('says when the handlers of what is announced are called', () => {
    const { event } = sampleEvent();
    const announced = sampleEvent({
      state: 'announced',
      endedAt: null,
      outcomes: [],
      event: { ...event, type: 'cloud.instance.maintenance', severity: 2, deadline: '2026-11-22T14:19:20.000Z' },
    });
    assert.match(
      eventSentence({ ...announced, dueAt: '2026-11-22T14:04:20.000Z' }, NOW_MS),
      /^cloud\.instance\.maintenance \(urgent\): it comes in 2 d \(Nov 22 14:19:20\); announced, its handlers are called in 1 d 23 h \(Nov 22 14:04:20\)$/,
    );
  });

  it('counts what is left as the daemon does where the clock was set since', () => {
    const working = sampleEvent({ state: 'dispatching', endedAt: null, outcomes: [] });
    const { deadline } = working.event;
    const comes = (set: string, endsAt: string) =>
      eventSentence({ ...working, endsAt }, Date.parse(`2026-11-20T${set}Z`)).replace(/^.*critical\): |; .*$/g, '');
    assert.equal(comes('14:19:20', '2026-11-20T14:20:58.000Z'), 'this host is taken away in 1 min 40 s (14:21:00)');
    assert.equal(deadline, '2026-11-20T14:21:00.000Z');
    const words = 'this host is taken away in 50 s (the clock was set since this was told)';
    assert.equal(comes('15:19:20', '2026-11-20T15:20:10.000Z'), words);
    assert.equal(comes('13:19:20', '2026-11-20T13:20:10.000Z'), words);
  });

  it('says who has acknowledged an event, not that its handlers are done, until it is told again', () => {
    const at = '2026-11-20T14:19:10.000Z';
    const acknowledged = { at, kind: 'acknowledged', who: 'alice' } as const;
    const sentence = (change: Parameters<typeof sampleEvent>[0]) => eventSentence(sampleEvent(change), NOW_MS);
    assert.match(sentence({ remarks: [acknowledged] }), /\(14:21:00\); acknowledged by alice$/);
    const ending = { state: 'dispatching', endedAt: null } as const;
    assert.match(sentence({ ...ending, remarks: [acknowledged] }), /; acknowledged by alice$/);
    const back = { at, kind: 'back', from: null, to: null } as const;
    assert.match(sentence({ remarks: [acknowledged, back] }), /; all handlers are done, 1 of 3 handled$/);
    const story = eventStory(sampleEvent({ remarks: [acknowledged] }), { style: PIPE, nowMs: NOW_MS });
    assert.match(story.join('\n'), /^ {2}14:19:10 +\+10\.00 s {2}acknowledged by alice$/m);
  });

  it('tells an event whose deadline has passed, and one that has none', () => {
    const event = sampleEvent({ state: 'pending', outcomes: [], endedAt: null });
    const withDeadline = (deadline: string | null) =>
      textOf(
        sampleStatus({
          events: {
            pending: [{ ...event, event: { ...event.event, deadline } }],
            last: null,
            ahead: [],
            sources: [],
            warning: null,
            unwritten: null,
          },
        }),
      );
    assert.match(withDeadline('2026-11-20T14:19:00Z'), /its deadline has passed \(14:19:00\)/);
    assert.match(withDeadline(null), /: no deadline; pending/);
  });

  it('puts the real before the rehearsed, the urgent before the rest, what is off last, and no storm on the screen', () => {
    const { event } = sampleEvent();
    const pending = (id: string, change: Partial<typeof event>, more: Parameters<typeof sampleEvent>[0] = {}) =>
      sampleEvent({ endedAt: null, state: 'dispatching', outcomes: [], event: { ...event, ...change, id }, ...more });
    const own = { type: 'custom.x', severity: 0, deadline: null } as const;
    const all = [
      pending('off', {}, { state: 'closing', closing: { stage: 'canceled', reason: 'it was taken back' } }),
      ...['a', 'b', 'c', 'd'].map((id) => pending(id, own)),
      pending('play', { data: { rehearsal: true } }),
      pending('own', { ...own, severity: 3, deadline: '2026-11-20T14:19:30Z' }),
      pending('real', {}, { atWork: [{ handler: 'save', priority: 1, startedAt: '2026-11-20T14:19:00Z' }] }),
    ];
    const events = { pending: all, last: null, ahead: [], sources: [], warning: null, unwritten: null };
    const notices = statusScreen(sampleStatus({ events }), { ...frame, width: 200 }).slice(0, 6);
    assert.deepEqual(
      notices.map((line) => line.split(' ').at(-1)),
      ['real', 'own', 'a', 'b', 'c', 'list'],
    );
    assert.match(notices[0] ?? '', /taken away in 1 min 40 s \(14:21:00\); at work: save · /);
    assert.match(notices[1] ?? '', /custom\.x \(critical\): its deadline is/);
    assert.match(notices[5] ?? '', /3 more/);
    const off = statusScreen(sampleStatus({ events: { ...events, pending: all.slice(0, 1) } }), {
      ...frame,
      width: 200,
    });
    assert.match(off[0] ?? '', /\(critical\) is off: it was taken back; closing · /);
  });

  it('says the same thing once: no inhibitor for an event, finding or failure that is shown', () => {
    const lines = textOf(TROUBLED).split('\n');
    assert.equal(lines.filter((line) => line.includes('may not stop itself')).length, 1);
    assert.equal(lines.filter((line) => line.startsWith('‖')).length, 1);
    const vetoed = sampleStatus({
      inhibitors: [{ kind: 'backoff', name: 'backoff', reason: 'redis-monitor does not allow it', until: null }],
    });
    assert.match(textOf(vetoed), /‖ backoff: redis-monitor does not allow it/);
  });

  it('does not let a plugin write on the screen', () => {
    const hostile = sampleStatus({
      reason: 'a\u001b[2Jb',
      plugins: [samplePlugin({ state: 'failed', last_error: 'x\u001b[31m\r\ny' })],
    });
    for (const control of ['\u001b', '\r']) assert.ok(!textOf(hostile).includes(control));
  });
  it('names the plugins that no sandbox keeps to their manifest, once for each reason', () => {
    const unconfined = 'bubblewrap: bwrap is not installed';
    const plugins = [
      samplePlugin({ instance: 'a', unconfined }),
      samplePlugin({ instance: 'b' }),
      samplePlugin({ instance: 'c', unconfined }),
    ];
    const text = textOf(sampleStatus({ plugins })).replaceAll(/\s+/g, ' ');
    assert.match(text, /no sandbox keeps a, c to the manifest: bubblewrap: bwrap is not installed/);
  });
  it('tells of a service that is away once, with all the sources that ask it, since it was missed first', () => {
    const failing = (name: string, message: string, since: string) =>
      ({ name, status: 'failing', message, since }) as const;
    const sources = [
      failing('ec2-spot', 'it is away', '2026-11-20T14:05:00Z'),
      failing('spool', 'no folder', '2026-11-20T14:02:00Z'),
      failing('ec2-rebalance', 'it is away', '2026-11-20T14:01:00Z'),
    ];
    const text = textOf(sampleStatus({ events: { ...TROUBLED.events, sources } })).replaceAll(/\s+/g, ' ');
    assert.match(text, /event sources ec2-spot, ec2-rebalance are failing since 14:01: it is away/);
    assert.match(text, /event source spool is failing since 14:02: no folder/);
    assert.equal(text.split('it is away').length, 2);
  });
});

describe('the first line', () => {
  const firstLine = (change: Partial<Status>) => statusScreen(sampleStatus(change), frame)[0];

  it('names what happens, and when', () => assert.equal(firstLine({}), '● idle · may stop in 12 min 40 s (14:32)'));
  it('is sure of it in the warning', () =>
    assert.equal(
      firstLine({ state: 'warning', snooze_at: '2026-11-20T14:20:00Z' }),
      '● warning · will stop in 40 s (14:20)',
    ));
  it('promises nothing in a dry run', () =>
    assert.equal(firstLine({ dry_run: true }), '● idle [DRY RUN] · would stop in 12 min 40 s (14:32)'));
  it('names other actions', () => {
    assert.match(firstLine({ action: 'poweroff' }) ?? '', /may power off in/);
    assert.match(
      firstLine({ action: 'none' }) ?? '',
      /the naptime is over in 12 min 40 s \(14:32\); then the action is none/,
    );
  });
  it('does not count below zero', () =>
    assert.equal(firstLine({ snooze_at: '2026-11-20T14:19:00Z' }), '● idle · may stop any moment now'));
});
