import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { rfc3339 } from '../../src/clock.ts';
import type { EventRecord, SnoozeEvent } from '../../src/events/event.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { DAY_MS, eventOf, openFile, openForTest, outcomeOf } from './open-for-test.ts';

test('an event is kept whole, with its outcomes in their order', (t) => {
  const { journal } = openForTest(t);
  assert.equal(journal.add(eventOf('e1')), true);
  journal.setState('e1', 'dispatching');
  journal.addOutcome('e1', outcomeOf('a'));
  journal.addOutcome('e1', outcomeOf('b'));
  const told = { at: '2026-01-01T00:00:00.000Z', kind: 'told', terminals: ['pts/0'] } as const;
  journal.addRemark('e1', told);
  assert.deepEqual(journal.get('e1'), {
    event: eventOf('e1'),
    state: 'dispatching',
    seenAt: '2026-01-01T00:00:00.000Z',
    closing: null,
    endedAt: null,
    outcomes: [outcomeOf('a'), outcomeOf('b')],
    atWork: [],
    remarks: [told],
  });
  assert.equal(journal.get('nobody'), undefined);
  assert.equal(journal.add(eventOf('xe2')), true);
  assert.deepEqual(
    [journal.idsWith('e', 9), journal.idsWith('e2', 9), journal.idsWith('E', 9)],
    [['xe2', 'e1'], ['xe2'], []],
  );
});

test('a handler is at work from when it begins to its outcome, as far as another daemon can know', (t) => {
  const { journal, directory } = openForTest(t);
  journal.add(eventOf('e1'));
  const turn = { handler: 'a', priority: 50, startedAt: '2026-01-01T00:00:00.000Z' };
  journal.addTurn('e1', { ...turn, startedAt: 'before' });
  journal.addTurn('e1', turn);
  journal.addTurn('e1', { ...turn, handler: 'b' });
  journal.addOutcome('e1', outcomeOf('b'));
  const found = openForTest(t, { directory }).journal.get('e1');
  assert.deepEqual([found?.atWork, found?.outcomes], [[turn], [outcomeOf('b')]]);
});

test('an event that is put takes the place of what is known of it, and keeps when it was seen and ended', async (t) => {
  const { journal, clock } = openForTest(t);
  journal.add(eventOf('e1'));
  journal.addOutcome('e1', outcomeOf('a'));
  const before = journal.get('e1') ?? assert.fail('it is not there');
  await clock.advance(60_000);
  const at = '2026-01-01T00:00:30.000Z';
  const whole: EventRecord = {
    ...before,
    state: 'canceled',
    endedAt: at,
    closing: { stage: 'canceled', reason: 'off' },
    outcomes: [outcomeOf('a'), outcomeOf('b')],
    atWork: [{ handler: 'c', priority: 1, startedAt: at }],
    remarks: [{ at, kind: 'told', terminals: ['pts/0'] }],
  };
  journal.put(whole, false);
  assert.deepEqual([journal.get('e1'), journal.list(10).length], [whole, 1]);
});

test('what the cloud does, and no handler has anything left to do for, is ahead until its time', async (t) => {
  const { journal, clock } = openForTest(t);
  const add = (id: string, change: Partial<SnoozeEvent> = {}, own = false) => {
    journal.add({ ...eventOf(id), type: 'cloud.spot.interrupt', deadline: '2026-01-01T00:02:00.000Z', ...change }, own);
    journal.setState(id, 'done');
  };
  add('taken');
  add('disk', { type: 'system.disk.low' });
  add('own', { type: 'custom' }, true);
  add('at-any-time', { deadline: null });
  add('off');
  journal.setState('off', 'canceled');
  add('pending');
  journal.setState('pending', 'dispatching');
  const ahead = () => journal.ahead().map(({ event }) => event.id);
  assert.deepEqual(ahead(), ['taken']);
  await clock.advance(120_000);
  assert.deepEqual(ahead(), []);
});

test('what has no end is unfinished, the oldest first; every end ends it', async (t) => {
  const { journal, clock } = openForTest(t);
  const unfinished = () => journal.unfinished().map(({ event }) => event.id);
  for (const id of ['done', 'canceled', 'overdue', 'dispatching', 'pending']) {
    journal.add(eventOf(id));
    await clock.advance(1000);
  }
  assert.deepEqual(unfinished(), ['done', 'canceled', 'overdue', 'dispatching', 'pending']);
  for (const state of ['done', 'canceled', 'overdue', 'dispatching'] as const) journal.setState(state, state);
  assert.deepEqual(unfinished(), ['dispatching', 'pending']);
  assert.equal(journal.get('done')?.endedAt, '2026-01-01T00:00:05.000Z');
  assert.deepEqual(
    journal.list(2).map(({ event }) => event.id),
    ['pending', 'dispatching'],
  );
});

test('an id of the last seven days is the same event, to the millisecond; after that it is another one', async (t) => {
  const { journal, clock } = openForTest(t);
  journal.add(eventOf('e1'));
  journal.addOutcome('e1', outcomeOf('a'));
  journal.setState('e1', 'done');
  await clock.advance(7 * DAY_MS - 1);
  assert.equal(journal.add({ ...eventOf('e1'), data: { other: true } }), false);
  assert.deepEqual(journal.get('e1')?.event, eventOf('e1'));
  await clock.advance(7 * DAY_MS);
  assert.equal(journal.add(eventOf('e1')), true);
  assert.deepEqual([journal.list(10).length, journal.get('e1')?.outcomes], [1, []]);
});

test('a notice that is told for weeks is one event all the while', async (t) => {
  const { journal, clock } = openForTest(t);
  journal.add(eventOf('maintenance'));
  journal.setState('maintenance', 'done');
  for (let hour = 0; hour < 20 * 24; hour++) {
    await clock.advance(DAY_MS / 24);
    assert.equal(journal.add(eventOf('maintenance')), false, `told again after ${hour} hours`);
  }
});

test('a notice is one event though the wall clock is set right by years in between', async (t) => {
  const { journal, clock } = openForTest(t);
  clock.jumpWall(-30 * 365 * DAY_MS);
  journal.add(eventOf('spot'));
  journal.setState('spot', 'done');
  clock.jumpWall(30 * 365 * DAY_MS);
  assert.equal(journal.add(eventOf('spot')), false);
  await clock.advance(7 * DAY_MS - 1);
  assert.equal(journal.add(eventOf('spot')), false);
});

test('an event that has no end is never taken for a new one, and never forgotten', async (t) => {
  const { journal, clock } = openForTest(t);
  journal.add(eventOf('e1'));
  await clock.advance(60 * DAY_MS);
  assert.equal(journal.add(eventOf('e1')), false);
  assert.equal(journal.unfinished().length, 1);
});

test('an ended event goes with its outcomes thirty days after its end', async (t) => {
  const { journal, clock, directory } = openForTest(t);
  journal.add(eventOf('old'));
  journal.addOutcome('old', outcomeOf('a'));
  journal.setState('old', 'done');
  await clock.advance(30 * DAY_MS);
  journal.add(eventOf('e1'));
  assert.notEqual(journal.get('old'), undefined);
  await clock.advance(DAY_MS);
  journal.add(eventOf('e2'));
  assert.equal(journal.get('old'), undefined);
  assert.deepEqual(openFile(t, directory).prepare('SELECT * FROM outcomes').all(), []);
});

test('a moved deadline is kept, the rest of the event stays; an unknown id changes nothing', (t) => {
  const { journal } = openForTest(t);
  journal.add(eventOf('e1'));
  const change = { deadline: '2026-01-01T00:05:00.000Z', data: { b: 2 } };
  journal.update('e1', change);
  journal.update('nobody', change);
  assert.deepEqual(journal.get('e1')?.event, { ...eventOf('e1'), deadline: change.deadline, data: { a: 1, b: 2 } });
  assert.equal(journal.list(10).length, 1);
});

test('a deadline is known in the time since boot, however the wall clock jumps, until it moves or the host is booted', async (t) => {
  const { journal, clock, directory, close } = openForTest(t);
  const told = { ...eventOf('e1'), deadline: rfc3339(clock.wallMs() + 90_000) };
  const dueMs = clock.bootMs() + 90_000;
  const past = { ...eventOf('e3'), deadline: rfc3339(clock.wallMs() - 1_000) };
  for (const event of [told, eventOf('e2'), past]) journal.add(event);
  await clock.advance(10_000);
  clock.jumpWall(3_600_000);
  journal.update('e1', { deadline: told.deadline, data: { b: 2 } });
  assert.deepEqual(['e1', 'e2', 'e3'].map(journal.deadlineBootMs), [dueMs, undefined, undefined]);
  assert.deepEqual(journal.get('e1')?.event, { ...told, data: { a: 1, b: 2 } });
  close();
  const again = openForTest(t, { directory, clock });
  assert.equal(again.journal.deadlineBootMs('e1'), dueMs);
  again.journal.update('e1', { deadline: rfc3339(clock.wallMs() + 60_000), data: {} });
  assert.equal(again.journal.deadlineBootMs('e1'), clock.bootMs() + 60_000);
  again.close();
  const booted = openForTest(t, { directory, clock: createFakeClock(clock.wallMs(), 5_000) });
  assert.equal(booted.journal.deadlineBootMs('e1'), undefined);
});

test('an outcome of an event that there is not, and a file that cannot be read, are errors of the state', (t) => {
  const { journal, directory } = openForTest(t);
  assert.throws(() => journal.addOutcome('nobody', outcomeOf('a')), {
    code: 'SNOOZE_E_STATE',
    message: /^the journal of events cannot be written: FOREIGN KEY/,
  });
  openFile(t, directory).exec('PRAGMA foreign_keys = OFF; DROP TABLE events');
  for (const read of [() => journal.get('e'), () => journal.list(1), () => journal.unfinished()]) {
    assert.throws(read, { code: 'SNOOZE_E_STATE', message: /^the journal of events cannot be read: no such table/ });
  }
});

const MODULES = new URL('../../src', import.meta.url).href;

/** Another process opens the store, adds event `e1`, and goes on with `then`. */
function addElsewhere(directory: string, then: string, before: readonly string[] = []) {
  const program = `
    import { openStore } from '${MODULES}/store/open.ts';
    import { systemClock as clock } from '${MODULES}/clock.ts';
    const log = { debug() {}, info() {}, warn() {}, error() {} };
    const { journal } = openStore({ stateDirectory: ${JSON.stringify(directory)}, clock, log });
    process.title = 'add';
    journal.add(${JSON.stringify(eventOf('e1'))});
    ${then}`;
  const node = [process.execPath, '--disable-warning=ExperimentalWarning', '--input-type=module', '-e', program];
  const [command = '', ...args] = [...before, ...node];
  return spawnSync(command, args, { encoding: 'utf8', timeout: 60_000 });
}

test('an event that was added survives a kill -9 in the next instruction', (t) => {
  const directory = temporaryDirectory(t);
  const { signal } = addElsewhere(directory, "process.kill(process.pid, 'SIGKILL');");
  assert.equal(signal, 'SIGKILL');
  const { journal } = openForTest(t, { directory });
  assert.deepEqual(
    journal.unfinished().map(({ event }) => event),
    [eventOf('e1')],
  );
});

const mayTrace = spawnSync('strace', ['-o', '/dev/null', 'true']).status === 0;

test('an event has reached the disk when add returns', {
  skip: !mayTrace && 'needs strace, not installed or not allowed here',
}, (t) => {
  const directory = temporaryDirectory(t);
  const trace = ['strace', '-f', '-y', '-e', 'trace=prctl,pwrite64,fsync,fdatasync,kill'];
  const { stderr } = addElsewhere(directory, "process.kill(process.pid, 'SIGKILL');", trace);
  const calls = stderr.slice(stderr.lastIndexOf('PR_SET_NAME, "add"')).split('\n');
  const written = calls.findLastIndex((call) => /pwrite64\(.*snoozed\.sqlite-wal>/.test(call));
  const synced = calls.findLastIndex((call) => /f(data)?sync\(.*snoozed\.sqlite-wal>\) *= 0/.test(call));
  const killed = calls.findIndex((call) => /kill\(.*SIGKILL/.test(call));
  assert.ok(written > 0 && written < synced && synced < killed, calls.join('\n'));
});

test('a list goes on where the one before has ended, and knows those that wait and those of an incident', (t) => {
  const { journal, clock } = openForTest(t);
  for (const [number, severity] of [0, 2, 1].entries()) {
    const data = number === 1 ? {} : { incident: 'spot:i-1' };
    const timestamp = new Date(clock.wallMs()).toISOString();
    const event = { type: 'custom', source: 'test', timestamp, data, severity: severity as 0 | 1 | 2, deadline: null };
    journal.add({ ...event, id: `e${number}` }, true);
  }
  const ids = (records: ReturnType<typeof journal.list>) => records.map(({ event }) => event.id);
  assert.deepEqual(ids(journal.list(1)), ['e2']);
  assert.deepEqual(ids(journal.list(10, 'e2')), ['e1', 'e0']);
  assert.deepEqual(ids(journal.waiting(10)), ['e1', 'e2', 'e0'], 'the most urgent first');
  assert.deepEqual(ids(journal.unfinished()), [], 'those that wait are not among the unfinished');
  assert.deepEqual(ids(journal.ofIncident('spot:i-1')), ['e0', 'e2']);
});

test('an event that was done and is taken back is unfinished until all are told', (t) => {
  const { journal } = openForTest(t);
  const event = {
    type: 'cloud.spot.interrupt',
    source: 's',
    timestamp: '',
    data: {},
    severity: 3 as const,
    deadline: null,
  };
  journal.add({ ...event, id: 'e1' });
  journal.setState('e1', 'done');
  assert.deepEqual(journal.open('s').length, 1);
  journal.setClosing('e1', { stage: 'canceled', reason: 'off' });
  assert.deepEqual(journal.unfinished()[0]?.closing, { stage: 'canceled', reason: 'off' });
  assert.deepEqual(journal.open('s'), []);
  journal.setState('e1', 'canceled');
  assert.deepEqual(journal.unfinished(), []);
});

test('a group is written as a whole or not at all', (t) => {
  const { journal } = openForTest(t);
  const event = { type: 'custom', source: 's', timestamp: '', data: {}, severity: 0 as const, deadline: null };
  assert.throws(() =>
    journal.group(() => {
      journal.add({ ...event, id: 'e1' }, true);
      throw new Error('no room');
    }),
  );
  assert.deepEqual(journal.list(10), []);
  journal.group(() => {
    journal.add({ ...event, id: 'e1' }, true);
    journal.add({ ...event, id: 'e2' }, true);
  });
  assert.equal(journal.list(10).length, 2);
});
