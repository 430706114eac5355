import assert from 'node:assert/strict';
import type { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { compact } from '../../src/store/samples.ts';
import { DAY_MS, openFile, openForTest, sampleOf } from './open-for-test.ts';

const MINUTE_MS = 60_000;
const NOW_MS = 100 * DAY_MS;

const rowsOf = (database: DatabaseSync, table: 'samples' | 'sample_minutes') =>
  database
    .prepare(`SELECT * FROM ${table} ORDER BY 1`)
    .all()
    .map((row) => [row['at_ms'] ?? row['minute_ms'], JSON.parse(String(row['measured']))]);

test('samples are written some at a time, and the rest at the end', (t) => {
  const { samples, directory, clock, close } = openForTest(t);
  const database = openFile(t, directory);
  const kept = () => rowsOf(database, 'samples').length;
  for (let index = 0; index < 12; index++) samples.add(sampleOf(clock.wallMs() + index, { cpu: index }));
  assert.equal(kept(), 10);
  close();
  assert.equal(kept(), 12);
});

test('of a sample what was measured is kept, with two decimals, and nothing else', (t) => {
  const { samples, directory, clock, close } = openForTest(t);
  const nowMs = clock.wallMs();
  samples.add({
    wallMs: nowMs,
    bootMs: 0,
    readings: {
      cpu: { status: 'measured', value: 12.3456 },
      disk: { status: 'pending', reason: 'first' },
      gpu: { status: 'absent', reason: 'none' },
      input: { status: 'failed', reason: 'broken' },
    },
    tookMs: {},
  });
  close();
  assert.deepEqual(rowsOf(openFile(t, directory), 'samples'), [[nowMs, { cpu: 12.35 }]]);
});

test('samples become means of minutes after a day, and go after thirty', (t) => {
  const { directory } = openForTest(t);
  const database = openFile(t, directory);
  const insert = database.prepare('INSERT INTO samples VALUES (?, ?)');
  const minuteMs = NOW_MS - 2 * DAY_MS;
  for (const [atMs, values] of [
    [minuteMs, { cpu: 10, disk: 1 }],
    [minuteMs + MINUTE_MS - 1, { cpu: 30 }],
    [minuteMs + MINUTE_MS, { cpu: 7 }],
    [NOW_MS - 40 * DAY_MS, { cpu: 5 }],
    [NOW_MS - DAY_MS - 1, { cpu: 1.006 }],
    [NOW_MS - DAY_MS, { cpu: 8 }],
  ] as const)
    insert.run(atMs, JSON.stringify(values));
  assert.equal(compact(database, NOW_MS), false);
  assert.deepEqual(rowsOf(database, 'samples'), [[NOW_MS - DAY_MS, { cpu: 8 }]]);
  assert.deepEqual(rowsOf(database, 'sample_minutes'), [
    [minuteMs, { cpu: 20, disk: 1 }],
    [minuteMs + MINUTE_MS, { cpu: 7 }],
    [NOW_MS - DAY_MS - MINUTE_MS, { cpu: 1.01 }],
  ]);
});

test('a minute is compacted as a whole however many samples wait, and all of them are in the end', (t) => {
  const { directory } = openForTest(t);
  const database = openFile(t, directory);
  const insert = database.prepare('INSERT INTO samples VALUES (?, ?)');
  const firstMs = NOW_MS - 3 * DAY_MS;
  database.exec('BEGIN');
  for (let index = 0; index < 9_000; index++) insert.run(firstMs + index * 1000, JSON.stringify({ cpu: index % 60 }));
  database.exec('COMMIT');
  const left: number[] = [];
  while (compact(database, NOW_MS)) left.push(rowsOf(database, 'samples').length);
  assert.deepEqual(left, [5_040, 1_080]);
  assert.deepEqual(rowsOf(database, 'samples'), []);
  const minutes = rowsOf(database, 'sample_minutes');
  assert.equal(minutes.length, 150);
  assert.ok(minutes.every(([, { cpu }]) => cpu === 29.5));
});

test('compaction runs by itself, at most once an hour, whatever the wall clock does', async (t) => {
  const { samples, directory, clock } = openForTest(t);
  const database = openFile(t, directory);
  const write = () => {
    for (let index = 0; index < 10; index++) samples.add(sampleOf(clock.wallMs() - 2 * DAY_MS + index, { cpu: 1 }));
  };
  const waiting = () => rowsOf(database, 'samples').length;
  write();
  assert.equal(waiting(), 0);
  await clock.advance(3_599_000);
  clock.jumpWall(10 * DAY_MS);
  write();
  assert.equal(waiting(), 10);
  clock.jumpWall(-20 * DAY_MS);
  await clock.advance(1000);
  write();
  assert.equal(waiting(), 10, 'those of the future wait for their day, the others are means');
});

test('samples that cannot be written cost one line, and one more when it is over', (t) => {
  const { samples, directory, clock, lines } = openForTest(t);
  const database = openFile(t, directory);
  const write = (count: number) => {
    for (let index = 0; index < count; index++) samples.add(sampleOf(clock.wallMs() + index, { cpu: 1 }));
  };
  database.exec("CREATE TRIGGER refuse BEFORE INSERT ON samples BEGIN SELECT raise(FAIL, 'no room'); END");
  write(30);
  assert.deepEqual(lines, ['samples are not kept until there is room: no room']);
  database.exec('DROP TRIGGER refuse');
  write(20);
  assert.deepEqual(lines.slice(1), ['samples are kept again']);
});
