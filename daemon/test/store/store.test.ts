import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type TestContext, test } from 'node:test';
import type { SnoozeEvent } from '../../src/events/event.ts';
import { openStore } from '../../src/store/open.ts';
import { compact } from '../../src/store/samples.ts';
import { createFakeClock, type FakeClock } from '../support/fake-clock.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const DAY_MS = 86_400_000;

function open(t: TestContext, { directory = temporaryDirectory(t), clock = createFakeClock() as FakeClock } = {}) {
  const lines: string[] = [];
  const say = (_: object, message: string) => void lines.push(message);
  const store = openStore({ stateDirectory: directory, clock, log: { debug: say, info: say, warn: say, error: say } });
  let isOpen = true;
  const close = () => {
    if (isOpen) store.close();
    isOpen = false;
  };
  t.after(close);
  return { ...store, close, directory, clock, lines };
}

const event = (id: string): SnoozeEvent => ({
  id,
  type: 'custom',
  source: 'test',
  timestamp: '2026-01-01T00:00:00.000Z',
  data: { a: 1 },
  severity: 0,
  deadline: null,
});
const outcome = (handler: string) => ({
  handler,
  priority: 50,
  status: 'handled' as const,
  startedAt: null,
  endedAt: '2026-01-01T00:00:01.000Z',
  message: null,
  result: { saved: true },
});

test('the history keeps what was decided, newest first, over a restart', (t) => {
  const first = open(t);
  first.history.add({ kind: 'config', cause: 'user', summary: 'one' });
  first.history.add({ kind: 'snooze', cause: 'idle policy', summary: 'two', details: { dry_run: true } });
  first.close();
  const { history } = open(t, { directory: first.directory });
  assert.deepEqual(
    history.list(10).map(({ summary, kind, details }) => [summary, kind, details]),
    [
      ['two', 'snooze', { dry_run: true }],
      ['one', 'config', {}],
    ],
  );
  assert.deepEqual(
    history.list(10, 'config').map(({ summary }) => summary),
    ['one'],
  );
  assert.equal(history.list(1).length, 1);
});

test('an event is kept whole, with its outcomes in their order', (t) => {
  const { journal } = open(t);
  assert.equal(journal.add(event('e1')), true);
  journal.setState('e1', 'dispatching');
  journal.addOutcome('e1', outcome('a'));
  journal.addOutcome('e1', outcome('b'));
  assert.deepEqual(journal.get('e1')?.event, event('e1'));
  assert.deepEqual(journal.get('e1')?.outcomes, [outcome('a'), outcome('b')]);
  assert.deepEqual(
    journal.unfinished().map(({ event: { id } }) => id),
    ['e1'],
  );
  journal.setState('e1', 'done');
  assert.deepEqual(journal.unfinished(), []);
  assert.equal(typeof journal.get('e1')?.endedAt, 'string');
  assert.equal(journal.get('nobody'), undefined);
});

test('an id of the last seven days is the same event; after that it is another one', async (t) => {
  const { journal, clock } = open(t);
  assert.equal(journal.add(event('e1')), true);
  assert.equal(journal.add(event('e1')), false);
  await clock.advance(7 * DAY_MS + 1);
  assert.equal(journal.add(event('e1')), true);
  assert.equal(journal.list(10).length, 1);
});

test('a moved deadline is kept, the rest of the event stays', (t) => {
  const { journal } = open(t);
  journal.add(event('e1'));
  journal.update('e1', { deadline: '2026-01-01T00:05:00.000Z', data: { b: 2 } });
  assert.deepEqual(journal.get('e1')?.event, {
    ...event('e1'),
    deadline: '2026-01-01T00:05:00.000Z',
    data: { a: 1, b: 2 },
  });
});

test('samples become means of minutes after a day, and go after thirty', (t) => {
  const { directory, close } = open(t);
  close();
  const database = new DatabaseSync(join(directory, 'snoozed.sqlite'));
  t.after(() => database.close());
  const nowMs = 100 * DAY_MS;
  const insert = database.prepare('INSERT INTO samples VALUES (?, ?)');
  for (const [agoMs, cpu] of [
    [2 * DAY_MS, 10],
    [2 * DAY_MS - 1000, 30],
    [40 * DAY_MS, 5],
    [1000, 7],
  ] as const)
    insert.run(nowMs - agoMs, JSON.stringify({ cpu }));
  compact(database, nowMs);
  assert.deepEqual(
    database
      .prepare('SELECT measured FROM samples')
      .all()
      .map((row) => row['measured']),
    ['{"cpu":7}'],
  );
  assert.deepEqual(
    database
      .prepare('SELECT measured FROM sample_minutes')
      .all()
      .map((row) => row['measured']),
    ['{"cpu":20}'],
  );
});

test('a file that is no database, and one of a newer snoozed, are refused with what to do', (t) => {
  const directory = temporaryDirectory(t);
  writeFileSync(
    join(directory, 'snoozed.sqlite'),
    'this is not a database, it is a text that is long enough to be taken for one',
  );
  assert.throws(() => open(t, { directory }), /snoozed\.sqlite: this is no SQLite file, or it is damaged/);
  const newer = open(t);
  newer.close();
  const database = new DatabaseSync(join(newer.directory, 'snoozed.sqlite'));
  database.exec('PRAGMA user_version = 99');
  database.close();
  assert.throws(
    () => open(t, { directory: newer.directory }),
    /a newer snoozed made this file \(version 99, this one knows 1\)/,
  );
});

test('a full disk: samples and history are let go with one line each, an event says so', () => {
  const program = `
    import { openStore } from ${JSON.stringify(new URL('../../src/store/open.ts', import.meta.url).href)};
    import { systemClock as clock } from ${JSON.stringify(new URL('../../src/clock.ts', import.meta.url).href)};
    import { mkdtempSync, rmSync } from 'node:fs';
    const lines = [];
    const say = (_, message) => lines.push(message);
    const stateDirectory = mkdtempSync('/tmp/snooze-test-');
    const { history, journal, samples, close } = openStore({ stateDirectory, clock, log: { debug: say, info: say, warn: say, error: say } });
    const big = 'x'.repeat(20_000);
    process.on('SIGXFSZ', () => {});
    for (let i = 0; i < 40; i++) history.add({ kind: 'daemon', cause: 'test', summary: big });
    for (let i = 0; i < 3; i++) samples.add({ wallMs: i, bootMs: i, readings: {} });
    let refused = 0;
    try { journal.add({ id: 'e', type: 'custom', source: big, timestamp: '', data: {}, severity: 0, deadline: null }); } catch (error) { refused = error.code; }
    process.stdout.write(JSON.stringify({ lines, refused }));
    rmSync(stateDirectory, { recursive: true });
  `;
  const { stdout, stderr } = spawnSync(
    'prlimit',
    ['--fsize=200000', process.execPath, '--disable-warning=ExperimentalWarning', '--input-type=module', '-e', program],
    { encoding: 'utf8' },
  );
  assert.notEqual(stdout, '', stderr);
  const { lines, refused } = JSON.parse(stdout) as { lines: string[]; refused: string };
  assert.equal(lines.filter((line) => line.startsWith('the history cannot be written')).length, 1, lines.join('\n'));
  assert.equal(refused, 'SNOOZE_E_STATE');
});

test('samples are written some at a time, and the rest at the end', (t) => {
  const { samples, directory, close } = open(t);
  const kept = () => {
    const database = new DatabaseSync(join(directory, 'snoozed.sqlite'));
    const row = database.prepare('SELECT count(*) AS count FROM samples').get();
    database.close();
    return row?.['count'];
  };
  const nowMs = Date.UTC(2026, 0, 1);
  for (let index = 0; index < 12; index++) {
    samples.add({ wallMs: nowMs + index, bootMs: index, readings: { cpu: { status: 'measured', value: index } } });
  }
  assert.equal(kept(), 10);
  close();
  assert.equal(kept(), 12);
});
