import assert from 'node:assert/strict';
import { test } from 'node:test';
import { notice, plan, setUp } from './world.ts';

/** Everything that an observer is told, in words. */
function listen() {
  const told: string[] = [];
  const observer = {
    seen: ({ id }: { id: string }) => void told.push(`seen ${id}`),
    outcome: ({ id }: { id: string }, { handler, status }: { handler: string; status: string }) =>
      void told.push(`${id} ${handler} ${status}`),
    ended: ({ event, state }: { event: { id: string }; state: string }) => void told.push(`${event.id} ${state}`),
  };
  return { told, observer };
}

test('an event is told of once, polled however often, taken back and told again, and left to the next run', async () => {
  const { told, observer } = listen();
  const saver = plan({ name: 'saver', takesMs: 10_000 });
  const first = setUp([saver], { observer });
  for (let poll = 0; poll < 151; poll += 1) first.dispatcher.accept(notice(first.clock, 120));
  assert.deepEqual(told, ['seen spot-1']);
  first.dispatcher.accept({ kind: 'canceled', id: 'spot-1', reason: 'taken back' });
  await first.clock.advance(1_000);
  first.dispatcher.accept(notice(first.clock, 120));
  await first.clock.advance(1_000);
  await first.dispatcher.stop();

  const next = setUp([saver], { observer, journal: first.journal, clock: first.clock });
  next.dispatcher.resume();
  next.dispatcher.accept(notice(next.clock, 118));
  await next.clock.advance(60_000);
  await next.dispatcher.idle();
  assert.equal(told.filter((line) => line === 'seen spot-1').length, 1);
  assert.deepEqual(told.slice(-2), ['spot-1 saver handled', 'spot-1 done']);
});

test("an event of one's own is told of when it is on its way, and not again where its id is known", async () => {
  const { told, observer } = listen();
  const { dispatcher, clock } = setUp([plan({ name: 'saver' })], { observer });
  for (let time = 0; time < 2; time += 1)
    await dispatcher.send({ id: 'mine', type: 'custom.backup', source: 'user', data: {} });
  await clock.advance(1_000);
  await dispatcher.idle();
  assert.deepEqual(told, ['seen mine', 'mine saver handled', 'mine done']);
});
