import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { MIGRATIONS } from '../../src/store/migrations.ts';
import { makeStateDirectory } from '../../src/store/state-directory.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { eventOf, openFile, openForTest, sampleOf } from './open-for-test.ts';

test('a state directory that is missing is made, for its owner and group alone', (t) => {
  const directory = join(temporaryDirectory(t), 'above', 'state');
  openForTest(t, { directory });
  assert.equal(statSync(directory).mode & 0o777, 0o750);
});

test('what is in the way of a state directory is told in one line', (t) => {
  const directory = temporaryDirectory(t);
  writeFileSync(join(directory, 'file'), '');
  for (const [place, cause] of [
    [join(directory, 'file'), 'a file is in its place (EEXIST)'],
    [join(directory, 'file', 'below'), 'a file is in its place (ENOTDIR)'],
  ] as const) {
    assert.throws(() => openForTest(t, { directory: place }), {
      code: 'SNOOZE_E_STATE',
      message: `${place}: the state directory cannot be used: ${cause}`,
      hint: /--state-dir/,
    });
  }
});

test('a place where no folder can be made is refused, not tried for ever', {
  skip: process.platform !== 'linux' && 'needs /proc',
}, () => {
  assert.throws(() => makeStateDirectory('/proc/snoozed/state'), {
    message: '/proc/snoozed/state: the state directory cannot be used: no folder can be made there (ENOENT)',
  });
});

test('a directory that this user may not write is told as that', {
  skip: process.getuid?.() !== 0 && 'needs root, to become somebody else',
}, (t) => {
  const directory = temporaryDirectory(t);
  const module = new URL('../../src/store/state-directory.ts', import.meta.url).href;
  const program = `const { makeStateDirectory } = await import('${module}'); process.setuid(65534);
    try { makeStateDirectory(process.argv[1]) } catch (error) { console.log(error.message) }`;
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', program, directory], {
    encoding: 'utf8',
  });
  const cause = 'this user may not write there (EACCES)';
  assert.equal(stdout, `${directory}: the state directory cannot be used: ${cause}\n`, stderr);
});

test('a file of any earlier version is brought up to date, with all that is in it', (t) => {
  for (let version = 1; version <= MIGRATIONS.length; version++) {
    const directory = temporaryDirectory(t);
    const database = openFile(t, directory);
    for (const statements of MIGRATIONS.slice(0, version)) database.exec(statements);
    database.exec(`PRAGMA user_version = ${version};
      INSERT INTO events (id, seen_ms, ended_ms, state, event) VALUES ('e1', 5, 6, 'done', '${JSON.stringify(eventOf('e1'))}')`);
    database.close();
    const { journal } = openForTest(t, { directory });
    assert.deepEqual(journal.list(10).length, 0, 'it is older than thirty days');
    assert.equal(journal.add(eventOf('e1')), true);
    const found = openFile(t, directory).prepare('PRAGMA user_version').get()?.['user_version'];
    assert.equal(found, MIGRATIONS.length);
  }
});

test('the room of what was removed is given back to the disk, by a file of an earlier version too', (t) => {
  const directory = temporaryDirectory(t);
  const earlier = openFile(t, directory);
  earlier.exec(`${MIGRATIONS.join(';')}; PRAGMA user_version = ${MIGRATIONS.length}`);
  earlier.close();
  const { journal, close } = openForTest(t, { directory });
  const data = { text: 'x'.repeat(60_000) };
  for (let number = 0; number < 50; number++) journal.add({ ...eventOf(`e${number}`), data });
  close();
  const size = () => statSync(join(directory, 'snoozed.sqlite')).size;
  const before = size();
  const after = openForTest(t, { directory });
  const other = openFile(t, directory);
  other.exec('DELETE FROM events');
  other.close();
  for (let number = 0; number < 10; number++) after.samples.add(sampleOf(number, { cpu: 1 }));
  after.close();
  assert.ok(size() < before / 4, `${size()} of ${before} bytes are left`);
});

test('the file of a newer snoozed is refused and stays as it is', (t) => {
  const { directory, close } = openForTest(t);
  close();
  openFile(t, directory).exec('PRAGMA user_version = 99');
  assert.throws(() => openForTest(t, { directory }), {
    code: 'SNOOZE_E_STATE',
    message: `${join(directory, 'snoozed.sqlite')}: a newer snoozed made this file (version 99, this one knows ${MIGRATIONS.length})`,
  });
  assert.equal(openFile(t, directory).prepare('PRAGMA user_version').get()?.['user_version'], 99);
});

test('a file that is no database, is cut, or lacks a table is refused with its name and what to do', (t) => {
  const damage: [name: string, (file: string) => void][] = [
    ['a text', (file) => writeFileSync(file, 'not a database, but long enough to be taken for one. '.repeat(20))],
    ['cut in the middle', (file) => truncateSync(file, 6_000)],
    [
      'no events',
      (file) => {
        const database = new DatabaseSync(file);
        database.exec('PRAGMA foreign_keys = OFF; DROP TABLE events');
        database.close();
      },
    ],
  ];
  for (const [name, harm] of damage) {
    const { directory, close } = openForTest(t);
    close();
    const file = join(directory, 'snoozed.sqlite');
    harm(file);
    assert.throws(
      () => openForTest(t, { directory }),
      (error: Error & { code: string; hint: string }) =>
        error.code === 'SNOOZE_E_STATE' && error.message.startsWith(`${file}: `) && /move it away/.test(error.hint),
      name,
    );
  }
});

test('a folder in the place of the file is told', (t) => {
  const directory = temporaryDirectory(t);
  mkdirSync(join(directory, 'snoozed.sqlite'));
  assert.throws(() => openForTest(t, { directory }), {
    code: 'SNOOZE_E_STATE',
    message: /snoozed\.sqlite: the state directory cannot be used: unable to open database file$/,
  });
});
