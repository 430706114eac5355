import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SnoozeError } from '../../src/errors.ts';
import { noticedEvent, type SentEvent, sentEvent } from '../../src/events/intake.ts';
import { LARGEST_DATA_BYTES } from '../../src/events/schema.ts';

const NOW_MS = Date.UTC(2026, 0, 1);
const given = {
  kind: 'notice' as const,
  id: 'spot-1',
  type: 'cloud.spot.interrupt',
  source: 'ec2-metadata',
  deadline: '2026-01-01T01:02:03+01:00',
  data: {},
};
const sent = (event: Partial<SentEvent>) =>
  sentEvent({ type: 'custom', source: 'user', data: {}, ...event }, { id: 'id-1', nowWallMs: NOW_MS });

/** What came from outside, where types promise nothing. */
const anything = (value: unknown) => value as never;

test('what a notice leaves out comes from the catalog, and times are in UTC', () => {
  assert.deepEqual(noticedEvent(given, NOW_MS), {
    id: 'spot-1',
    type: 'cloud.spot.interrupt',
    source: 'ec2-metadata',
    timestamp: '2026-01-01T00:00:00.000Z',
    data: {},
    severity: 3,
    deadline: '2026-01-01T00:02:03.000Z',
  });
  assert.equal(noticedEvent({ ...given, deadline: null }, NOW_MS).deadline, '2026-01-01T00:02:00.000Z');
  assert.equal(noticedEvent({ ...given, severity: 1 }, NOW_MS).severity, 1);
});

test('an event of one’s own has no deadline unless it is given one', () => {
  assert.equal(sent({}).deadline, null);
  assert.equal(sent({ deadlineSeconds: 1.5 }).deadline, '2026-01-01T00:00:01.500Z');
  assert.equal(sent({ type: 'cloud.spot.interrupt' }).deadline, '2026-01-01T00:02:00.000Z');
});

test('data of just the largest size fit, one byte more does not', () => {
  const text = (bytes: number) => ({ text: 'x'.repeat(bytes - '{"text":""}'.length) });
  assert.equal(sent({ data: text(LARGEST_DATA_BYTES) }).type, 'custom');
  assert.throws(() => sent({ data: text(LARGEST_DATA_BYTES + 1) }), /custom: data: has 65537 bytes, at most 65536/);
  // Two bytes each in UTF-8.
  assert.throws(() => sent({ data: { text: 'é'.repeat(LARGEST_DATA_BYTES / 2) } }), /at most 65536/);
});

const circular: Record<string, unknown> = {};
circular['itself'] = circular;

for (const [name, make, message] of [
  ['a list as data', () => sent({ data: anything([1]) }), /^custom: data: expected .*object, found \[1\]/],
  ['data that are no JSON', () => sent({ data: circular }), /^custom: data: cannot be written as JSON: /],
  [
    'an unknown severity',
    () => sent({ severity: anything(4) }),
    /^custom: severity: expected one of 0, 1, 2, 3, found 4/,
  ],
  ['no source', () => sent({ source: '' }), /^custom: source: expected at least 1 character, found ""/],
  [
    'a deadline of nothing',
    () => sent({ deadlineSeconds: 0 }),
    /expected more than 0 and at most \d+ seconds, found 0/,
  ],
  ['a deadline of no number', () => sent({ deadlineSeconds: Number.NaN }), /found NaN/],
  ['a deadline beyond every calendar', () => sent({ deadlineSeconds: 1e300 }), /found 1e\+300/],
  [
    'a deadline in words',
    () => noticedEvent({ ...given, deadline: 'soon' }, NOW_MS),
    /deadline: expected a time such as 2026/,
  ],
  [
    'a deadline on no day',
    () => noticedEvent({ ...given, deadline: '2026-13-01T00:00:00Z' }, NOW_MS),
    /deadline: expected a time that there is, found "2026-13-01/,
  ],
  ['no id', () => noticedEvent({ ...given, id: '' }, NOW_MS), /^cloud\.spot\.interrupt: id: expected at least 1/],
  [
    'an unknown type',
    () => noticedEvent({ ...given, type: 'cloud.gone' }, NOW_MS),
    /there is no event type "cloud\.gone"/,
  ],
] as const) {
  test(`an event with ${name} is refused, and it is said why`, () => {
    assert.throws(make, ({ code, message: said }: SnoozeError) => {
      assert.equal(code, 'SNOOZE_E_EVENT_INVALID');
      assert.match(said, message);
      return true;
    });
  });
}
