import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rfc3339 } from '../../src/clock.ts';
import { MOST_REMARKS, type SnoozeEvent } from '../../src/events/event.ts';
import { createMemoryJournal } from '../support/memory-journal.ts';
import { notice, outcomes, plan, setUp } from './world.ts';

test('a time that moves after every handler is done is on record, and calls nobody again', async () => {
  const world = setUp([plan({ name: 'saver' })]);
  const { dispatcher, clock, journal, calls } = world;
  const first = notice(clock, 120);
  dispatcher.accept(first);
  await clock.advance(1000);
  const sooner = { ...notice(clock, 60), data: { action: 'stop' } };
  for (let poll = 0; poll < 3; poll++) dispatcher.accept(sooner);
  await clock.advance(1000);
  const record = journal.get('spot-1');
  assert.deepEqual([record?.state, record?.event.deadline, calls.length], ['done', sooner.deadline, 1]);
  assert.deepEqual(
    record?.remarks.map(({ at, ...remark }) => remark),
    [
      { kind: 'moved', from: first.deadline, to: sooner.deadline },
      { kind: 'data', data: { action: 'stop' } },
    ],
  );
  assert.deepEqual([journal.unfinished(), dispatcher.pending()], [[], []]);
  assert.match(
    world.warnings.join('\n'),
    /cloud\.spot\.interrupt moved from \S+ to \S+; it is done already, and no handler is told/,
  );
});

test('a time that moves while handlers run is on record, too; a source that names none has not moved it', async () => {
  const { dispatcher, clock, journal } = setUp([plan({ name: 'slow', takesMs: 20_000 })]);
  dispatcher.accept(notice(clock, 120));
  await clock.advance(1000);
  dispatcher.accept(notice(clock, null));
  dispatcher.accept(notice(clock, 200));
  assert.deepEqual(
    journal.get('spot-1')?.remarks.map(({ kind }) => kind),
    ['moved'],
  );
});

test('a source that says something else at every poll does not fill the disk, and what it said last is kept', async () => {
  const { dispatcher, clock, journal } = setUp([plan({ name: 'saver' })]);
  for (let poll = 0; poll < 2 * MOST_REMARKS; poll++) {
    dispatcher.accept({ ...notice(clock, 120), data: { poll } });
    await clock.advance(1000);
  }
  const record = journal.get('spot-1');
  assert.equal(record?.remarks.length, MOST_REMARKS);
  assert.deepEqual(record.event.data, { poll: 2 * MOST_REMARKS - 1 });
  assert.equal(record.event.deadline, rfc3339(clock.wallMs() + 119_000));
});

test('people are told by the next run where the first ended before that was on record, and then no more', async () => {
  const journal = createMemoryJournal();
  const told: string[] = [];
  const tell = ({ id }: SnoozeEvent) => {
    told.push(id);
    return ['pts/0'];
  };
  const hanging = [plan({ name: 'slow', behaviour: 'hangs' })];
  const died = () => {
    throw new Error('killed');
  };
  const first = setUp(hanging, { journal, tellPeople: died });
  first.dispatcher.accept(notice(first.clock, 120));
  await first.dispatcher.stop();
  for (let run = 0; run < 2; run++) {
    const { dispatcher } = setUp(hanging, { journal, clock: first.clock, tellPeople: tell });
    dispatcher.resume();
    dispatcher.accept(notice(first.clock, 120));
    await dispatcher.stop();
  }
  assert.deepEqual(told, ['spot-1']);
  assert.deepEqual(
    journal.get('spot-1')?.remarks.map(({ kind }) => kind),
    ['resumed', 'told', 'resumed'],
  );
  assert.deepEqual(outcomes(journal), []);
});
