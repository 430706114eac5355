import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rfc3339 } from '../src/clock.ts';
import { noteResume } from '../src/resume.ts';
import type { History, HistoryEntry, HistoryKind } from '../src/store/store.ts';
import { createFakeClock } from './support/fake-clock.ts';

const clock = createFakeClock(Date.UTC(2026, 0, 2), 600_000);
const BEFORE_BOOT = rfc3339(Date.UTC(2026, 0, 1));
const AFTER_BOOT = rfc3339(Date.UTC(2026, 0, 2) - 300_000);

/** A history of entries, newest first. */
function historyOf(...entries: [kind: HistoryKind, at: string, dryRun?: boolean][]): {
  history: History;
  added: string[];
} {
  const added: string[] = [];
  const list = entries.map(
    ([kind, at, dryRun = false], id): HistoryEntry => ({
      id,
      at,
      kind,
      cause: 'idle policy',
      summary: 'call StopInstances',
      details: { dry_run: dryRun, reason: 'idle for 30 min' },
    }),
  );
  return { added, history: { add: ({ kind }) => void added.push(kind), list: () => list } };
}

test('the first start after a real snooze is a resume, recorded once', () => {
  const { history, added } = historyOf(['daemon', AFTER_BOOT], ['snooze', BEFORE_BOOT]);
  assert.deepEqual(noteResume(history, clock), {
    stopped_at: BEFORE_BOOT,
    resumed_at: rfc3339(clock.wallMs()),
    reason: 'idle for 30 min',
  });
  assert.deepEqual(added, ['resume']);
});

for (const [name, entries] of [
  ['after a dry run', [['snooze', BEFORE_BOOT, true]]],
  [
    'after a snooze that failed',
    [
      ['snooze-failed', BEFORE_BOOT],
      ['snooze', BEFORE_BOOT],
    ],
  ],
  [
    'when it was noted before',
    [
      ['resume', AFTER_BOOT],
      ['snooze', BEFORE_BOOT],
    ],
  ],
  ['when the host has not booted since', [['snooze', AFTER_BOOT]]],
  ['with no snooze at all', []],
] as const) {
  test(`no resume ${name}`, () => {
    const { history, added } = historyOf(...(entries as unknown as Parameters<typeof historyOf>));
    assert.equal(noteResume(history, clock), undefined);
    assert.deepEqual(added, []);
  });
}
