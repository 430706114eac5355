import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DAY_MS, openFile, openForTest } from './open-for-test.ts';

test('the history keeps what was decided, newest first, over a restart', (t) => {
  const first = openForTest(t);
  first.history.add({ kind: 'config', cause: 'user', summary: 'one' });
  first.history.add({ kind: 'snooze', cause: 'idle policy', summary: 'two', details: { dry_run: true } });
  first.close();
  const { history } = openForTest(t, { directory: first.directory });
  assert.deepEqual(
    history.list(10).map(({ summary, kind, cause, at, details }) => [summary, kind, cause, at, details]),
    [
      ['two', 'snooze', 'idle policy', '2026-01-01T00:00:00.000Z', { dry_run: true }],
      ['one', 'config', 'user', '2026-01-01T00:00:00.000Z', {}],
    ],
  );
});

test('a list is as long as asked, and of one kind where asked', (t) => {
  const { history } = openForTest(t);
  history.add({ kind: 'config', cause: 'user', summary: 'one' });
  history.add({ kind: 'veto', cause: 'plugin a', summary: 'two' });
  const summaries = (limit: number, kind?: 'config' | 'event') =>
    history.list(limit, kind && { kind }).map((entry) => entry.summary);
  assert.deepEqual([summaries(1), summaries(10, 'config'), summaries(10, 'event')], [['two'], ['one'], []]);
});

test('a list goes on where the one before has ended', (t) => {
  const { history } = openForTest(t);
  for (const summary of ['a', 'b', 'c']) history.add({ kind: 'daemon', cause: 'test', summary });
  const [newest] = history.list(1);
  assert.deepEqual(
    history.list(10, { before: newest?.id ?? 0 }).map(({ summary }) => summary),
    ['b', 'a'],
  );
});

test('an entry goes after 400 days, in a daemon that never restarts too', async (t) => {
  const { history, clock } = openForTest(t);
  history.add({ kind: 'daemon', cause: 'test', summary: 'old' });
  await clock.advance(400 * DAY_MS);
  history.add({ kind: 'daemon', cause: 'test', summary: 'new' });
  assert.equal(history.list(10).length, 2);
  await clock.advance(DAY_MS);
  history.add({ kind: 'daemon', cause: 'test', summary: 'newest' });
  assert.deepEqual(
    history.list(10).map(({ summary }) => summary),
    ['newest', 'new'],
  );
});

test('entries that cannot be written cost one line, and one more when it is over', (t) => {
  const { history, directory, lines } = openForTest(t);
  const other = openFile(t, directory);
  other.exec("CREATE TRIGGER refuse BEFORE INSERT ON history BEGIN SELECT raise(FAIL, 'no room'); END");
  for (let index = 0; index < 3; index++) history.add({ kind: 'daemon', cause: 'test', summary: 'lost' });
  assert.deepEqual(lines, ['the history cannot be written, entries are lost: no room']);
  other.exec('DROP TRIGGER refuse');
  history.add({ kind: 'daemon', cause: 'test', summary: 'kept' });
  assert.deepEqual(lines.slice(1), ['the history is written again']);
  assert.deepEqual(
    history.list(10).map(({ summary }) => summary),
    ['kept'],
  );
});

test('a history that cannot be read says so', (t) => {
  const { history, directory } = openForTest(t);
  openFile(t, directory).exec('DROP TABLE history');
  assert.throws(() => history.list(1), {
    code: 'SNOOZE_E_STATE',
    message: /^the history cannot be read: no such table/,
  });
});

test('an entry that is taken back with what it belongs to is no sign that entries are written again', (t) => {
  const { history, journal, directory, lines } = openForTest(t);
  const other = openFile(t, directory);
  const add = () => history.add({ kind: 'daemon', cause: 'test', summary: 'one' });
  other.exec("CREATE TRIGGER refuse BEFORE INSERT ON history BEGIN SELECT raise(FAIL, 'no room'); END");
  add();
  other.exec('DROP TRIGGER refuse');
  assert.throws(() =>
    journal.group(() => {
      add();
      throw new Error('no room for all of it');
    }),
  );
  assert.equal(lines.length, 1, lines.join('\n'));
  add();
  assert.deepEqual(lines.slice(1), ['the history is written again']);
});
