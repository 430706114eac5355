import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createEventCounts } from '../../src/events/counts.ts';
import type { EventRecord, HandlerOutcome, SnoozeEvent } from '../../src/events/event.ts';

const event = (type: string): SnoozeEvent => ({
  id: 'e',
  type,
  source: 'user',
  timestamp: '2026-01-01T00:00:00.000Z',
  data: {},
  severity: 0,
  deadline: null,
});
const outcome = (handler: string, change: Partial<HandlerOutcome> = {}): HandlerOutcome => ({
  handler,
  priority: 50,
  status: 'handled',
  startedAt: null,
  endedAt: '',
  message: null,
  result: null,
  ...change,
});
const record = (state: EventRecord['state']): EventRecord => ({
  event: event('custom'),
  state,
  seenAt: '',
  endedAt: null,
  outcomes: [],
  closing: null,
  atWork: [],
  remarks: [],
});

test('events, their ends and the turns of handlers are counted; being told of an end is no turn', () => {
  const { seen, ended, outcome: note, counts } = createEventCounts();
  for (const type of ['custom', 'custom', 'custom.x']) seen(event(type));
  for (const state of ['done', 'done', 'overdue'] as const) ended(record(state));
  note(event('custom'), outcome('a'));
  note(event('custom'), outcome('a', { stage: 'canceled' }));
  note(event('custom'), outcome('a', { status: 'failed' }));
  const inWords = (list: ReturnType<typeof counts>['seen']) =>
    list.map(({ labels, value }) => `${Object.values(labels).join(' ')} ${value}`);
  const { seen: types, ended: ends, outcomes } = counts();
  assert.deepEqual(inWords(types), ['custom user 2', 'custom.x user 1']);
  assert.deepEqual(inWords(ends), ['custom user done 2', 'custom user overdue 1']);
  assert.deepEqual(inWords(outcomes), ['custom a handled 1', 'custom a failed 1']);
});

test('a rehearsal is not counted: it must not set off an alarm on handlers that fail, or on notices of the cloud', () => {
  const { seen, ended, outcome: note, counts } = createEventCounts();
  const rehearsed = { ...event('cloud.spot.interruption'), data: { rehearsal: true } };
  seen(rehearsed);
  note(rehearsed, outcome('a', { status: 'failed' }));
  ended({ ...record('done'), event: rehearsed });
  assert.deepEqual(counts(), { seen: [], ended: [], outcomes: [] });
});

test('ten thousand names make no ten thousand series, and no event is left out of the count', () => {
  const { seen, outcome: note, counts } = createEventCounts();
  for (let index = 0; index < 10_000; index += 1) seen(event(`custom.${index}`));
  const { seen: types } = counts();
  assert.equal(types.length, 201);
  assert.equal(
    types.reduce((sum, { value }) => sum + value, 0),
    10_000,
  );
  assert.deepEqual(types.at(-1), { labels: { type: 'other', source: 'other' }, value: 9_800 });

  for (let index = 0; index < 300; index += 1) note(event(`custom.${index}`), outcome('a'));
  note(event('cloud.spot.interrupt'), outcome('saver', { status: 'failed' }));
  const labels = { type: 'cloud.spot.interrupt', handler: 'saver', status: 'failed' };
  assert.deepEqual(counts().outcomes.at(-1), { labels, value: 1 }, 'they do not hide the one of the cloud');
});
