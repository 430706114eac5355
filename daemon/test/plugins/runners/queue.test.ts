import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createCallQueue } from '../../../src/plugins/runners/queue.ts';

const never = new AbortController().signal;

/** Who goes in, in which order, where each waits behind the first and leaves at once. */
async function orderOf(given: readonly [name: string, urgency: number][]): Promise<string[]> {
  const queue = createCallQueue(false);
  const order: string[] = [];
  const leaveFirst = await queue.enter(0, never);
  const all = given.map(async ([name, urgency]) => {
    const leave = await queue.enter(urgency, never);
    order.push(name);
    leave();
  });
  leaveFirst();
  await Promise.all(all);
  return order;
}

test('the most urgent of those that wait is next, and of equal ones the first', async () => {
  const order = await orderOf([
    ['check', 0],
    ['note', 1],
    ['another check', 0],
    ['spot', 4],
    ['another note', 1],
  ]);
  assert.deepEqual(order, ['spot', 'note', 'another note', 'check', 'another check']);
});

test('one that gives up waiting is passed over, and nobody waits in a plugin that can do more', async () => {
  const queue = createCallQueue(false);
  const leave = await queue.enter(0, never);
  const gaveUp = new AbortController();
  const lost = queue.enter(4, gaveUp.signal);
  const next = queue.enter(0, never);
  gaveUp.abort(new Error('too late'));
  await assert.rejects(lost, /too late/);
  leave();
  assert.equal(typeof (await next), 'function');
  assert.equal(queue.tryEnter(), undefined);
  const open = createCallQueue(true);
  assert.ok(open.tryEnter() && open.tryEnter());
});
