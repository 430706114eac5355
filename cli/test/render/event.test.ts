import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type EventRecord, eventStory, eventTable } from '../../src/render/event.ts';
import { changesOf, storyLines } from '../../src/render/event-change.ts';
import { eventSentence } from '../../src/render/notices.ts';
import { assertGolden, PIPE } from '../support/golden.ts';
import { NOW_MS, sampleEvent } from '../support/samples.ts';

const frame = { style: PIPE, nowMs: NOW_MS };
const pipe = { ...frame, width: Number.POSITIVE_INFINITY };

const FULL = 'the journal of events cannot be written: the disk is full';

describe('an event', () => {
  it('is told as a timeline', () => assertGolden('event-story', eventStory(sampleEvent(), frame)));

  it('is told in the order of what happened, not of the handlers', () => {
    const [first, second] = sampleEvent().outcomes;
    assert.ok(first && second);
    const overlapping = { ...second, startedAt: '2026-11-20T14:19:00.120Z' };
    const lines = eventStory(sampleEvent({ outcomes: [first, overlapping] }), frame).filter((line) => /\+/.test(line));
    assert.deepEqual(
      lines.map((line) =>
        line
          .trim()
          .split(/\s{2,}/)
          .at(-1)
          ?.split(' ')
          .slice(0, 2)
          .join(' '),
      ),
      [
        'seen, from',
        'written down',
        'save-work starts',
        'tell-team starts',
        'save-work handled',
        'tell-team failed',
        'done',
      ],
    );
  });

  it('is told with what its source said later, and who was told', () => {
    const remarks: EventRecord['remarks'] = [
      { at: '2026-11-20T14:19:00.105Z', kind: 'told', terminals: ['pts/0', 'pts/3'] },
      {
        at: '2026-11-20T14:19:10.000Z',
        kind: 'moved',
        from: '2026-11-20T14:22:00.000Z',
        to: '2026-11-20T14:21:00.000Z',
      },
      { at: '2026-11-20T14:19:11.000Z', kind: 'data', data: { action: 'hibernate' } },
    ];
    const lines = eventStory(sampleEvent({ remarks }), frame);
    assert.match(lines.find((line) => line.includes('pts/0')) ?? '', /told on the terminals pts\/0, pts\/3$/);
    assert.match(lines.at(-2) ?? '', /its time moved: it was 14:22:00, now 14:21:00$/);
    assert.match(lines.at(-1) ?? '', /its source says {"action":"hibernate"}$/);
    const change = { before: sampleEvent(), record: sampleEvent({ remarks }) };
    assert.equal(storyLines(change, frame).length, remarks.length);
  });

  it('that a full disk keeps in memory says so, and when it was written down at last', () => {
    const kept = eventStory(sampleEvent({ durable: false, unwritten: FULL }), frame).join('\n');
    assert.match(kept, /^ {2}kept +in memory alone: the journal of events cannot be written: the disk is full$/m);
    assert.doesNotMatch(kept, /written down/);
    const at = '2026-11-20T14:30:00.000Z';
    const lines = eventStory(sampleEvent({ remarks: [{ at, kind: 'written', reason: FULL }] }), frame);
    const written = lines.filter((line) => line.includes('written down'));
    assert.deepEqual(
      [
        written.length,
        /^ +14:30:00 .* written down; until now in memory alone: the journal .* the disk is full$/.test(
          written[0] ?? '',
        ),
      ],
      [1, true],
    );
  });

  it('that was sent again as another one says what was sent', () => {
    const again = {
      at: '2026-11-20T14:30:00.000Z',
      kind: 'again',
      type: 'custom.x',
      severity: 1,
      data: { a: 2 },
    } as const;
    const [line] = eventStory(sampleEvent({ remarks: [again] }), frame).slice(-1);
    assert.match(line ?? '', /sent again, not the same, and not dispatched: custom\.x warning \{"a":2\}$/);
  });

  it('tells who is at work on it, and how long they have, while they are', () => {
    const atWork = [{ handler: 'tell-team', priority: 50, startedAt: '2026-11-20T14:19:01.012Z' }];
    const change = { state: 'dispatching' as const, endedAt: null, outcomes: sampleEvent().outcomes.slice(0, 1) };
    const record = sampleEvent({ ...change, atWork });
    const lines = eventStory(record, frame);
    assert.match(lines.at(-1) ?? '', /14:19:01 +\+1\.01 s {2}tell-team starts \(priority 50\)$/);
    assert.ok(lines.includes('  deadline  14:21:00, 1 min 40 s left'));
    const [start, ...more] = storyLines({ before: sampleEvent(change), record }, frame);
    assert.deepEqual([start, more], ['14:19:01  cloud.spot.interrupt  tell-team starts (priority 50)', []]);
  });

  it('that has no end yet ends with what is known', () => {
    const lines = eventStory(sampleEvent({ state: 'dispatching', endedAt: null, outcomes: [] }), frame);
    assert.match(lines[0] ?? '', /dispatching$/);
    assert.match(lines.at(-1) ?? '', /written down$/);
  });
});

describe('an event while which the clock was set back', () => {
  const [first] = sampleEvent().outcomes;
  const turn = (handler: string, startedAt: string, endedAt: string) => ({
    ...(first as NonNullable<typeof first>),
    handler,
    startedAt: `2026-11-20T${startedAt}Z`,
    endedAt: `2026-11-20T${endedAt}Z`,
  });
  const told = { at: '2026-11-20T14:19:00.105Z', kind: 'told', terminals: ['pts/0'] } as const;
  // By an hour while the first two are at work, five seconds into it.
  const record = sampleEvent({
    outcomes: [
      turn('high', '14:19:00.110', '13:19:08.000'),
      turn('beside', '14:19:00.111', '13:19:09.000'),
      turn('low', '13:19:09.001', '13:19:11.001'),
    ],
    remarks: [told, { at: '2026-11-20T13:19:10.000Z', kind: 'data', data: { action: 'stop' } }],
    endedAt: '2026-11-20T13:19:11.002Z',
  });
  const all = eventStory(record, frame);
  const story = all.slice(all.indexOf('') + 1);

  it('is told in the order in which it was recorded', () => {
    const moments = story.map((line) => line.slice(24).replace(/ (it|\(|from|on|says).*/, ''));
    assert.deepEqual(moments, [
      'seen,',
      'written down',
      'told',
      'high starts',
      'beside starts',
      'high handled',
      'beside handled',
      'low starts',
      'its source',
      'low handled',
      'done',
    ]);
  });
  it('is told without the times that cannot be true', () => {
    const text = story.join('\n');
    assert.match(text, /^ {2}13:19:08 {14}high handled it: \{"saved":3\}$/m);
    assert.match(text, /^ {2}13:19:11 {14}low handled it after 2\.00 s: \{"saved":3\}$/m);
    assert.doesNotMatch(text, /after -|left/);
    const nowMs = Date.parse('2026-11-20T13:20:00Z');
    assert.ok(eventStory(record, { ...frame, nowMs }).includes('  deadline  14:21:00'));
    assert.match(
      eventSentence(record, nowMs),
      /: this host is taken away at 14:21:00 by the clock that was set back since; all handlers/,
    );
  });
});

describe('an event that was taken back', () => {
  const [ran] = sampleEvent().outcomes;
  const told = {
    ...ran,
    stage: 'canceled',
    startedAt: '2026-11-20T14:19:03.000Z',
    endedAt: '2026-11-20T14:19:03.100Z',
  };
  const record = sampleEvent({
    state: 'canceled',
    closing: { stage: 'canceled', reason: 'EC2 has taken the notice back' },
    outcomes: [...sampleEvent().outcomes, told as NonNullable<typeof ran>],
    related: [
      { id: 'rebalance-1', type: 'cloud.instance.rebalance', state: 'done', seenAt: '2026-11-20T14:00:00.000Z' },
    ],
  });

  it('says why, who was told, and what else belongs to the incident', () => {
    const text = eventStory(record, frame).join('\n');
    assert.match(text, /^ {2}off +EC2 has taken the notice back$/m);
    assert.match(text, /^ {2}incident +cloud\.instance\.rebalance done · rebalance-1$/m);
    assert.match(text, /save-work is told that it is off$/m);
    assert.match(text, /save-work handled it after 100 ms: \{"saved":3\}$/m, 'no deadline counts any more');
  });
  it('counts each handler once', () => assert.match(eventTable([record], pipe)[1] ?? '', / {2}1 of 3 {2}/));
});

describe('what is new of events', () => {
  const { outcomes } = sampleEvent();
  const begun = sampleEvent({ state: 'dispatching', endedAt: null, outcomes: outcomes.slice(0, 1) });
  const linesOf = (before: EventRecord[], now: EventRecord[]) =>
    changesOf(new Map(before.map((record) => [record.event.id, record])), now).flatMap((change) =>
      storyLines(change, frame),
    );

  it('is nothing where nothing has changed', () => assert.deepEqual(linesOf([begun], [structuredClone(begun)]), []));
  it('is the event where it is new, then only what came of it', () => {
    assert.deepEqual(linesOf([], [begun]), [
      '14:19:00  cloud.spot.interrupt  critical, from ec2-spot, deadline 14:21:00 · spot-i-0abc-stop',
      '14:19:01  cloud.spot.interrupt  save-work handled it after 900 ms: {"saved":3}, 1 min 59 s left',
    ]);
    assert.deepEqual(linesOf([begun], [sampleEvent()]), [
      '14:19:02  cloud.spot.interrupt  tell-team failed after 1.48 s: the webhook answered 503, 1 min 58 s left',
      '14:19:02  cloud.spot.interrupt  late-one was skipped: no time was left',
      '14:19:02  cloud.spot.interrupt  done',
    ]);
  });
});

describe('what is new of an event that is off, and told again', () => {
  const reason = 'EC2 has taken the notice back';
  const [at, backAt] = ['2026-11-20T14:19:20.000Z', '2026-11-20T14:19:30.000Z'];
  const took = { at, kind: 'off', stage: 'canceled', reason } as const;
  const [from, to] = ['2026-11-20T14:20:00.000Z', '2026-11-20T14:21:00.000Z'];
  const off = sampleEvent({ closing: { stage: 'canceled', reason }, remarks: [took] });
  const remarks = [took, { at: backAt, kind: 'back', from, to } as const];
  const again = sampleEvent({ state: 'dispatching', endedAt: null, remarks });
  const lineOf = (before: EventRecord, record: EventRecord) => storyLines({ before, record }, frame);

  it('is said, with the time at which it is', () => {
    assert.deepEqual(lineOf(sampleEvent(), off), [
      '14:19:20  cloud.spot.interrupt  off: EC2 has taken the notice back',
    ]);
    assert.deepEqual(lineOf(off, again), [
      '14:19:30  cloud.spot.interrupt  told again: critical, from ec2-spot, deadline 14:21:00 · spot-i-0abc-stop',
    ]);
  });
  it('stands in the timeline, and what was left before is counted to the deadline of then', () => {
    const text = eventStory(again, frame).join('\n');
    assert.match(
      text,
      /14:19:20 .* off: EC2 has taken the notice back\n.*14:19:30 .* told again: it was 14:20:00, now 14:21:00$/,
    );
    assert.match(text, /14:19:01 .* save-work handled it .*, 59 s left$/m);
  });
});

describe('a rehearsal', () => {
  const { event } = sampleEvent();
  const rehearsal = sampleEvent({ event: { ...event, data: { rehearsal: true } } });

  it('is marked as one wherever it is shown', () => {
    const text = [...eventTable([rehearsal], pipe), ...eventStory(rehearsal, frame)].join('\n');
    assert.equal(text.match(/cloud\.spot\.interrupt \(rehearsal\)/g)?.length, 2);
    const [change] = changesOf(new Map(), [rehearsal]);
    assert.match(change ? (storyLines(change, frame)[0] ?? '') : '', /cloud\.spot\.interrupt \(rehearsal\)/);
  });
});

describe('the list of events', () => {
  it('fits into a window of 80 columns, with the part of each id that is enough to name it', () => {
    const { event } = sampleEvent();
    const named = (id: string, data = {}) => sampleEvent({ event: { ...event, id, data } });
    const records = [
      named('spot-interrupt:i-0123456789abcdef0:terminate:rehearsal-5cb8704e', { rehearsal: true }),
      named('4065c62b-df26-4b25-99e8-d1db221f4995'),
      named('spot-interrupt:i-0123456789abcdef0:terminate:7d111823'),
    ];
    assert.deepEqual(eventTable(records, { ...frame, width: 80 }), [
      'SEEN      TYPE                              STATE  HANDLED  ID',
      '14:19:00  cloud.spot.interrupt (rehearsal)  done   1 of 3   5cb8704e',
      '14:19:00  cloud.spot.interrupt              done   1 of 3   d1db221f4995',
      '14:19:00  cloud.spot.interrupt              done   1 of 3   7d111823',
    ]);
    assert.match(eventTable(records, { ...frame, width: 200 })[1] ?? '', / critical .*:rehearsal-5cb8704e$/);
  });
  it('says of what has ended and nobody had a turn at that nobody handled it', () =>
    assert.match(eventTable([sampleEvent({ outcomes: [] })], pipe)[1] ?? '', /done {3}by nobody {2}/));
  it('is never cut: the ids are there to be copied', () => {
    const long = sampleEvent({ event: { ...sampleEvent().event, id: 'x'.repeat(200) } });
    const [, line = ''] = eventTable([long], pipe);
    assert.match(line, /^2026-11-20 14:19:00 {2}cloud\.spot\.interrupt {2}critical {2}done {3}1 of 3 {3}x{200}$/);
  });
});
