import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemClock } from '../../src/clock.ts';
import { createGroupCommit } from '../../src/events/group-commit.ts';

test('what is written in one turn of the event loop reaches the disk together', async () => {
  const transactions: number[][] = [];
  let now: number[] = [];
  const group = createGroupCommit((write) => {
    now = [];
    write();
    transactions.push(now);
  }, systemClock);
  await Promise.all([1, 2, 3].map((number) => group.soon(() => now.push(number))));
  await group.soon(() => now.push(4));
  assert.deepEqual(transactions, [[1, 2, 3], [4]]);
});

test('one that cannot be written fails alone', async () => {
  const written: number[] = [];
  const group = createGroupCommit((write) => {
    const before = written.length;
    try {
      write();
    } catch (error) {
      written.length = before;
      throw error;
    }
  }, systemClock);
  const one = (number: number) =>
    group.soon(() => {
      if (number === 2) throw new Error('no room');
      written.push(number);
    });
  const results = await Promise.allSettled([one(1), one(2), one(3)]);
  assert.deepEqual(
    results.map(({ status }) => status),
    ['fulfilled', 'rejected', 'fulfilled'],
  );
  assert.deepEqual(written, [1, 3]);
});
